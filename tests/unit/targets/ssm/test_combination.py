"""One result of several; of one, that one's."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from execution_engine.orders.custom_events import LIMIT
from execution_engine.orders.report import RESULT_LIMIT, TAIL_LIMIT, Result, parse_result
from execution_engine.orders.status import Status
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.combination import EVENTS_BYTES, Reported, combined, combined_events, reported

ATTEMPT = Attempt("00000000-0000-4000-8000-000000000001", "0001", 1)
OK, FAILED, LATE = Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT


def one(instance: str = "i-1", status: Status = OK, message: str | None = None, **more: Any) -> Reported:
    return Reported(instance, Result(status=status, **more), message)


def result(*reports: Reported, events: int = 0) -> Result:
    """As the orchestrator reads it."""
    data = json.dumps(combined(reports, events)).encode()
    return parse_result(data, run_id=ATTEMPT.run_id, order_num="0001", attempt=1)


def test_of_one_instance_all_is_as_it_says() -> None:
    alone = Result(
        status=FAILED,
        log="x" * 5_000,
        exit_code=7,
        started_at=1.5,
        ended_at=2.5,
        log_bytes=50_000_000,
        events=3,
        execution_url="https://x.org/",
    )
    told = result(Reported("i-1", alone), events=3)
    assert (told.status, told.log, told.exit_code, told.reason) == (FAILED, alone.log, 7, None)
    assert (told.started_at, told.ended_at, told.log_bytes, told.events) == (1.5, 2.5, 50_000_000, 3)
    assert told.execution_url == "https://x.org/"
    assert [each.document() for each in told.instances] == [
        {"status": "failed", "exit_code": 7, "started_at": 1.5, "ended_at": 2.5, "log_bytes": 50_000_000}
    ]


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([OK, OK, OK], OK),
        ([OK, FAILED, OK], FAILED),
        ([OK, LATE, OK], LATE),
        ([OK, LATE, FAILED], FAILED),
        ([LATE, LATE, LATE], LATE),
    ],
)
def test_it_succeeds_only_if_all_did(statuses: list[Status], status: Status) -> None:
    for order in permutations(statuses):
        assert result(*[one(f"i-{n}", each) for n, each in enumerate(order)]).status is status


def test_the_first_that_decides_is_told() -> None:
    told = result(one("b", exit_code=0), one("a", FAILED, exit_code=3), one("c", FAILED, exit_code=4))
    assert (told.exit_code, told.reason) == (3, None)


def test_rather_one_that_its_own_commands_ended() -> None:
    lost = one("a", FAILED, reason="worker_lost")
    assert result(lost, one("b", FAILED, exit_code=4)).exit_code == 4
    assert result(lost, one("b", FAILED, reason="dispatch_failed")).reason == "worker_lost"
    assert result(lost, one("b", LATE)).reason == "worker_lost"


def test_times_span_all_and_lengths_add_up() -> None:
    told = result(
        one("a", started_at=5.0, ended_at=9.0, log_bytes=10),
        one("b", FAILED, ended_at=11.0),
        one("c", started_at=4.0, ended_at=8.0, log_bytes=5),
    )
    assert (told.started_at, told.ended_at, told.log_bytes) == (4.0, 11.0, 15)
    assert result(one("a", FAILED), one("b", FAILED)).started_at is None
    assert result(one("a", FAILED), one("b", FAILED)).log_bytes is None


def test_the_log_says_of_each_how_it_ended_and_ends_as_its_own() -> None:
    told = result(
        one("web-1", log="fine\n", exit_code=0),
        one("web-2", FAILED, log="first\n" + "last words", exit_code=7),
        one("web-3", FAILED, log="", reason="dispatch_failed", message="SSM: Undeliverable"),
    )
    assert told.log == (
        "==> web-1: succeeded, exit 0 <==\nfine\n"
        "==> web-2: failed, exit 7 <==\nfirst\nlast words\n"
        "==> web-3: failed (dispatch_failed) <==\n"
    )
    assert told.instances[2].message == "SSM: Undeliverable"


@pytest.mark.parametrize("count", [2, 3, 10])
def test_the_orders_record_tells_something_of_each(count: int) -> None:
    long = "".join(f"line {n}\n" for n in range(2_000))
    told = result(*[one(f"web-{n}", log=long) for n in range(count)])
    assert len(told.log) <= TAIL_LIMIT
    assert told.log.count("line 1999\n") == count
    assert [line for line in told.tail.splitlines() if line.startswith("==>")] == [
        f"==> web-{n}: succeeded <==" for n in range(count)
    ]
    assert all(line.startswith(("line ", "==>")) for line in told.log.splitlines()), "cut at a line"


def test_a_line_longer_than_its_share_is_cut_in_it() -> None:
    assert result(one("a", log="x" * 9_000), one("b")).log.count("x") > 1_000


def test_five_hundred_are_still_read() -> None:
    many = [one(f"i-{n:017x}", FAILED, "ü" * 500, log="\U0001f525" * 60_000, log_bytes=2**40) for n in range(500)]
    assert len(json.dumps(combined(many, 0))) < RESULT_LIMIT
    assert len(result(*many).instances) == 500


# Results as they are found


@pytest.mark.parametrize("data", [b"", b"no JSON", b"[]", b'{"status": "running"}', b"\xff" * 10, b"[" * 100_000])
def test_what_can_not_be_read_is_that_instances_failure(data: bytes) -> None:
    told = reported(ATTEMPT, "i-1", data)
    assert (told.result.status, told.result.reason) == (FAILED, "result_unreadable")
    assert "can't be read" in str(told.message)
    assert result(one("a"), told).reason == "result_unreadable"


def test_a_result_of_another_attempt_is_none() -> None:
    data = json.dumps({"status": "succeeded", "attempt": 2}).encode()
    assert reported(ATTEMPT, "i-1", data).result.reason == "result_unreadable"


@pytest.mark.parametrize(
    ("message", "told"), [("no agent", "no agent"), (None, None), (7, None), ("x" * 900, "x" * 500)]
)
def test_what_the_engine_said_in_an_instances_place_is_kept(message: object, told: str | None) -> None:
    data = json.dumps({"status": "failed", "message": message}).encode()
    assert reported(ATTEMPT, "i-1", data).message == told


# Events


def test_events_say_whose_they_are() -> None:
    told = combined_events(
        {"a": [{"event_type": "x", "data": {"n": 1}}], "b": [{"event_type": "y"}, {"event_type": "z", "data": 3}]}
    )
    assert told == [
        {"event_type": "x", "data": {"n": 1, "instance_id": "a"}},
        {"event_type": "y", "data": {"instance_id": "b"}},
        {"event_type": "z", "data": {"instance_id": "b"}},
    ]


def test_of_too_many_each_has_its_share() -> None:
    told = combined_events({name: [{"event_type": str(n)} for n in range(100)] for name in "abcd"})
    assert len(told) == LIMIT
    assert {name: sum(one["data"]["instance_id"] == name for one in told) for name in "abcd"} == dict.fromkeys(
        "abcd", LIMIT // 4
    )


def test_more_instances_than_events_may_be() -> None:
    assert len(combined_events({f"i-{n}": [{"event_type": "x"}] * 2 for n in range(300)})) == LIMIT


def test_too_much_in_all_is_left_out_so_that_the_rest_is_read() -> None:
    told = combined_events({name: [{"event_type": "x", "data": {"text": "y" * 60_000}}] * 20 for name in "ab"})
    assert 0 < len(json.dumps(told)) <= EVENTS_BYTES
