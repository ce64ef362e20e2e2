"""One run per key (contract section 1), whoever dies, and whoever comes in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fakes.calls import Point, Side
from faults.interleaving import Invocation, interleave
from unit.intake.dying import at, die, points
from unit.intake.stand import NOTHING, QuickSealer, Stand, order, zipped

from execution_engine.errors import JobRefused, SealingFailed, SubmissionPending
from execution_engine.intake.admission import LEASE, LIFETIME, PATIENCE
from execution_engine.intake.fingerprint import fingerprint
from execution_engine.jobs.naming import result_key
from execution_engine.jobs.specification import parse_job
from execution_engine.orders.run import Phase
from execution_engine.watchdog.watchdog import Watched

CODE = "s3://callers/code.zip"
JOB = {"username": "ann", "orders": [order(order_name="a", s3_location=CODE), order(dependencies=["a"])]}
OTHER = {"username": "ann", "orders": [order(order_name="b")]}


def stand(**options: Any) -> Stand:
    made = Stand(**options)
    made.callers.objects[("callers", "code.zip")] = zipped("a")
    return made


def submit(on: Stand, job: dict[str, Any] = JOB, key: str | None = "k", came_as: str | None = None) -> dict[str, Any]:
    request = {"job": job} | ({"idempotency_key": key} if key else {})
    return on.intake.submit(request, door="init", size_limit=100_000, came_as=came_as)


def begun(on: Stand) -> set[str]:
    """The runs whose start was signalled and that were not withdrawn."""
    runs = {key[0]: row["phase"] for key, row in on.records.items.all.items() if key[1] == "0000"}
    return {
        run_id
        for run_id, phase in runs.items()
        if phase is not Phase.WITHDRAWN and on.objects.get(result_key(run_id, "0000")) is not None
    }


def test_the_second_is_answered_with_the_first() -> None:
    on = stand()
    first = submit(on)
    del on.callers.objects[("callers", "code.zip")]
    assert submit(on) == {**first, "replayed": True}
    assert "replayed" not in first
    assert begun(on) == {first["run_id"]}


def test_without_a_key_every_request_is_a_run() -> None:
    on = stand()
    assert len({submit(on, key=None)["run_id"] for _ in range(3)}) == 3


def test_keys_of_callers_and_names_of_the_platform_are_apart() -> None:
    on = stand()
    runs = [submit(on, key="x"), submit(on, key=None, came_as="sns:x"), submit(on, key=None, came_as="invoke:x")]
    assert len({one["run_id"] for one in runs}) == 3
    assert submit(on, key=None, came_as="sns:x") == {**runs[1], "replayed": True}
    assert submit(on, key="x", came_as="sns:x") == {**runs[0], "replayed": True}


def test_another_job_under_the_same_key_is_refused() -> None:
    on = stand()
    first = submit(on)
    with pytest.raises(JobRefused) as refused:
        submit(on, OTHER)
    assert refused.value.status == 409
    (fault,) = refused.value.faults
    assert fault.where == "idempotency_key"
    assert first["run_id"] in fault.message
    assert begun(on) == {first["run_id"]}


def test_of_what_the_platform_names_no_hash_is_made() -> None:
    on = stand()
    submit(on, key=None, came_as="sns:1")
    [((key,), row)] = on.submissions.items.all.items()
    assert row["fingerprint"] == key
    on = stand()
    submit(on, key="1")
    [((key,), row)] = on.submissions.items.all.items()
    assert row["fingerprint"] != key


def test_a_key_lives_a_day() -> None:
    on = stand()
    first = submit(on)
    on.clock.advance(LIFETIME - 1)
    assert submit(on)["replayed"]
    on.clock.advance(1)
    assert submit(on, OTHER)["run_id"] != first["run_id"]


@pytest.mark.parametrize(
    ("sealer", "error"), [(QuickSealer(SealingFailed("sops can't be run")), SealingFailed), (None, JobRefused)]
)
def test_a_submission_that_fails_gives_its_key_back(sealer: Any, error: type[Exception]) -> None:
    on = stand(sealer=sealer)
    if sealer is None:
        on.callers.denied.add(("callers", "code.zip"))
    with pytest.raises(error):
        submit(on)
    assert on.left() == NOTHING
    assert not on.submissions.items.all
    on.sealer.error = None
    on.callers.denied.clear()
    assert "replayed" not in submit(on, OTHER)


@pytest.mark.parametrize("pause", [0.0, 3.0, LEASE + 1])
@pytest.mark.parametrize(("index", "side"), points(stand(), submit), ids=str)
def test_after_one_that_died_the_next_with_its_key_succeeds(index: int, side: Side, pause: float) -> None:
    on = stand()
    die(on, submit, at(index, side))
    before = begun(on)
    on.clock.advance(pause)
    answer = submit(on)
    assert begun(on) == {answer["run_id"]}
    assert before in (set(), {answer["run_id"]})
    for run_id, num, attempt, _ in list(on.watchdogs.started.values()):
        on.watchdog.check(Watched(run_id, num, attempt))
    left = {key[0] for key in on.records.items.all}
    assert left == {answer["run_id"]}, "what died is swept by the watchdog"
    assert all(answer["run_id"] in key for key in on.objects.keys("tmp/"))
    assert submit(on) == {**answer, "replayed": True}


def meanwhile(on: Stand, name: str, side: Side, act: Callable[[], object]) -> dict[str, Any]:
    """Submits; while it does, at this call, something happens. Its answer."""
    happened = False

    def meet(point: Point) -> None:
        nonlocal happened
        if not happened and (point.name, point.side) == (name, side):
            happened = True
            act()

    with on.calls.points(meet):
        answer = submit(on)
    assert happened
    return answer


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("call", ["records.create_run", "kept_jobs.keep", "keys.put", "records.add_orders"])
def test_one_that_was_only_slow_starts_nothing_and_answers_with_the_others_run(call: str, side: Side) -> None:
    on = stand()
    others = []

    def slow() -> None:
        on.clock.advance(LEASE + 1)
        others.append(submit(on))

    answer = meanwhile(on, call, side, slow)
    assert begun(on) == {answer["run_id"]} == {others[0]["run_id"]}
    assert answer.get("replayed")


@pytest.mark.parametrize("side", Side)
def test_one_that_is_slow_with_its_start_signal_is_either_withdrawn_or_stands(side: Side) -> None:
    on = stand()
    others = []

    def slow() -> None:
        on.clock.advance(LEASE + 1)
        others.append(submit(on))

    answer = meanwhile(on, "reports.signal_start", side, slow)
    assert begun(on) == {answer["run_id"]} == {others[0]["run_id"]}


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("call", ["submissions.claim", "records.read", "reports.has_result", "records.withdraw"])
def test_one_that_wakes_up_while_it_is_being_withdrawn_is_told_the_truth(call: str, side: Side) -> None:
    """The first stands still before its start signal; the second finds it dead; the first goes on just then."""
    on = stand()
    first, second = (Invocation(lambda: answers.append(submit(on))) for _ in range(2))
    answers: list[dict[str, Any]] = []
    interleave(
        on.calls,
        first,
        second,
        first_until=_place(first_calls(), "reports.signal_start", Side.BEFORE),
        second_until=_place(second_calls(), call, side),
        between=lambda: on.clock.advance(LEASE + 1),
    )
    assert len(answers) == 2
    assert {answer["run_id"] for answer in answers} == begun(on)


def first_calls() -> list[str]:
    on = stand()
    submit(on)
    return list(on.calls.names)


def second_calls() -> list[str]:
    """Of one that takes over from a first that is about to signal."""
    on = stand()
    die(on, submit, lambda point: (point.name, point.side) == ("reports.signal_start", Side.BEFORE))
    on.clock.advance(LEASE + 1)
    on.calls.reset()
    submit(on)
    return list(on.calls.names)


def _place(names: list[str], call: str, side: Side) -> int:
    """The point's number, counted from 1: two a call."""
    return 2 * names.index(call) + (1 if side is Side.BEFORE else 2)


