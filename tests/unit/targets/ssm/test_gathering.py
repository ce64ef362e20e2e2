"""What instances report becomes the order's own claim and result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from fakes.calls import Crash, Point, Side
from fakes.fleet import RUN, Fleet

from execution_engine.jobs.naming import (
    Callback,
    claim_key,
    environment_key,
    events_key,
    launch_key,
    parse_callback,
    result_key,
)
from execution_engine.orders.instance import told_instances
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status
from execution_engine.targets.ssm.gathering import TURN


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


@pytest.mark.parametrize("names", ["b", "abc"])
def test_the_first_claim_is_the_orders(fleet: Fleet, names: str) -> None:
    """Where the order runs it is known since its launch: of several, none of their logs is the order's."""
    order = fleet.launched(*names)
    assert fleet.claimed(order) is None
    fleet.claim(order, "b", execution_url="https://x.org/log")
    fleet.deliver()
    claim = fleet.claimed(order)
    assert claim is not None
    assert (claim.void, claim.at, claim.execution_url) == (False, fleet.clock.now(), None)
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


@pytest.mark.parametrize("names", ["a", "ab"])
def test_an_instances_own_claim_need_not_be_read(fleet: Fleet, names: str) -> None:
    """Nor who else there is; also by a process that knows nothing."""
    order = fleet.launched(*names, variables=1)
    fleet.claim(order, "a", execution_url="u" * 2_000, nonce_of="n" * 100)
    fleet.restart()
    fleet.calls.reset()
    hear(fleet, claim_key(RUN, "0001", 1, "a"), told=True)
    assert fleet.calls.count == {"bucket.write_once": 1}
    assert fleet.claimed(order) is not None


def test_once_the_order_has_begun_claims_take_no_call(fleet: Fleet) -> None:
    order = fleet.launched("a", "b", "c", variables=1)
    fleet.claim(order, "a")
    fleet.deliver()
    fleet.calls.reset()
    fleet.claim(order, "b", "c")
    fleet.deliver()
    assert fleet.calls.total == 0


def test_a_claim_that_is_not_there_begins_nothing(fleet: Fleet) -> None:
    order = fleet.launched("a")
    hear(fleet, claim_key(RUN, "0001", 1, "a"))
    assert fleet.claimed(order) is None


# The environment


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"]])
@pytest.mark.parametrize("anew", [False, True])
def test_the_environment_is_gone_at_the_next_look_once_all_have_it(fleet: Fleet, names: list[str], anew: bool) -> None:
    order = fleet.launched(*names, variables=2)
    for name in names:
        fleet.target.look_up(order)
        assert has_environment(fleet)
        fleet.claim(order, name)
        fleet.deliver()
        if anew:
            fleet.restart()
    fleet.target.look_up(order)
    assert not has_environment(fleet)


@pytest.mark.parametrize("names", ["a", "abc"])
@pytest.mark.parametrize("attempt", [1, 2])
def test_the_environment_is_gone_before_the_order_has_its_result(fleet: Fleet, names: str, attempt: int) -> None:
    """What was gathered has no environment any more, if no attempt can follow; so the order's release asks nothing."""
    order = fleet.launched(*names, variables=2, retries=1, attempt=attempt)
    there: list[bool] = []
    fleet.objects.on_created = lambda key: there.append(has_environment(fleet))
    fleet.work(order, *names)
    ended = [fleet.key(result_key, order, name) for name in names]
    there.clear()
    hear(fleet, *ended)
    assert there[-1] is False
    result = fleet.result(order)
    assert result is not None
    fleet.calls.reset()
    fleet.target.release(replace(order, status=result.status, instances=told_instances(result.instances)))
    assert fleet.calls.count == ({} if attempt == 1 else {"bucket.delete": 1})  # an attempt's addresses, renewed


def test_an_environment_that_can_not_be_deleted_keeps_nobody_from_ending(fleet: Fleet) -> None:
    order = fleet.launched("a", variables=2)

    def denied(keys: Iterable[str]) -> None:
        raise OSError("denied")

    fleet.bucket.delete = denied
    fleet.work(order, "a")
    fleet.deliver()
    assert fleet.result(order) is not None


def test_where_nobody_heard_of_the_claims_the_next_look_knows() -> None:
    fleet = Fleet(hears=False)
    order = fleet.launched("a", "b", "c", variables=2)
    fleet.claim(order, "a", "b", "c")
    assert has_environment(fleet)
    fleet.target.look_up(order)
    assert not has_environment(fleet)


