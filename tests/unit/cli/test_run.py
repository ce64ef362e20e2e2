"""``run`` and ``wait``: from a job file to an exit code."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from unit.cli.stand import FLOW, JOB, RUN, TRACE, Stand

from execution_engine.cli.machine import MachineLost
from execution_engine.errors import Fault, JobRefused
from execution_engine.orders.run import Phase


def succeed(stand: Stand) -> None:
    """Both orders, a step each."""

    def first() -> None:
        stand.tell("0001", "dispatched", attempt=1)
        stand.tell("0001", "running", attempt=1)

    def second() -> None:
        stand.log("0001", b"built\n")
        stand.tell("0001", "succeeded", attempt=1, exit_code=0)

    def third() -> None:
        stand.tell("0002", "dispatched", attempt=1)
        stand.tell("0002", "counted", status="info", rows=3)
        stand.log("0002", b"tested\n")
        stand.tell("0002", "succeeded", attempt=1, exit_code=0)
        stand.complete("succeeded", succeeded=2)

    stand.steps(first, second, third)


def fail(stand: Stand, status: str = "failed") -> None:
    def first() -> None:
        stand.tell("0001", "running", attempt=1)
        stand.log("0001", b"".join(b"line %d\n" % i for i in range(50)))
        stand.tell("0001", status, attempt=1, exit_code=2 if status == "failed" else None)
        stand.tell("0002", "failed", reason="dependency_failed")
        stand.complete(status, **{"failed": 1, status: 1} if status != "failed" else {"failed": 2})

    stand.steps(first)


def test_a_job_that_succeeds(stand: Stand, job: Path) -> None:
    succeed(stand)
    result = stand.call("run", job)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "", "without --json there is no data"
    lines = result.stderr.splitlines()
    assert lines[0] == f"run {RUN}, 2 orders, trace {TRACE}"
    assert [line.split(maxsplit=1)[1] for line in lines[1:6]] == [
        "build  running",
        "build  succeeded",
        "test   event counted (info)",
        "test   succeeded",
        "2 succeeded, in 0.3 s",
    ]
    assert f"  execution-engine history {TRACE}" in lines
    assert stand.left == 1


def test_json_is_one_document_on_standard_output(stand: Stand, job: Path) -> None:
    succeed(stand)
    result = stand.call("run", job, "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert {name: document[name] for name in document if name != "orders"} == {
        "status": "succeeded",
        "run_id": RUN,
        "trace_id": TRACE,
        "flow_id": FLOW,
        "summary": {"succeeded": 2, "failed": 0, "timed_out": 0},
    }
    assert document["orders"][0] == {
        "order_num": "0001",
        "order_name": "build",
        "status": "succeeded",
        "reason": None,
        "exit_code": 0,
        "seconds": 0.1,
        "log": "built\n",
    }


def test_a_job_that_fails_shows_the_end_of_what_failed(stand: Stand, job: Path) -> None:
    fail(stand)
    result = stand.call("--state", "/some where", "run", job)
    assert result.exit_code == 1
    assert "build failed (exit 2)\n" in result.stderr
    assert "  │ line 30\n" in result.stderr
    assert "  │ line 49\n" in result.stderr
    assert "line 29\n" not in result.stderr
    assert "1 order never ran (dependency_failed)\n" in result.stderr
    assert f"execution-engine --state '/some where' logs {RUN} build\n" in result.stderr
    assert stand.opened == [Path("/some where")]


def test_a_job_that_times_out(stand: Stand, job: Path) -> None:
    fail(stand, "timed_out")
    result = stand.call("run", job)
    assert result.exit_code == 3
    assert "timed out: 1 failed, 1 timed out, in" in result.stderr


def test_nothing_is_opened_for_a_job_with_faults(stand: Stand, job: Path) -> None:
    job.write_text(JOB.replace("timeout: 30", "timeout: 0").replace("[build]", "[nobody]"))
    result = stand.call("run", job)
    assert result.exit_code == 2
    assert result.stdout == ""
    for place in ("orders[0].timeout: ", "orders[1].timeout: ", "orders[1].dependencies[0]: "):
        assert place in result.stderr
    assert stand.opened == []


def test_faults_as_a_document(stand: Stand, job: Path) -> None:
    job.write_text(JOB.replace("timeout: 30", "timeout: 0"))
    for command in ("run", "validate", "graph"):
        result = stand.call(command, job, "--json")
        assert result.exit_code == 2
        document = json.loads(result.stdout)
        assert document["status"] == "error"
        assert "2 faults" in document["error"]
        assert [fault["where"] for fault in document["errors"]] == ["orders[0].timeout", "orders[1].timeout"]
        assert all(fault["message"] for fault in document["errors"])


def test_faults_that_only_submission_finds(stand: Stand, job: Path) -> None:
    stand.refusal = JobRefused([Fault("orders[0].execution_target", "is not run here")])
    result = stand.call("run", job)
    assert result.exit_code == 2
    assert "orders[0].execution_target: is not run here" in result.stderr
    assert stand.left == 1


def test_code_goes_to_the_orders_that_name_none(stand: Stand, job: Path) -> None:
    job.write_text(JOB.replace('cmds: ["make"]', 'cmds: ["make"], s3_location: "s3://bucket/own.zip"'))
    succeed(stand)
    assert stand.call("run", job).exit_code == 0
    ((document, door),) = stand.submitted
    (sha256,) = stand.stored
    assert [order["s3_location"] for order in document["orders"]] == [
        "s3://bucket/own.zip",
        f"s3://internal/tmp/exec/uploads/{sha256}.zip",
    ]
    assert door == "init"


def test_another_folder_is_other_code(stand: Stand, job: Path, tmp_path: Path) -> None:
    other = tmp_path / "empty"
    other.mkdir()
    for arguments in ((), ("--code", other), ("--code", job.parent)):
        succeed(stand)
        stand.done = False
        stand.world.the_run = None
        assert stand.call("run", job, *arguments).exit_code == 0
    own, empty, named = stand.stored
    assert own == named != empty


@pytest.mark.parametrize("where", ["job", "order"])
def test_code_from_git_is_not_packed(stand: Stand, job: Path, where: str) -> None:
    if where == "job":
        job.write_text(JOB + "git_repo: org/repo\n")
    else:
        job.write_text(JOB.replace("timeout: 30,", "timeout: 30, git_repo: org/repo,"))
    succeed(stand)
    result = stand.call("run", job, "--code", job.parent)
    assert result.exit_code == 0
    assert stand.stored == []
    assert "--code is not used" in result.stderr
    assert all("s3_location" not in order for order in stand.submitted[0][0]["orders"])


def test_code_that_can_not_be_packed_refuses_the_job(stand: Stand, job: Path) -> None:
    (job.parent / "out").symlink_to("/etc/passwd")
    result = stand.call("run", job)
    assert result.exit_code == 2
    assert "--code DIR" in result.stderr
    result = stand.call("run", job, "--code", job.parent / "nowhere", "--json")
    assert result.exit_code == 2
    assert "nowhere is no folder" in json.loads(result.stdout)["error"]
    assert stand.opened == []


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_the_run_in_good_order(stand: Stand, job: Path, number: signal.Signals) -> None:
    def end() -> None:
        stand.tell("0001", "failed", attempt=1, reason="cancelled")
        stand.tell("0002", "failed", reason="cancelled")
        stand.complete("failed", failed=2, cancelled=2)

    before = signal.getsignal(number)
    stand.steps(
        lambda: stand.tell("0001", "running", attempt=1),
        lambda: signal.raise_signal(number),
        lambda: None,  # it takes its time
        end,
    )
    result = stand.call("run", job, "--json")
    assert result.exit_code == 130
    assert result.stderr.count("asking the run to end") == 1
    document = json.loads(result.stdout)
    assert document["status"] == "failed"
    assert [order["reason"] for order in document["orders"]] == ["cancelled", "cancelled"]
    assert stand.cancels == 1
    assert signal.getsignal(number) is before


def test_a_run_that_has_not_begun_is_asked_again(stand: Stand, job: Path) -> None:
    stand.begin("build", "test", phase=Phase.SUBMITTING)

    def really_begin() -> None:
        stand.begin("build", "test")

    stand.steps(interrupt, lambda: None, really_begin, lambda: stand.complete("failed", failed=2))
    assert stand.call("run", job).exit_code == 130
    assert stand.cancels == 3, "twice in vain, once heard, not again"


def test_what_could_not_be_asked_is_asked_again(stand: Stand, job: Path) -> None:
    stand.failures = [MachineLost("the cancellation failed: timed out")]
    stand.steps(interrupt, lambda: None, lambda: stand.complete("failed", failed=2))
    result = stand.call("run", job)
    assert result.exit_code == 130
    assert "the cancellation failed: timed out; asking again" in result.stderr
    assert stand.cancels == 2


def test_a_second_interrupt_leaves_at_once(stand: Stand, job: Path) -> None:
    stand.steps(interrupt, interrupt)
    result = stand.call("run", job, "--json")
    assert result.exit_code == 130
    assert json.loads(result.stdout)["run_id"] == RUN
    assert stand.left == 1, "the machine is left in good order"


def test_an_interrupt_during_submission_stops_what_was_submitted(
    stand: Stand, job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = stand.submit

    def interrupted_submit(document: dict[str, object], door: str) -> object:
        interrupt()
        return submit(document, "init")

    monkeypatch.setattr(stand, "submit", interrupted_submit)
    stand.steps(lambda: stand.complete("failed", failed=2))
    assert stand.call("run", job).exit_code == 130
    assert stand.cancels == 1


def test_a_machine_that_is_lost_under_way(stand: Stand, job: Path) -> None:
    def lose() -> None:
        raise MachineLost("the embedded AWS stopped answering")

    stand.steps(lose)
    result = stand.call("run", job, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "status": "error",
        "error": "the embedded AWS stopped answering",
        "errors": [],
        "run_id": RUN,
        "trace_id": TRACE,
    }
    assert "error: the embedded AWS stopped answering" in result.stderr


def test_what_nobody_expected_is_one_line_and_a_traceback_only_on_demand(stand: Stand, job: Path) -> None:
    def break_down() -> None:
        raise ZeroDivisionError("two\nlines")

    stand.steps(break_down, break_down)
    result = stand.call("run", job)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "error: unexpected: ZeroDivisionError: two (--debug shows where)"
    result = stand.call("run", job, "--debug")
    assert isinstance(result.exception, ZeroDivisionError)


def test_done_is_waited_for(stand: Stand, job: Path) -> None:
    def completed() -> None:
        stand.complete("succeeded", succeeded=2)
        stand.done = False

    def marked() -> None:
        stand.done = True

    stand.steps(completed, lambda: None, marked)
    assert stand.call("run", job).exit_code == 0
    assert stand.clock.steps == []


def test_a_look_is_one_call_when_nothing_happened(stand: Stand, job: Path) -> None:
    stand.steps(*[lambda: None] * 50, lambda: stand.complete("succeeded", succeeded=2))
    assert stand.call("run", job).exit_code == 0
    assert stand.world.asked.count("events") == 1, "the first look; then the record said that there is no news"
    assert stand.world.asked.count("run") == 52 + 1
    assert min(stand.clock.sleeps) == 0.1
    assert max(stand.clock.sleeps) <= 0.5


def test_another_run_of_the_trace_is_not_shown(stand: Stand, job: Path) -> None:
    stand.begin("build", "test")
    stand.tell("0001", "running", attempt=1)
    events = stand.world.the_events
    values = {name: getattr(events[-1], name) for name in type(events[-1]).__slots__}
    events[-1] = type(events[-1])(**{**values, "run_id": "another"})
    stand.steps(lambda: stand.complete("succeeded", succeeded=2))
    assert "running" not in stand.call("run", job).stderr


def test_wait_goes_on_where_the_run_is(stand: Stand) -> None:
    stand.begin("build", "test")
    stand.tell("0001", "succeeded", attempt=1)
    stand.steps(lambda: stand.tell("0002", "running", attempt=1), lambda: stand.complete("succeeded", succeeded=2))
    result = stand.call("wait", RUN)
    assert result.exit_code == 0
    assert "test   running" in result.stderr
    assert "build" not in result.stderr.partition("test   running")[0], "what was before is no news"
    assert stand.taken_up == []


def test_wait_takes_up_what_was_abandoned(stand: Stand) -> None:
    stand.begin("build", "test")
    stand.abandoned.add(RUN)
    stand.steps(lambda: stand.complete("succeeded", succeeded=2))
    result = stand.call("wait", RUN)
    assert result.exit_code == 0
    assert (stand.taken_up, stand.cancels) == ([RUN], 0)
    assert "was killed or left before its end" in result.stderr


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("failed", 1), ("timed_out", 3)])
def test_wait_for_what_is_over(stand: Stand, status: str, code: int) -> None:
    stand.begin("build")
    stand.complete(status)
    result = stand.call("wait", RUN, "--json")
    assert result.exit_code == code
    assert json.loads(result.stdout)["status"] == status
    assert stand.taken_up == []


def test_an_interrupt_ends_the_waiting_and_not_the_run(stand: Stand) -> None:
    stand.begin("build")
    stand.steps(interrupt)
    result = stand.call("wait", RUN)
    assert result.exit_code == 130
    assert stand.cancels == 0
    assert stand.left == 1
