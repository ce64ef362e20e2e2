"""What EventBridge is told: as documented, after it was written, and at no cost of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.calls import Crash, Point, Side
from fakes.platform import Platform
from fakes.simulation import Delivery
from fakes.time_and_ids import FakeClock
from fakes.workers import FAILED, SUCCEEDED, TIMED_OUT
from jsonschema import Draft202012Validator
from structlog.testing import capture_logs
from unit.orchestrator.whole_runs import by_name, fan, order, ran

from execution_engine import resources
from execution_engine.orders.signals import Silence
from execution_engine.signals.listeners import Listeners
from execution_engine.signals.notifications import PAUSE, Notifications

SCHEMA = Draft202012Validator(resources.load("events"))
BUS = "news"

Entry = dict[str, Any]


class Bus:
    """A client of EventBridge. ``refuse`` says of an entry, each time that it is sent, why it is not taken."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.taken: list[Entry] = []
        self.failing: Exception | None = None
        self.refuse: Callable[[Entry], str | None] = lambda entry: None

    def put_events(self, Entries: list[Entry]) -> dict[str, Any]:
        self.calls.append(len(Entries))
        if self.failing is not None:
            raise self.failing
        told = []
        for entry in Entries:
            why = self.refuse(entry)
            told.append({"ErrorCode": why} if why else {"EventId": "e"})
            if not why:
                self.taken.append(entry)
        return {"FailedEntryCount": sum("ErrorCode" in one for one in told), "Entries": told}

    @property
    def delivered(self) -> list[Entry]:
        """As a rule's target gets them; each holds what is documented."""
        found = [
            {
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "time": entry["Time"].isoformat(),
                "detail": json.loads(entry["Detail"]),
            }
            for entry in self.taken
        ]
        for event in found:
            SCHEMA.validate(event)
        return found

    def of(self, kind: str) -> list[Entry]:
        return [event["detail"] for event in self.delivered if event["detail-type"] == kind]


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def platform(bus: Bus, clock: FakeClock) -> Platform:
    return Platform(clock=clock, signals=Listeners([Notifications(lambda: bus, BUS, clock)]))


def test_a_run_that_ends_well_is_told_once(bus: Bus, platform: Platform) -> None:
    _, run_id, _ = ran([order("a"), order("b", "a")], platform=platform)
    (said,) = bus.delivered
    event = platform.events(run_id)[-1]
    assert said["detail-type"] == "job_completed"
    assert said["time"] == datetime.fromtimestamp(event.epoch, UTC).isoformat()
    assert said["detail"] == {
        "run_id": run_id,
        "trace_id": event.trace_id,
        "flow_id": event.flow_id,
        "status": "succeeded",
        "summary": {"succeeded": 2, "failed": 0, "timed_out": 0},
        "retry_of": None,
        "epoch": event.epoch,
    }
    assert {entry["EventBusName"] for entry in bus.taken} == {BUS}


def test_each_order_that_failed_is_told_with_its_reason(bus: Bus, platform: Platform) -> None:
    orders = [order("a"), order("b", "a"), order("c"), order("d", must_succeed=False), order("e")]
    outcomes = by_name({"a": FAILED, "c": TIMED_OUT, "d": FAILED})
    _, run_id, found = ran(orders, outcomes, platform=platform)
    said = {one["order_name"]: one for one in bus.of("order_failed")}
    assert {name: (one["status"], one["reason"], one["attempt"]) for name, one in said.items()} == {
        "a": ("failed", None, 1),
        "b": ("failed", "dependency_failed", 0),
        "c": ("timed_out", None, 1),
        "d": ("failed", None, 1),
    }
    assert said["a"]["exit_code"] == 1
    assert not said["d"]["must_succeed"]
    epochs = {(event.order_name, event.event_type): event.epoch for event in platform.events(run_id)}
    assert all(one["epoch"] == epochs[name, one["status"]] for name, one in said.items())
    assert found["e"].status == "succeeded"
    (end,) = bus.of("job_completed")
    assert (end["status"], end["summary"]) == ("failed", {"succeeded": 1, "failed": 3, "timed_out": 1})


def test_an_attempt_that_is_followed_by_another_is_no_news(bus: Bus, platform: Platform) -> None:
    fates = iter([FAILED, SUCCEEDED])
    ran([order("a", retries=1)], lambda _: next(fates), platform=platform)
    assert [event["detail-type"] for event in bus.delivered] == ["job_completed"]


