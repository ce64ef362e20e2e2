"""``cancel`` and ``retry``."""

from __future__ import annotations

import json
import signal

import pytest
from unit.cli.stand import RUN, TRACE, Stand

from execution_engine.errors import Fault, JobRefused


def cancelled(stand: Stand) -> None:
    stand.tell("0001", "failed", attempt=1, reason="cancelled")
    stand.tell("0002", "failed", reason="cancelled")
    stand.complete("failed", failed=2, cancelled=2)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def failed(stand: Stand) -> None:
    stand.begin("build", "test")
    stand.tell("0001", "failed", attempt=1, exit_code=1)
    stand.complete("failed", failed=1)


def test_cancel_waits_until_the_run_is_over_and_is_content_with_any_end(stand: Stand) -> None:
    stand.begin("build", "test")
    stand.tell("0001", "running", attempt=1)
    stand.steps(lambda: None, lambda: cancelled(stand))
    result = stand.call("cancel", RUN)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "build  failed (cancelled)" in result.stderr
    assert (stand.cancels, stand.taken_up) == (1, [])


def test_cancel_answers_with_the_document_of_wait(stand: Stand) -> None:
    stand.begin("build", "test")
    stand.steps(lambda: cancelled(stand))
    document = json.loads(stand.call("cancel", RUN, "--json").stdout)
    assert document == json.loads(stand.call("wait", RUN, "--json").stdout)
    assert (document["status"], document["orders"][1]["reason"]) == ("failed", "cancelled")


def test_cancel_of_what_is_over_says_so(stand: Stand) -> None:
    stand.begin("build")
    stand.complete("succeeded", succeeded=1)
    result = stand.call("cancel", RUN)
    assert result.exit_code == 0
    assert f"run {RUN} is over already: succeeded" in result.stderr
    assert stand.cancels == 0


def test_cancel_of_what_was_abandoned(stand: Stand) -> None:
    stand.begin("build", "test")
    stand.abandoned.add(RUN)
    stand.steps(lambda: cancelled(stand))
    assert stand.call("cancel", RUN).exit_code == 0
    assert (stand.cancels, stand.taken_up) == (1, [RUN])


def test_an_interrupt_leaves_the_waiting_and_the_run_goes_on_ending(stand: Stand) -> None:
    stand.begin("build")
    stand.steps(interrupt)
    assert stand.call("cancel", RUN).exit_code == 130
    assert (stand.cancels, stand.left) == (1, 1)


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("failed", 1), ("timed_out", 3)])
def test_retry_shows_waits_and_exits_as_run_does(stand: Stand, status: str, code: int) -> None:
    failed(stand)
    stand.steps(lambda: stand.tell("0001", "running", attempt=1), lambda: stand.complete(status))
    result = stand.call("retry", RUN)
    assert result.exit_code == code
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0] == f"run {RUN}, retry of the-old-one, 2 orders, trace {TRACE}"
    assert lines[1].endswith("build  running")
    assert stand.retried == [RUN]


def test_the_document_of_a_retry_names_what_it_repeats(stand: Stand) -> None:
    failed(stand)
    stand.steps(lambda: stand.complete("succeeded", succeeded=2))
    document = json.loads(stand.call("retry", RUN, "--json").stdout)
    assert (document["run_id"], document["retry_of"]) == (RUN, "the-old-one")


@pytest.mark.parametrize("why", ["run x still goes on", "every order succeeded"])
def test_what_can_not_be_retried_is_refused(stand: Stand, why: str) -> None:
    failed(stand)
    stand.refusal = JobRefused([Fault("run_id", why)], status=409)
    result = stand.call("retry", RUN, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["errors"] == [{"where": "run_id", "message": why}]
    assert f"run_id: {why}" in result.stderr


def test_an_interrupt_ends_the_new_run_in_good_order(stand: Stand) -> None:
    failed(stand)
    stand.steps(interrupt, lambda: cancelled(stand))
    result = stand.call("retry", RUN)
    assert result.exit_code == 130
    assert stand.cancels == 1


def test_what_was_abandoned_is_ended_before_it_is_retried(stand: Stand) -> None:
    stand.begin("build", "test")
    stand.abandoned.add(RUN)
    stand.alone = True
    stand.steps(lambda: cancelled(stand), lambda: stand.complete("succeeded", succeeded=2))
    result = stand.call("retry", RUN)
    assert result.exit_code == 0, result.stderr
    assert (stand.cancels, stand.taken_up, stand.retried) == (1, [RUN], [RUN])


def test_an_earlier_retry_that_was_abandoned_is_ended_and_what_it_left_is_run(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(stand)
    again = stand.again

    def abandoned_once() -> None:
        again()
        if len(stand.retried) == 1:
            stand.abandoned.add(RUN)

    monkeypatch.setattr(stand, "again", abandoned_once)
    stand.alone = True
    stand.steps(lambda: cancelled(stand), lambda: stand.complete("succeeded", succeeded=2))
    result = stand.call("retry", RUN)
    assert result.exit_code == 0, result.stderr
    assert (stand.cancels, stand.taken_up, stand.retried) == (1, [RUN], [RUN, RUN])
