"""Each handler, served in the image as Lambda serves it: the same client, another host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from image.emulator import Function
from image.events import QUIET
from image.functions import FUNCTIONS, Deployment

KEYS = sorted(FUNCTIONS)


def test_every_function_is_tried() -> None:
    assert set(QUIET) == set(FUNCTIONS)


@pytest.mark.parametrize("key", KEYS)
def test_it_answers(deployed: Deployment, key: str) -> None:
    event, right = QUIET[key]
    with deployed.function(key) as function:
        answer = function.invoke(event)
        assert not (isinstance(answer, dict) and "errorType" in answer), answer
        assert right(answer), answer


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_setting_stops_it_with_one_line_that_names_it(deployed: Deployment, key: str) -> None:
    with deployed.function(key, without="AWS_EXE_SYS_INTERNAL_BUCKET") as function:
        answer = function.invoke({})
        assert answer["errorType"] == "SettingsError"
        assert answer["errorMessage"] == "AWS_EXE_SYS_INTERNAL_BUCKET is not set; this function needs it"
        assert answer["errorMessage"] in function.log


def test_a_malformed_setting_stops_it_likewise(deployed: Deployment) -> None:
    with deployed.function("watchdog_check", AWS_EXE_SYS_GRACE="soon") as function:
        answer = function.invoke({})
    assert answer["errorMessage"] == "AWS_EXE_SYS_GRACE is 'soon'; it must be a positive number"


def test_another_name_is_no_function(deployed: Deployment, tmp_path: Path) -> None:
    name = "execution_engine.handlers.nobody.handler"
    with Function(deployed.container, name, {}, tmp_path / "log") as function:
        answer: dict[str, Any] = function.invoke({})
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "nobody" in answer["errorMessage"]
