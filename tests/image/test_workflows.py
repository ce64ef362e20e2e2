"""The workflows call what people call by hand, with no more rights than they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from image.container import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPT = re.compile(r"(?<![\w/$.])((?:scripts|tests)/[\w./-]+)")


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text("utf-8")))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def test_there_are_three() -> None:
    assert [path.name for path in WORKFLOWS] == ["deploy.yml", "destroy.yml", "test.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_others_actions_are_pinned_to_a_commit(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert not [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_are_given_by_the_job(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    signs_in = path.stem != "test"
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read", **({"id-token": "write"} if signs_in else {})}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_scripts_that_are_called_are_there(path: Path) -> None:
    called = {name for step in steps(path) for name in SCRIPT.findall(step.get("run", ""))}
    assert called
    assert not [name for name in called if not (ROOT / name).stat().st_mode & 0o100]


def test_no_input_is_pasted_into_a_script() -> None:
    assert not [step["run"] for path in WORKFLOWS for step in steps(path) if "${{" in step.get("run", "")]


def test_deploying_takes_six_steps_in_their_order() -> None:
    named = [step.get("name", "") for step in steps(ROOT / ".github" / "workflows" / "deploy.yml")]
    assert [name for name in named if name[:1].isdigit()] == [
        "1 Bootstrap",
        "2 Image repository",
        "3 Build and push",
        "4 Deploy",
        "5 Smoke tests",
        "6 Archive",
    ]