def test_ten_are_told_in_a_call(bus: Bus, platform: Platform) -> None:
    root, rest = order("root"), [order(f"n{place}", "root") for place in range(25)]
    ran([root, *rest], by_name({"root": FAILED}), platform=platform)
    assert len(bus.of("order_failed")) == 26
    assert max(bus.calls) == 10
    assert len(bus.calls) <= 5


def test_nothing_is_told_before_it_is_written(bus: Bus, platform: Platform) -> None:
    seen: list[tuple[str, str | None]] = []

    def look(entry: Entry) -> None:
        detail = json.loads(entry["Detail"])
        num = detail.get("order_num")
        run = platform.run(detail["run_id"])
        seen.append((str(platform.orders(run.run_id)[num].status if num else run.status), detail["status"]))
        return None

    bus.refuse = look
    ran([order("a")], by_name({"a": FAILED}), platform=platform)
    assert seen == [("failed", "failed")] * 2


def test_who_dies_before_done_tells_again_the_very_same(bus: Bus, platform: Platform) -> None:
    died: list[Point] = []

    def die(point: Point) -> None:
        if (point.name, point.side) == ("done.write", Side.BEFORE) and not died:
            died.append(point)
            raise Crash(str(point))

    with platform.calls.points(die):
        ran([order("a")], platform=platform, delivery=Delivery(retries=(60.0,)))
    assert died
    first, *more = bus.of("job_completed")
    assert more
    assert all(one == first for one in more)


def test_a_run_goes_its_way_when_nobody_answers(bus: Bus, platform: Platform, clock: FakeClock) -> None:
    bus.failing = ConnectionError("no answer")
    with capture_logs() as lines:
        ran(fan(12), lambda _: FAILED, platform=platform)  # checks that the run ended in order
    assert bus.calls
    assert "notifications not sent" in {line["event"] for line in lines}


def test_after_a_failure_nothing_is_sent_for_a_while(bus: Bus, clock: FakeClock, platform: Platform) -> None:
    bus.failing = ConnectionError("no answer")
    _, run_id, _ = ran([order("a")], platform=platform)
    bus.calls.clear()
    notifications = Notifications(lambda: bus, BUS, clock)
    for _ in range(3):
        notifications.ended(platform.run(run_id), 5.0)
    assert bus.calls == [1]
    bus.failing = None
    clock.advance(PAUSE)
    notifications.ended(platform.run(run_id), 5.0)
    assert bus.calls == [1, 1]
    assert len(bus.taken) == 1


def test_what_is_refused_is_sent_once_more_and_nothing_else(bus: Bus, platform: Platform) -> None:
    refused: list[str] = []

    def throttle(entry: Entry) -> str | None:
        name = json.loads(entry["Detail"]).get("order_name")
        if name not in ("n1", "n2") or (name == "n1" and "n1" in refused):
            return None
        refused.append(name)
        return "ThrottlingException"

    bus.refuse = throttle
    with capture_logs() as lines:
        ran(
            [order("n0"), *[order(f"n{place}", "n0") for place in (1, 2, 3)]],
            by_name({"n0": FAILED}),
            platform=platform,
        )
    assert sorted(one["order_name"] for one in bus.of("order_failed")) == ["n0", "n1", "n3"]
    assert refused == ["n1", "n2", "n2"]
    (told,) = [line for line in lines if line["event"] == "notifications refused"]
    assert (told["count"], told["why"]) == (1, "ThrottlingException")


class Ends(Silence):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def completed(self, run: Any) -> None:
        self.heard.append("completed")

    def ended_from_outside(self, order: Any) -> None:
        self.heard.append(f"outside {order.order_name}")


def test_a_run_is_counted_once_however_often_its_end_is_gone_through() -> None:
    ends = Ends()
    platform = Platform(signals=ends)
    _, run_id, _ = ran([order("a")], platform=platform)
    platform.orchestrator.look(run_id, ["0000"])
    assert ends.heard == ["completed"]


def test_what_a_watchdog_ends_is_counted_once() -> None:
    from fakes.workers import Manner, Outcome

    ends = Ends()
    outcomes = by_name({"a": Outcome(manner=Manner.LOST), "b": Outcome(manner=Manner.UNBORN)})
    ran([order("a"), order("b"), order("c")], outcomes, platform=Platform(signals=ends))
    assert sorted(ends.heard) == ["completed", "outside a", "outside b"]
