"""What instances report becomes the order's own claim and result."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from fakes.calls import Crash, Side
from fakes.fleet import RUN, Fleet

from execution_engine.jobs.naming import (
    claim_key,
    environment_key,
    events_key,
    launch_key,
    parse_callback,
    result_key,
)
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def hear(fleet: Fleet, *keys: str, told: bool = False) -> None:
    """``told``: the notification says how large the object is."""
    for key in keys:
        callback = parse_callback(key)
        assert callback is not None
        fleet.target.gathering.hear(callback, len(fleet.objects.get(key) or b"") if told else None)


def has_environment(fleet: Fleet) -> bool:
    return fleet.objects.get(environment_key(RUN, "0001")) is not None


# Claims


@pytest.mark.parametrize(("names", "url"), [("b", "https://x.org/log"), ("abc", None)])
def test_the_first_claim_is_the_orders(fleet: Fleet, names: str, url: str | None) -> None:
    """Where several run, none of their logs is the order's."""
    order = fleet.launched(*names)
    assert fleet.claimed(order) is None
    fleet.claim(order, "b", execution_url="https://x.org/log")
    fleet.deliver()
    claim = fleet.claimed(order)
    assert claim is not None
    assert (claim.void, claim.at, claim.execution_url) == (False, fleet.clock.now(), url)
    fleet.claim(order, *(name for name in names if name != "b"))
    fleet.deliver()
    assert fleet.claimed(order) == claim


def test_a_void_claim_begins_nothing(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    assert fleet.target.refuse(order, "cancelled", "why")
    fleet.deliver()
    assert fleet.claimed(order) is None


@pytest.mark.parametrize("names", ["a", "abc"])
@pytest.mark.parametrize("told", [False, True])
def test_a_void_claim_is_known_by_its_size_too(fleet: Fleet, names: str, told: bool) -> None:
    order = fleet.launched(*names)
    fleet.target.refuse(order, "cancelled", "why")
    fleet.restart()
    hear(fleet, claim_key(RUN, "0001", 1, "a"), told=told)
    assert fleet.claimed(order) is None


def test_an_instances_own_claim_need_not_be_read(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.claim(order, "a", execution_url="u" * 2_000, nonce_of="n" * 100)
    fleet.calls.reset()
    hear(fleet, claim_key(RUN, "0001", 1, "a"), told=True)
    assert fleet.calls.count == {"bucket.write_once": 1}
    assert fleet.claimed(order) is not None


def test_a_claim_that_is_not_there_begins_nothing(fleet: Fleet) -> None:
    order = fleet.launched("a")
    hear(fleet, claim_key(RUN, "0001", 1, "a"))
    assert fleet.claimed(order) is None


# The environment


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"]])
def test_the_environment_is_gone_once_all_have_it(fleet: Fleet, names: list[str]) -> None:
    order = fleet.launched(*names, variables=2)
    for name in names:
        assert has_environment(fleet)
        fleet.claim(order, name)
        fleet.deliver()
    assert not has_environment(fleet)


def test_it_is_gone_also_where_no_process_heard_of_all(fleet: Fleet) -> None:
    order = fleet.launched("a", "b", "c", variables=2)
    for name in "abc":
        assert has_environment(fleet)
        fleet.claim(order, name)
        fleet.restart()
        fleet.deliver()
    assert not has_environment(fleet)


def test_where_nobody_heard_of_the_claims_the_next_look_knows() -> None:
    fleet = Fleet(hears=False)
    order = fleet.launched("a", "b", "c", variables=2)
    fleet.claim(order, "a", "b", "c")
    assert has_environment(fleet)
    fleet.target.look_up(order)
    assert not has_environment(fleet)


def test_while_an_attempt_remains_the_environment_does(fleet: Fleet) -> None:
    fleet.claim(fleet.launched("a", variables=2, retries=1), "a")
    fleet.deliver()
    assert has_environment(fleet)
    fleet.claim(fleet.launched("a", variables=2, retries=1, attempt=2), "a")
    fleet.deliver()
    assert not has_environment(fleet)


# Results


def test_the_result_of_one_is_the_orders(fleet: Fleet) -> None:
    order = fleet.launched("a")
    events = [{"event_type": "x", "status": "info", "data": {"n": 1}}]
    fleet.claim(order, "a")
    fleet.report(order, "a", "failed", exit_code=7, events=events, log_bytes=9)
    fleet.deliver()
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.exit_code, result.reason, result.events) == (Status.FAILED, 7, None, 1)
    assert (result.log, result.log_bytes) == ("log of a\n", 9)
    assert fleet.objects.get(events_key(RUN, "0001")) == b'[{"event_type": "x", "status": "info", "data": {"n": 1}}]'


def test_the_result_of_several_waits_for_the_last(fleet: Fleet) -> None:
    order = fleet.launched("a", "b", "c")
    fleet.claim(order, "a", "b", "c")
    for name in "cab":
        assert fleet.result(order) is None
        fleet.report(order, name, "failed" if name == "b" else "succeeded", events=[{"event_type": f"of-{name}"}])
        fleet.deliver()
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.events) == (Status.FAILED, 3)
    assert [one.instance_id for one in result.instances] == ["a", "b", "c"]
    assert result.log.index("==> a") < result.log.index("==> b") < result.log.index("==> c")


