"""How an order ended on its instances: told whole where there is room, in short where there are many."""

from __future__ import annotations

from execution_engine.orders.instance import InstanceOutcome, read_instances, told_instances
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
