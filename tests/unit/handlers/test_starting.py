"""A function starts with what it is given; what is missing stops it, with one line that names it."""

from __future__ import annotations

import re

import pytest
from unit.handlers.conftest import Load, given_to

from execution_engine.errors import SettingsError
from execution_engine.handlers.engine import engine

TABLES = ["ORDERS_TABLE", "ORDER_EVENTS_TABLE", "LOCKS_TABLE"]
NEEDED = {
    "init_job": [*TABLES, "INTERNAL_BUCKET", "DONE_BUCKET", "WATCHDOG_SFN", "SSM_PREFIX"],
    "ssm_config": [*TABLES, "INTERNAL_BUCKET", "DONE_BUCKET", "WATCHDOG_SFN", "SSM_PREFIX"],
    "control": [
        *TABLES, "INTERNAL_BUCKET", "DONE_BUCKET", "ORCHESTRATOR_LAMBDA", "WATCHDOG_SFN", "SSM_PREFIX",
    ],
    "history": [*TABLES, "INTERNAL_BUCKET"],
    "orchestrator": [
        *TABLES, "INTERNAL_BUCKET", "DONE_BUCKET", "ORCHESTRATOR_LAMBDA", "WATCHDOG_SFN", "SSM_PREFIX",
    ],
    "watchdog_check": [*TABLES, "INTERNAL_BUCKET", "DONE_BUCKET", "ORCHESTRATOR_LAMBDA"],
    "worker": ["INTERNAL_BUCKET"],
}  # fmt: skip
"""Without which a function can do nothing at all."""


@pytest.mark.parametrize("function", NEEDED)
def test_a_function_starts_with_what_it_is_given(load: Load, function: str) -> None:
    assert callable(load(function, given_to(function)).handler)
    assert engine() is engine(), "one engine a process"


@pytest.mark.parametrize(("function", "missing"), [(one, name) for one, names in NEEDED.items() for name in names])
def test_what_is_missing_is_named_at_the_start(load: Load, function: str, missing: str) -> None:
    environment = given_to(function)
    del environment[f"AWS_EXE_SYS_{missing}"]
    with pytest.raises(SettingsError, match=rf"^AWS_EXE_SYS_{missing} is not set[^\n]*$"):
        load(function, environment)


@pytest.mark.parametrize("function", NEEDED)
def test_what_is_malformed_is_named_at_the_start(load: Load, function: str) -> None:
    with pytest.raises(SettingsError, match=re.escape("AWS_EXE_SYS_GRACE is 'soon'")):
        load(function, {**given_to(function), "AWS_EXE_SYS_GRACE": "soon"})


TARGETS = {f"AWS_EXE_SYS_{name}" for name in ("WORKER_LAMBDA", "CODEBUILD_PROJECT", "SSM_DOCUMENT")}


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_one_target_is_enough_for_the_orchestrator(load: Load, target: str) -> None:
    environment = given_to("orchestrator")
    for other in TARGETS - {target}:
        del environment[other]
    assert callable(load("orchestrator", environment).handler)
    assert len(engine().targets) == 1


def test_without_any_target_the_orchestrator_says_what_is_missing(load: Load) -> None:
    environment = {name: value for name, value in given_to("orchestrator").items() if name not in TARGETS}
    with pytest.raises(SettingsError, match=r"^AWS_EXE_SYS_WORKER_LAMBDA is not set"):
        load("orchestrator", environment)
