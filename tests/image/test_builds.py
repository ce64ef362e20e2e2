"""The default command: one order of a build."""

from __future__ import annotations

import pytest

from execution_engine import resources
from execution_engine.local.names import VALUES
from image.container import Container
from image.emulator import ENTRYPOINT

COMMANDS = resources.load("codebuild", **VALUES)["build"]["buildspec"]["phases"]["build"]["commands"]


def default(box: Container) -> list[str]:
    return [*box.config["Entrypoint"], *box.config["Cmd"]]


@pytest.mark.parametrize("way", ["the default command", "the project's"])
def test_without_an_order_it_says_so(box: Container, way: str) -> None:
    # A build's shell starts in a folder of its own, which holds no engine.
    ran = box.run(*default(box)) if way == "the default command" else box.run("sh", "-c", f"cd /; {COMMANDS[0]}")
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[0].startswith("AWS_EXE_SYS_ASSIGNMENT is not set")
    assert "Traceback" not in ran.stderr


def test_the_project_runs_what_is_the_image_s_default() -> None:
    assert COMMANDS == ["python -m execution_engine.handlers.build"]


def test_the_image_s_entry_runs_any_command(box: Container) -> None:
    assert box.config["Entrypoint"] == [ENTRYPOINT]
    assert box.config["Cmd"] == COMMANDS[0].split()
    ran = box.run(ENTRYPOINT, "sh", "-c", "echo $0 $1; exit 3", "a", "b c")
    assert (ran.returncode, ran.stdout.strip()) == (3, "a b c")


def test_a_function_needs_a_host(box: Container) -> None:
    ran = box.run(ENTRYPOINT, "execution_engine.handlers.worker.handler")
    assert ran.returncode == 1
    assert "needs Lambda, or aws-lambda-rie" in ran.stderr
