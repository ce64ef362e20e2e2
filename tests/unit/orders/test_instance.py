"""How an order ended on its instances: told whole where there is room, in short where there are many."""

from __future__ import annotations

from typing import Any

import pytest

from execution_engine.orders.instance import MAX_INSTANCES, InstanceOutcome, read_instances, told_instances
from execution_engine.orders.status import Status


def ended(name: str, message: str | None = None) -> InstanceOutcome:
    return InstanceOutcome(instance_id=name, status=Status.FAILED, reason="dispatch_failed", message=message)


def test_few_are_told_whole_and_read_as_they_were_told() -> None:
    outcomes = (ended("web-1", "x" * 500), ended("web-2"))
    told = told_instances(outcomes)
    assert told is not None and told["web-1"]["message"] == "x" * 500
    assert read_instances(told) == outcomes
    assert told_instances(()) is None


def test_of_many_the_messages_are_shortened_and_nothing_else() -> None:
    outcomes = tuple(ended(f"i-{place:017x}", f"{place} " + "ä" * 490) for place in range(500))
    found = read_instances(told_instances(outcomes))
    assert [(one.instance_id, one.status, one.reason) for one in found] == [
        (one.instance_id, one.status, one.reason) for one in outcomes
    ]
    messages = [one.message or "" for one in found]
    assert all(message.startswith(f"{place} ä") and message.endswith("ä…") for place, message in enumerate(messages))
    assert len({len(message.encode()) for message in messages}) <= 2
    assert told_instances(found) == told_instances(outcomes), "telling it once more changes nothing"


def test_those_that_say_nothing_leave_their_room_to_the_others() -> None:
    outcomes = [ended(f"i-{place:017x}") for place in range(480)]
    outcomes += [ended(f"x-{place}", "m" * 500) for place in range(20)]
    told = told_instances(outcomes)
    assert told is not None
    assert all(told[f"x-{place}"]["message"] == "m" * 500 for place in range(20))


FINE = {"status": "failed", "exit_code": 1}
NO_END: list[Any] = [None, 1, [], {}, "running", "splendid"]


@pytest.mark.parametrize("told", [None, 7, "i-1", [], [["i-1", FINE]], {}])
def test_what_is_no_object_tells_nothing(told: Any) -> None:
    assert read_instances(told) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", FINE),
        ("../i-1", FINE),
        ("i" * 129, FINE),
        ("i-1\n", FINE),
        (1, FINE),
        ("i-1", None),
        ("i-1", []),
        ("i-1", {}),
        *(("i-1", {"status": status}) for status in NO_END),
    ],
)
def test_what_is_malformed_is_left_out_and_nothing_else(name: Any, value: Any) -> None:
    found = read_instances({name: value, "web-2": FINE})
    assert found == (InstanceOutcome(instance_id="web-2", status=Status.FAILED, exit_code=1),)


@pytest.mark.parametrize("wrong", [[], {}, "x", True, -1, 10**400, float("nan"), "\ud800"])
def test_a_value_that_may_not_be_is_none_or_within_its_limits(wrong: Any) -> None:
    names = ("exit_code", "reason", "message", "started_at", "ended_at", "log_bytes")
    (found,) = read_instances({"i-1": {"status": "failed", **dict.fromkeys(names, wrong)}})
    assert found.exit_code in (None, -1)
    assert found.log_bytes in (None, 0)
    assert (found.started_at, found.ended_at) == (None, None)
    assert {found.reason, found.message} <= {None, "x", "?"}


def test_no_more_are_read_than_an_order_may_have() -> None:
    assert len(read_instances({f"i-{place}": FINE for place in range(MAX_INSTANCES + 1)})) == MAX_INSTANCES