@pytest.mark.parametrize("status", ["failed", "timed_out"])
def test_while_an_attempt_remains_the_environment_does(fleet: Fleet, status: str) -> None:
    first = fleet.launched("a", "b", variables=2, retries=1)
    fleet.claim(first, "a", "b")
    fleet.deliver()
    fleet.target.look_up(first)
    fleet.report(first, "a")
    fleet.report(first, "b", status)
    fleet.deliver()
    assert fleet.result(first) is not None
    assert has_environment(fleet)
    second = fleet.launched("a", "b", variables=2, retries=1, attempt=2)
    fleet.claim(second, "a", "b")
    fleet.target.look_up(second)
    assert not has_environment(fleet)


def test_where_no_attempt_follows_after_all_its_release_deletes_it(fleet: Fleet) -> None:
    """The run is being stopped, say."""
    order = fleet.launched("a", variables=2, retries=1)
    fleet.claim(order, "a")
    fleet.report(order, "a", "failed")
    fleet.deliver()
    assert has_environment(fleet)
    result = fleet.result(order)
    assert result is not None
    fleet.target.release(replace(order, status=result.status, instances=told_instances(result.instances)))
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
        # the order's claim; result read, the order's result
        (["a"], 0, {"bucket.read": 1, "bucket.write_once": 2}),
        (["a"], 1, {"bucket.read": 1, "bucket.write_once": 2, "bucket.delete": 1}),
        # and for each but the last a look at who else reported; for the last word that it is seen to
        (["a", "b", "c"], 0, {"bucket.read": 3, "bucket.write_once": 3, "bucket.ages": 2}),
        (["a", "b", "c"], 1, {"bucket.read": 3, "bucket.write_once": 3, "bucket.ages": 2, "bucket.delete": 1}),
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


