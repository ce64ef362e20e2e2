"""Each stack and module by itself: its form, whether it is sound, and its own tests, which ask no AWS."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from infra.stacks import PLACES, ROOT, STACKS, Stacks

INFRASTRUCTURE = ROOT / "infrastructure"


def test_everything_is_in_terraforms_own_form(copied: Stacks) -> None:
    copied.terraform(".", "fmt", "-check", "-recursive", "-diff")


@pytest.mark.parametrize("place", PLACES)
def test_it_is_valid_and_passes_its_own_tests(stacks: Stacks, place: str) -> None:
    stacks.init(place, "-backend=false")
    stacks.terraform(place, "validate", "-no-color")
    told = stacks.terraform(place, "test", "-no-color").stdout
    found = re.search(r"Success! (\d+) passed, 0 failed", told)
    assert found and int(found[1]) > 0, told


@pytest.mark.parametrize("place", PLACES)
def test_its_files_are_those_of_all_others(place: str) -> None:
    files = {path.name for path in (INFRASTRUCTURE / place).glob("*.tf")}
    wanted = {"terraform.tf", "main.tf", "variables.tf", "outputs.tf"}
    if place in STACKS:
        wanted |= {"providers.tf", "locals.tf"}
    assert wanted <= files


@pytest.mark.parametrize("place", PLACES)
def test_all_variables_and_outputs_say_what_they_are(place: str) -> None:
    for path in (INFRASTRUCTURE / place).glob("*.tf"):
        for kind, name, body in _blocks(path):
            assert re.search(r'^  description = "[^"]', body, re.M), f"{path.name}: {kind} {name} has no description"
            if kind == "variable":
                assert re.search(r"^  type ", body, re.M), f"{path.name}: variable {name} has no type"


@pytest.mark.parametrize("place", PLACES)
def test_the_same_versions_everywhere(place: str) -> None:
    text = (INFRASTRUCTURE / place / "terraform.tf").read_text("utf-8")
    assert 'required_version = ">= 1.11"' in text
    assert place == "modules/definitions" or 'version = ">= 5.100, < 7"' in text


def test_nothing_that_only_one_of_the_providers_versions_knows() -> None:
    """5 calls a region's name ``name``, 6 ``region``; and ``region`` on resources is 6's alone."""
    for path in INFRASTRUCTURE.rglob("*.tf"):
        text = path.read_text("utf-8")
        assert "aws_region" not in text, path
        for resource in re.findall(r'^resource "[^"]+" "[^"]+" \{\n(.*?)^\}', text, re.M | re.S):
            assert not re.search(r"^  region ", resource, re.M), path


def _blocks(path: Path) -> list[tuple[str, str, str]]:
    text = path.read_text("utf-8")
    return re.findall(r'^(variable|output) "([^"]+)" \{\n(.*?)^\}', text, re.M | re.S)
