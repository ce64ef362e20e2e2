"""What a document and its parameters make of each other."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from execution_engine.local.commands.content import Content, timeout_of
from execution_engine.local.commands.errors import Refused
from execution_engine.local.commands.parameters import fill

NASTY = "a\"b'c$(d)`e`\\f\n☃ {{ Other }}"


def document(lines: Any, parameters: Any, **inputs: Any) -> Content:
    step = {"action": "aws:runShellScript", "name": "go", "inputs": {"runCommand": lines, **inputs}}
    whole = {"schemaVersion": "2.2", "parameters": parameters, "mainSteps": [step]}
    return Content.read(json.dumps(whole), "JSON")


def script(content: Content, **given: list[str]) -> Any:
    return content.script(fill(content.parameters, given))


def test_a_value_goes_into_the_environment_as_it_is() -> None:
    content = document(['echo "$SSM_Say"'], {"Say": {"type": "String", "interpolationType": "ENV_VAR"}})
    found = script(content, Say=[NASTY])
    assert (found.text, found.variables) == ('echo "$SSM_Say"\n', {"SSM_Say": NASTY})


def test_a_value_is_pasted_where_its_braces_are_and_not_looked_at_again() -> None:
    content = document(
        ["a {{ Say }}", "b {{Say}}{{ Unknown }}"], {"Say": {"type": "String"}, "Other": {"type": "String"}}
    )
    found = script(content, Say=[NASTY], Other=["never"])
    assert (found.text, found.variables) == (f"a {NASTY}\nb {NASTY}{{{{ Unknown }}}}\n", {})


def test_braces_are_filled_in_also_for_what_is_in_the_environment() -> None:
    content = document(["{{ Say }}"], {"Say": {"type": "String", "interpolationType": "ENV_VAR"}})
    assert script(content, Say=["x"]).text == "x\n"


@pytest.mark.parametrize("lines", ["{{ Commands }}", "{{Commands}}"])
def test_a_list_may_be_all_the_lines(lines: str) -> None:
    content = document(lines, {"Commands": {"type": "StringList"}})
    assert script(content, Commands=["one", "two"]).text == "one\ntwo\n"


def test_a_list_within_a_line_is_its_json() -> None:
    content = document(["echo '{{ Words }}'"], {"Words": {"type": "StringList"}})
    assert script(content, Words=["one", "two"]).text == 'echo \'["one", "two"]\'\n'


def test_defaults_count_where_nothing_is_given() -> None:
    content = document(
        ["{{ A }}{{ B }}"], {"A": {"type": "String", "default": "a"}, "B": {"type": "String", "default": ""}}
    )
    assert script(content).text == "a\n"


def test_time_and_place_are_the_documents() -> None:
    parameters = {"T": {"type": "String"}, "W": {"type": "String"}}
    content = document(["x"], parameters, timeoutSeconds="{{ T }}", workingDirectory="{{ W }}")
    found = script(content, T=["90"], W=["/srv"])
    assert (found.timeout, found.folder) == (90, "/srv")
    assert script(document(["x"], {}, timeoutSeconds=70)).timeout == 70
    assert (script(document(["x"], {})).timeout, script(document(["x"], {})).folder) == (3_600, "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1),
        ("172800", 172_800),
        ("0", 3_600),
        ("172801", 3_600),
        ("-5", 3_600),
        ("1.5", 3_600),
        ("", 3_600),
        ("²", 3_600),
    ],
)
def test_what_is_no_time_is_an_hour(text: str, seconds: int) -> None:
    assert timeout_of(text) == seconds


@pytest.mark.parametrize(
    ("definition", "good", "bad"),
    [
        ({"allowedPattern": "^[0-9a-f]{4}$"}, "00ff", "00fg"),
        ({"allowedPattern": "^[0-9a-f]{4}$"}, "00ff", "00ff\n"),
        ({"allowedPattern": "[0-9]"}, "1", "a1"),
        ({"allowedValues": ["yes", "no"]}, "no", "maybe"),
        ({"minChars": 2, "maxChars": 3}, "ab", "abcd"),
        ({"minChars": 2}, "ab", "a"),
        ({}, "a {{ b }}", "a\0"),
        ({}, "{{ssh:x}}", "{{ssm:secret}}"),
        ({}, "x", "{{ ssm-secure:secret }}"),
    ],
)
def test_a_value_is_what_its_parameter_allows(definition: Any, good: str, bad: str) -> None:
    content = document(["x"], {"A": {"type": "String", **definition}})
    assert fill(content.parameters, {"A": [good]}) == {"A": good}
    with pytest.raises(Refused, match="A") as caught:
        fill(content.parameters, {"A": [bad]})
    assert caught.value.code == "InvalidParameters"


def test_a_document_may_be_yaml() -> None:
    text = yaml.safe_dump(
        {
            "schemaVersion": "2.2",
            "mainSteps": [{"action": "aws:runShellScript", "name": "go", "inputs": {"runCommand": ["x"]}}],
        }
    )
    assert Content.read(text, "YAML").script({}).text == "x\n"
    with pytest.raises(Refused, match="no JSON"):
        Content.read(text, "JSON")
