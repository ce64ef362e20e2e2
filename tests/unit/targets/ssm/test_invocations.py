"""SSM's words about an instance, and what they mean for it."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.ssm import STATUSES

from execution_engine.targets.ssm.invocations import Invocation, State, invocation, of_all

ON, NEVER, LEFT, DIED = State.ON_ITS_WAY, State.NEVER, State.LEFT, State.DIED


def told(details: str | None, status: str | None = None, **more: Any) -> Invocation:
    return invocation({"Status": status or STATUSES.get(details or "", ""), "StatusDetails": details, **more})


@pytest.mark.parametrize(
    ("details", "state"),
    [
        ("Pending", ON),
        ("InProgress", ON),
        ("Delayed", ON),
        ("Cancelling", ON),
        ("Success", LEFT),
        ("Failed", DIED),
        ("Cancelled", DIED),
        ("ExecutionTimedOut", DIED),
        ("DeliveryTimedOut", NEVER),
        ("Undeliverable", NEVER),
        ("Terminated", NEVER),
        ("InvalidPlatform", NEVER),
        ("AccessDenied", NEVER),
    ],
)
def test_each_state_of_aws_has_a_meaning(details: str, state: State) -> None:
    found = told(details)
    assert found.state is state
    assert found.words.startswith(f"SSM: {details}")


@pytest.mark.parametrize("details", ["Delivery Timed Out", "delivery timed out"])
def test_however_it_is_written(details: str) -> None:
    assert told(details).state is NEVER


def test_every_state_that_the_fake_knows_is_known() -> None:
    over = {details for details, status in STATUSES.items() if status in ("Success", "Failed", "Cancelled", "TimedOut")}
    assert {details for details in STATUSES if told(details).state is not ON} == over


@pytest.mark.parametrize(
    ("status", "state"), [("Failed", DIED), ("TimedOut", NEVER), ("Cancelled", DIED), ("Success", LEFT), ("New", ON)]
)
def test_what_is_new_counts_by_its_coarse_status(status: str, state: State) -> None:
    assert told("Something New", status).state is state
    assert told(None, status).state is state


def test_nothing_said_is_nothing_ended() -> None:
    assert invocation({}).state is ON


def test_what_it_traced_is_told_in_one_bounded_line() -> None:
    words = told("Failed", TraceOutput="line\n" * 1_000).words
    assert ": line line" in words
    assert "\n" not in words
    assert len(words) == 400


@pytest.mark.parametrize(
    ("states", "counts"),
    [
        ([DIED, ON], ON),
        ([NEVER, LEFT, DIED], DIED),
        ([NEVER, LEFT], LEFT),
        ([NEVER], NEVER),
    ],
)
def test_of_several_commands_what_may_still_run_counts_first(states: list[State], counts: State) -> None:
    found = of_all(Invocation(state, str(state)) for state in states)
    assert found is not None
    assert found.state is counts


def test_of_no_command_nothing_is_said() -> None:
    assert of_all([]) is None