def test_many_are_asked_for_at_each_result_since_the_pages_of_one_answer_are_of_different_moments(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("execution_engine.targets.ssm.gathering._ONE_PAGE", 2)
    order = fleet.launched(*"abcd")
    for name in "abc":
        fleet.report(order, name)
    fleet.calls.reset()
    fleet.deliver()
    assert fleet.calls.count == {"bucket.ages": 3}


def test_what_another_process_gathered_is_not_gathered_again(fleet: Fleet) -> None:
    order = fleet.launched(*"abc")
    fleet.work(order, *"abc")
    fleet.deliver()
    fleet.restart()
    fleet.calls.reset()
    hear(fleet, result_key(RUN, "0001", 1, "a"), result_key(RUN, "0001", 1, "c"))
    assert fleet.calls.count == {"bucket.read": 1, "bucket.ages": 1}


@pytest.mark.parametrize("heard", [False, True])
def test_a_process_that_could_not_gather_does_so_when_it_is_told_again(fleet: Fleet, heard: bool) -> None:
    """Whether it fails at the launch or, having ``heard`` of several claims, after it listed who reported."""
    order = fleet.launched("a", "b")
    fleet.restart()
    fleet.work(order, "a", "b")
    if heard:
        hear(fleet, claim_key(RUN, "0001", 1, "a"), claim_key(RUN, "0001", 1, "b"), told=True)
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


def reads_of(fleet: Fleet) -> Counter[str]:
    reads: Counter[str] = Counter()
    read = fleet.bucket.read
    fleet.bucket.read = lambda key, limit: (reads.update([key]), read(key, limit))[1]
    return reads


def test_another_process_asks_for_the_launch_once(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.restart()
    fleet.work(order, "a", "b")
    reads = reads_of(fleet)
    fleet.deliver()
    assert reads[launch_key(RUN, "0001")] == 1


def test_who_there_is_need_not_be_read_while_any_that_began_is_at_work(fleet: Fleet) -> None:
    order = fleet.launched(*"abcd")
    fleet.restart()
    fleet.claim(order, *"abcd")
    fleet.report(order, "a")
    reads = reads_of(fleet)
    fleet.deliver()
    fleet.report(order, "b")
    fleet.deliver()
    assert not reads


def test_a_result_that_comes_before_others_have_begun_ends_nothing(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.restart()
    fleet.work(order, "a")
    fleet.deliver()
    assert fleet.result(order) is None
    fleet.restart()
    fleet.work(order, "b")
    fleet.deliver()
    assert fleet.result(order) is not None


# Several processes at once


def word(name: str) -> Callback:
    callback = parse_callback(result_key(RUN, "0001", 1, name))
    assert callback is not None
    return callback


@pytest.mark.parametrize("names", ["ab", "abcd"])
def test_of_processes_that_hear_of_the_last_ones_at_once_one_reads_the_results(fleet: Fleet, names: str) -> None:
    """Each of the others hears of one just before a call of the one before it."""
    reached = 0
    for index in range(1, 40):
        fleet = Fleet(hears=False)
        order = fleet.launched(*names)
        fleet.work(order, *names)
        waiting = [(fleet.process(), name) for name in names[1:]]
        reads = reads_of(fleet)

        def cut_in(point: Point, index: int = index, waiting: list[Any] = waiting) -> None:
            if (point.index, point.side) >= (index, Side.BEFORE) and waiting:
                process, name = waiting.pop()
                process.gathering.hear(word(name))

        with fleet.calls.points(cut_in):
            fleet.restart()
            fleet.target.gathering.hear(word(names[0]))
        reached += not waiting
        for process, name in waiting:
            process.gathering.hear(word(name))
        assert fleet.result(order) is not None
        assert {reads[result_key(RUN, "0001", 1, name)] for name in names} == {1}, index
        assert fleet.objects.written[result_key(RUN, "0001")] == 1
    assert reached


@pytest.mark.parametrize(("later", "is_made_up_for"), [(TURN - 5, False), (TURN + 5, True)])
def test_whose_turn_it_was_is_not_waited_for_for_long(fleet: Fleet, later: float, is_made_up_for: bool) -> None:
    order = fleet.launched("a", "b")
    fleet.work(order, "a", "b")
    with fleet.calls.points(die_at("bucket.write_once", Side.AFTER)), pytest.raises(Crash):
        fleet.target.gathering.hear(word("a"))
    fleet.clock.advance(later)
    for name in "ab":
        fleet.restart()
        fleet.target.gathering.hear(word(name))
    assert (fleet.result(order) is not None) is is_made_up_for
    fleet.target.look_up(order)  # a watchdog waits for nobody's turn
    assert fleet.result(order) is not None


@pytest.mark.parametrize("later", [0.0, 60.0])
def test_who_knows_of_all_without_asking_asks_when_it_is_another_ones_turn(fleet: Fleet, later: float) -> None:
    order = fleet.launched("a", "b")
    fleet.work(order, "a")
    fleet.target.gathering.hear(word("a"))
    fleet.work(order, "b")
    with fleet.calls.points(die_at("bucket.write_once", Side.AFTER)), pytest.raises(Crash):
        fleet.process().gathering.hear(word("b"))
    fleet.clock.advance(later)
    fleet.calls.reset()
    fleet.target.gathering.hear(word("b"))
    assert fleet.calls.names[:2] == ["bucket.write_once", "bucket.ages"]
    assert (fleet.result(order) is not None) is (later > 0)


# Crashes


def die_at(name: str, side: Side) -> Callable[[Point], None]:
    def die(point: Point) -> None:
        if (point.name, point.side) == (name, side):
            raise Crash(str(point))

    return die


def ended(fleet: Fleet, order: Order) -> dict[str, Any]:
    result = fleet.result(order)
    assert result is not None
    return {"status": result.status, "instances": result.instances, "events": result.events}


RETRIED = 60.0
"""Seconds until Lambda tries again."""


def by_the_retry(fleet: Fleet, order: Order, told: list[str]) -> None:
    """With what it was told, in whatever order."""
    fleet.clock.advance(RETRIED)
    hear(fleet, *reversed(told))


def by_many_retries(fleet: Fleet, order: Order, told: list[str]) -> None:
    """Each in a process of its own."""
    fleet.clock.advance(RETRIED)
    for key in told:
        fleet.restart()
        hear(fleet, key)


def by_a_look(fleet: Fleet, order: Order, told: list[str]) -> None:
    fleet.target.look_up(order)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("made_up_for", [by_the_retry, by_many_retries, by_a_look])
@pytest.mark.parametrize("knows", [True, False])
def test_whoever_dies_while_gathering_is_made_up_for(
    side: Side, made_up_for: Callable[[Fleet, Order, list[str]], None], knows: bool
) -> None:
    """Between any two calls; ``knows``: the process that dies is the one that launched the order."""
    index = 1
    while True:
        fleet = Fleet()
        order = fleet.launched("a", "b", "c", variables=1)
        if not knows:
            fleet.restart()
        fleet.claim(order, "a", "b", "c")
        fleet.report(order, "a", events=[{"event_type": "x"}])
        fleet.report(order, "b", "failed", exit_code=2)
        fleet.report(order, "c")
        told = list(fleet.notifications)
        died = False
        with fleet.calls.points(fleet.calls.crash_at(index, side)):
            try:
                fleet.deliver()
            except Crash:
                died = True
        fleet.restart()
        if died:
            made_up_for(fleet, order, told)
        assert ended(fleet, order)["status"] is Status.FAILED
        assert ended(fleet, order)["events"] == 1
        assert [one.status for one in ended(fleet, order)["instances"]] == ["succeeded", "failed", "succeeded"]
        assert not has_environment(fleet)
        assert fleet.objects.written[result_key(RUN, "0001")] == 1
        assert fleet.objects.written[claim_key(RUN, "0001")] <= 1
        if not died:
            break
        index += 1
    assert index > 8