@pytest.mark.parametrize("places", list(permutations(range(6), 6))[::37])
def test_whatever_the_order_of_the_notifications_and_twice(places: tuple[int, ...]) -> None:
    fleet = Fleet(hears=False)
    order = fleet.launched("a", "b", "c", variables=1)
    fleet.work(order, "a", "b", "c")
    keys = [of(RUN, "0001", 1, name) for of in (claim_key, result_key) for name in "abc"]
    hear(fleet, *[keys[place] for place in places])
    said, written = fleet.objects.get(result_key(RUN, "0001")), fleet.objects.written.copy()
    assert said is not None
    fleet.restart()
    hear(fleet, *[keys[place] for place in reversed(places)])
    fleet.objects.delete(claim_key(RUN, "0001"))
    assert fleet.objects.get(result_key(RUN, "0001")) == said
    assert fleet.objects.written[result_key(RUN, "0001")] == written[result_key(RUN, "0001")] == 1


def test_a_word_of_a_result_that_is_not_there_ends_nothing(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.work(order, "a")
    fleet.deliver()
    hear(fleet, result_key(RUN, "0001", 1, "b"))
    assert fleet.result(order) is None
    fleet.work(order, "b")
    fleet.deliver()
    assert fleet.result(order) is not None


def test_a_result_of_somebody_else_counts_for_nobody(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.objects.put(result_key(RUN, "0001", 1, "mallory"), b'{"status": "succeeded"}')
    fleet.work(order, "a")
    fleet.deliver()
    assert fleet.result(order) is None


def test_what_can_not_be_read_ends_the_order(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.objects.put(result_key(RUN, "0001", 1, "b"), b"\x00 no JSON")
    fleet.work(order, "a")
    fleet.deliver()
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.reason) == (Status.FAILED, "result_unreadable")
    assert "can't be read" in str(result.instances[1].message)


@pytest.mark.parametrize("events", [b"no JSON", b'{"a": 1}', b"[" * 100_000, None])
def test_events_that_can_not_be_read_are_none(fleet: Fleet, events: bytes | None) -> None:
    order = fleet.launched("a")
    fleet.report(order, "a", events=[{"event_type": "x"}])
    if events is None:
        fleet.objects.delete(events_key(RUN, "0001", 1, "a"))
    else:
        fleet.objects.put(events_key(RUN, "0001", 1, "a"), events)
    fleet.deliver()
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.events) == (Status.SUCCEEDED, 0)


def test_each_attempt_has_its_own(fleet: Fleet) -> None:
    first = fleet.launched("a", retries=1)
    fleet.claim(first, "a")
    fleet.report(first, "a", "failed", exit_code=1)
    second = fleet.launched("a", retries=1, attempt=2)
    fleet.work(second, "a")
    fleet.deliver()
    found = [fleet.result(order) for order in (first, second)]
    assert [one and one.status for one in found] == [Status.FAILED, Status.SUCCEEDED]


# After the end


@pytest.mark.parametrize("anew", [False, True])
def test_a_word_after_the_end_changes_nothing(fleet: Fleet, anew: bool) -> None:
    order = fleet.launched("a", "b", variables=1)
    fleet.work(order, "a", "b")
    fleet.deliver()
    fleet.target.release(order)
    before = {key: fleet.objects.get(key) for key in fleet.objects.keys("")}
    if anew:
        fleet.restart()
    fleet.calls.reset()
    hear(fleet, claim_key(RUN, "0001", 1, "a"), result_key(RUN, "0001", 1, "b"))
    assert {key: fleet.objects.get(key) for key in fleet.objects.keys("")} == before
    assert anew or fleet.calls.total == 0


def test_where_the_launch_is_gone_there_is_nothing_to_do(fleet: Fleet) -> None:
    order = fleet.launched("a")
    fleet.work(order, "a")
    fleet.objects.delete(launch_key(RUN, "0001"))
    fleet.restart()
    fleet.deliver()
    assert fleet.result(order) is None


# Calls


@pytest.mark.parametrize(
    ("names", "variables", "calls"),
    [
        # claim read, order's claim; result read, order's result
        (["a"], 0, {"bucket.read": 2, "bucket.write_once": 2}),
        (["a"], 1, {"bucket.read": 2, "bucket.write_once": 2, "bucket.delete": 1}),
        # and for each but the last a look at who else reported; a claim of several need not be read
        (["a", "b", "c"], 0, {"bucket.read": 3, "bucket.write_once": 2, "bucket.ages": 2}),
        # where there is an environment, a look at who else has it, too
        (["a", "b", "c"], 1, {"bucket.read": 3, "bucket.write_once": 2, "bucket.ages": 4, "bucket.delete": 1}),
    ],
)
def test_what_an_order_takes_in_one_process(
    fleet: Fleet, names: list[str], variables: int, calls: dict[str, int]
) -> None:
    order = fleet.launched(*names, variables=variables)
    fleet.calls.reset()
    for name in names:
        fleet.claim(order, name)
        fleet.deliver()
    for name in names:
        fleet.report(order, name)
        fleet.deliver()
    assert fleet.calls.count == calls


def test_results_that_come_at_once_are_asked_for_once(fleet: Fleet) -> None:
    order = fleet.launched(*"abcd")
    for name in "abc":
        fleet.report(order, name)
    fleet.calls.reset()
    fleet.deliver()
    assert fleet.calls.count == {"bucket.ages": 1}
    fleet.report(order, "d")
    fleet.deliver()
    assert fleet.result(order) is not None


def test_what_another_process_gathered_is_not_gathered_again(fleet: Fleet) -> None:
    order = fleet.launched(*"abc")
    fleet.work(order, *"abc")
    fleet.deliver()
    fleet.restart()
    fleet.calls.reset()
    hear(fleet, result_key(RUN, "0001", 1, "a"), result_key(RUN, "0001", 1, "c"))
    assert fleet.calls.count == {"bucket.read": 1, "bucket.ages": 1}


def test_a_process_that_could_not_gather_does_so_when_it_is_told_again(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.work(order, "a", "b")
    read = fleet.bucket.read

    def broken(key: str, limit: int) -> bytes | None:
        raise OSError("away")

    fleet.bucket.read = broken
    key = result_key(RUN, "0001", 1, "a")
    with pytest.raises(OSError, match="away"):
        hear(fleet, key)
    fleet.bucket.read = read
    hear(fleet, key)
    assert fleet.result(order) is not None


def test_another_process_asks_for_the_launch_once(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.restart()
    fleet.work(order, "a", "b")
    reads: Counter[str] = Counter()
    read = fleet.objects.get
    fleet.objects.get = lambda key: (reads.update([key]), read(key))[1]  # type: ignore[method-assign]
    fleet.deliver()
    assert reads[launch_key(RUN, "0001")] == 1


# Crashes


def ended(fleet: Fleet, order: Order) -> dict[str, Any]:
    result = fleet.result(order)
    assert result is not None
    return {"status": result.status, "instances": result.instances, "events": result.events}


@pytest.mark.parametrize("side", list(Side))
def test_whoever_dies_while_gathering_is_made_up_for_by_the_retry(side: Side) -> None:
    index = 1
    while True:
        fleet = Fleet()
        order = fleet.launched("a", "b", variables=1)
        fleet.claim(order, "a", "b")
        fleet.report(order, "a", events=[{"event_type": "x"}])
        fleet.report(order, "b", "failed", exit_code=2)
        told = list(fleet.notifications)
        died = False
        with fleet.calls.points(fleet.calls.crash_at(index, side)):
            try:
                fleet.deliver()
            except Crash:
                died = True
        fleet.restart()
        hear(fleet, *told)  # Lambda tries again, with what it was told
        assert ended(fleet, order)["status"] is Status.FAILED
        assert ended(fleet, order)["events"] == 1
        assert fleet.claimed(order) is not None
        assert not has_environment(fleet)
        assert max(fleet.objects.written[key] for key in (claim_key(RUN, "0001"), result_key(RUN, "0001"))) == 1
        if not died:
            break
        index += 1
    assert index > 8
