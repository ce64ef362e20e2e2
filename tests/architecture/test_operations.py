"""What docs/operations.md tells operators is so: alarms, metrics, variables, scripts, and the events to the letter."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from architecture.sources import ROOT
from jsonschema import Draft202012Validator

from execution_engine import resources

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
OBSERVABILITY = (ROOT / "infrastructure" / "modules" / "observability" / "locals.tf").read_text("utf-8")
VARIABLES = (ROOT / "infrastructure" / "02-deploy" / "variables.tf").read_text("utf-8")


def examples() -> list[dict[str, Any]]:
    found = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", PAGE, re.M | re.S)]
    return [one for one in found if isinstance(one.get("detail-type"), str)]


@pytest.mark.parametrize("event", examples(), ids=lambda event: event["detail-type"])
def test_each_example_of_an_event_is_one_and_is_whole(event: dict[str, Any]) -> None:
    schema = resources.load("events")
    Draft202012Validator(schema).validate(event)
    assert set(event["detail"]) == set(schema["$defs"][event["detail-type"]]["properties"])


def test_there_is_an_example_of_each_event() -> None:
    kinds = resources.load("events")["properties"]["detail-type"]["enum"]
    assert [event["detail-type"] for event in examples()] == kinds


def test_each_alarm_has_a_line_that_says_what_to_do() -> None:
    alarms = re.findall(r"^      ([a-z-]+) = \{$", OBSERVABILITY, re.M)
    alarms += [f"<function>{end}" for end in re.findall(r'"\$\{replace\(key, "_", "-"\)\}(-\w+)"', OBSERVABILITY)]
    assert len(alarms) == 7
    assert alarms == re.findall(r"^\| `([a-z<>-]+)` \|", PAGE.partition("### Alarms")[2].partition("###")[0], re.M)


def test_each_metric_is_explained() -> None:
    metrics = re.findall(r"^    (\w+) += \[", OBSERVABILITY, re.M)
    assert len(metrics) == 6
    for metric in metrics:
        assert f"`{metric}`" in PAGE, metric


def test_variables_and_scripts_are_there() -> None:
    table = PAGE.partition("| variable | for |")[2].partition("###")[0]
    named = re.findall(
        r"`(\w+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    )
    named += re.findall(r"`(\w+_arns)`", PAGE)
    assert len(named) > 10
    assert not [name for name in named if f'variable "{name}"' not in VARIABLES]
    scripts = re.findall(r"\b(?:scripts/)?(\w+\.sh)\b", PAGE)
    assert len(set(scripts)) > 6
    assert not [name for name in scripts if not list(ROOT.glob(f"*/{name}")) + list(ROOT.glob(f"tests/*/{name}"))]


def test_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", PAGE, re.M)
    }
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, anchor = target.partition("#")
        if target.startswith("https://"):
            continue
        assert not path or (ROOT / "docs" / path).exists(), target
        assert path or anchor in headings, target
