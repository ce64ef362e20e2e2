from __future__ import annotations

from typing import Any

import pytest
import yaml
from unit.local.builds.stand import PROJECT

from execution_engine import resources
from execution_engine.local.builds.request import build_request
from execution_engine.local.names import VALUES


def module(buildspec: str) -> str | None:
    return build_request(PROJECT, {"buildspecOverride": buildspec}).module


def commands(*said: Any) -> str:
    return yaml.safe_dump({"version": 0.2, "phases": {"build": {"commands": list(said)}}})


@pytest.mark.parametrize("command", ["python -m a.b", "python3 -m a.b", "exec python -m a.b"])
def test_the_module_is_the_buildspecs_only_command(command: str) -> None:
    assert module(commands(command)) == "a.b"


@pytest.mark.parametrize(
    "buildspec",
    [commands("python -m a; rm -rf /"), commands("make"), commands(), commands("python -m a", "python -m b"),
     commands(1), "phases:", "[", "phases: {build: []}", "x"],
)  # fmt: skip
def test_what_says_anything_else_has_none(buildspec: str) -> None:
    assert module(buildspec) is None


def test_the_engines_own_buildspec_runs_the_entry_point() -> None:
    project = resources.load("codebuild", **VALUES)["build"]
    assert module(yaml.safe_dump(project["buildspec"])) == "execution_engine.handlers.build"