def test_who_comes_while_the_first_is_at_work_waits_and_is_answered_with_its_run() -> None:
    on = stand()
    waited: list[dict[str, Any]] = []
    answer = meanwhile(on, "records.add_orders", Side.BEFORE, lambda: waited.append(_still_at_work(on)))
    assert waited == [{**answer, "replayed": True}]


def _still_at_work(on: Stand) -> dict[str, Any]:
    """Asks while the first renews its key as it gets on."""
    sleep = on.clock.sleep

    def renewing(seconds: float) -> None:
        sleep(seconds)
        for item in on.submissions.items.all.values():
            item["until"] = on.clock.now() + LEASE

    on.clock.sleep = renewing  # type: ignore[method-assign]
    before = on.clock.now()
    try:
        return submit(on)
    finally:
        assert PATIENCE <= on.clock.now() - before < PATIENCE + 2
        on.clock.sleep = sleep  # type: ignore[method-assign]


def test_a_platform_that_repeats_is_told_to_do_so_once_more() -> None:
    on = stand()
    first = submit(on, key=None, came_as="sns:1")
    run = on.records.items.all[(first["run_id"], "0000")]
    on.objects.delete(result_key(first["run_id"], "0000"))
    assert run["phase"] is Phase.SUBMITTING
    for item in on.submissions.items.all.values():
        item["until"] = on.clock.now() + 1_000
    with pytest.raises(SubmissionPending, match="try again"):
        submit(on, key=None, came_as="sns:1")


def test_whether_a_run_begins_may_be_unknown_but_never_doubled() -> None:
    on = stand()

    def fail(point: Point) -> None:
        if point.name == "reports.signal_start" and point.side is Side.AFTER:
            raise ConnectionError
        if point.name == "reports.has_result":
            raise ConnectionError

    with on.calls.points(fail), pytest.raises(SubmissionPending, match="status"):
        submit(on)
    answer = submit(on)
    assert answer["replayed"]
    assert begun(on) == {answer["run_id"]}


# Fingerprints


def test_a_fingerprint_tells_jobs_apart_and_nothing_else() -> None:
    def taken(**fields: Any) -> str:
        one = order(**{"env_vars": {"A": "1", "B": "2"}, **fields})
        return fingerprint(parse_job({"username": "ann", "orders": [one]}, door="init"), "salt")

    assert taken() == taken(retries=0, env_vars={"B": "2", "A": "1"}) == taken(must_succeed=True)
    others = [taken(retries=1), taken(cmds=["false"]), taken(env_vars={"A": "1"}), taken(order_name="x")]
    assert len({taken(), *others}) == 5


def test_a_fingerprint_says_nothing_under_another_key() -> None:
    job = parse_job(OTHER, door="init")
    assert fingerprint(job, "one") != fingerprint(job, "two")
