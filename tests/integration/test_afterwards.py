"""What other commands make of runs that go on or have ended, how runs are ended early, and that nothing stays."""

from __future__ import annotations

import signal
import stat
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from integration.killing import embedded, living
from integration.machine import Machine, Ran, finish, order, until

FOREVER = "while :; do sleep 0.1; done"


@dataclass
class Ended:
    """Four runs that overlapped, begun and left by the command line alone: nobody else keeps their AWS."""

    machine: Machine
    embedded: set[int] = field(default_factory=set)
    runs: dict[str, Ran] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    machine = Machine(tmp_path_factory.mktemp("afterwards"), grace="2", heartbeat="3", tick="1", control_poll="1")
    signs = machine.root / "signs"
    signs.mkdir()
    trap = f"trap 'echo trapped; exit 4' INT; touch {signs}/interruptible; {FOREVER}"
    jobs = {
        "cancelled": [
            order("runs", trap, timeout=300),
            order("waits", dependencies=["runs"]),
            order("quick", f"touch {signs}/quick"),
        ],
        "deadline": [order("long", FOREVER, timeout=300), order("behind", dependencies=["long"])],
        "lost": [order("loses", f"echo $PPID > {signs}/worker.new; mv {signs}/worker.new {signs}/worker; {FOREVER}")],
        "again": [
            order("flaky", f"echo try; test -e {signs}/tried || {{ touch {signs}/tried; exit 6; }}", retries=1),
            order("hopeless", "exit 8", retries=1, must_succeed=False),
        ],
    }
    fields = {"deadline": {"job_timeout": 4}}
    ended = Ended(machine)
    processes = {name: machine.begin(orders, **fields.get(name, {})) for name, orders in jobs.items()}
    try:
        until(lambda: (signs / "interruptible").exists() and (signs / "quick").exists())
        ended.embedded.add(embedded(machine))
        until((signs / "worker").exists)
        ended.embedded.add(embedded(machine))
        # A worker is a child of the embedded AWS, and the parent of its commands.
        subprocess.run(["kill", "-KILL", (signs / "worker").read_text().strip()], check=True)
        processes["cancelled"].send_signal(signal.SIGINT)
    finally:
        ended.runs = {name: finish(process) for name, process in processes.items()}
    ended.left = living(machine.state)
    yield ended


def endings(ran: Ran) -> dict[str, tuple[str, str | None]]:
    return {name: (one["status"], one["reason"]) for name, one in ran.orders.items()}


def test_commands_that_overlap_share_one_embedded_aws(ended: Ended) -> None:
    assert len(ended.embedded) == 1
    assert len({ran.json["run_id"] for ran in ended.runs.values()}) == 4


def test_nothing_runs_on_and_nobody_else_may_look(ended: Ended) -> None:
    assert not ended.left
    assert stat.S_IMODE(ended.machine.state.stat().st_mode) == 0o700
    assert not (ended.machine.root / "not-used").exists()


def test_an_interrupt_ends_what_runs_and_records_it(ended: Ended) -> None:
    ran = ended.runs["cancelled"]
    assert (ran.code, ran.json["status"]) == (130, "failed")
    assert endings(ran) == {
        "runs": ("failed", "cancelled"),
        "waits": ("failed", "cancelled"),
        "quick": ("succeeded", None),
    }
    assert ran.orders["runs"]["log"].startswith("trapped\n")


def test_the_jobs_deadline_ends_it(ended: Ended) -> None:
    ran = ended.runs["deadline"]
    assert (ran.code, ran.json["status"]) == (3, "timed_out")
    assert endings(ran) == {"long": ("timed_out", "job_timed_out"), "behind": ("timed_out", "job_timed_out")}


def test_a_worker_that_was_killed_is_missed(ended: Ended) -> None:
    ran = ended.runs["lost"]
    assert (ran.code, endings(ran)) == (1, {"loses": ("failed", "worker_lost")})


def test_an_attempt_that_failed_is_repeated_as_often_as_allowed(ended: Ended) -> None:
    ran = ended.runs["again"]
    assert (ran.code, endings(ran)) == (0, {"flaky": ("succeeded", None), "hopeless": ("failed", None)})
    assert ran.orders["hopeless"]["exit_code"] == 8
    assert ran.orders["flaky"]["log"] == "try\n"
    answer = ended.machine.call("history", ran.json["trace_id"], "--order", "flaky", "--json")
    kinds = [event["event_type"] for event in answer.json["events"] if event["event_type"] != "running"]
    assert kinds == ["queued", "dispatched", "queued", "dispatched", "succeeded"]


def test_a_run_that_has_ended_can_be_read(ended: Ended) -> None:
    """From a new process, on a new embedded AWS over the same state."""
    ran, call = ended.runs["cancelled"], ended.machine.call
    run_id, trace_id = ran.json["run_id"], ran.json["trace_id"]
    status = call("status", run_id, "--json")
    assert (status.code, status.json["status"], status.json["trace_id"]) == (0, "failed", trace_id)
    assert {one["order_name"]: (one["status"], one["reason"]) for one in status.json["orders"]} == endings(ran)
    with ended.machine.aws():  # so that the others need not start one each
        text = call("status", run_id)
        assert text.code == 0
        assert all(word in text.out.decode() for word in (run_id, "runs", "waits", "quick", "cancelled"))

        events = call("history", trace_id, "--json").json["events"]
        assert [events[0]["event_type"], events[-1]["event_type"]] == ["queued", "job_completed"]
        assert [event["epoch"] for event in events] == sorted(event["epoch"] for event in events)
        assert len(call("history", trace_id).out.splitlines()) == len(events)
        only = call("history", trace_id, "--order", "quick", "--json").json["events"]
        assert only == [event for event in events if event["order_name"] == "quick"]

        by_name, by_number = call("logs", run_id, "runs"), call("logs", run_id, "0001")
        assert by_name.out == by_number.out == ran.orders["runs"]["log"].encode()
        assert call("logs", run_id, "runs", "--json").json["log"] == ran.orders["runs"]["log"]

        waited = call("wait", run_id, "--json")
        assert (waited.code, waited.json) == (1, ran.json)
        assert call("wait", ended.runs["deadline"].json["run_id"]).code == 3


def test_what_does_not_exist_is_a_sentence(ended: Ended) -> None:
    missing, known = str(uuid.uuid4()), ended.runs["again"].json["run_id"]
    asked = [
        ("status", missing),
        ("wait", missing),
        ("logs", missing, "a"),
        ("logs", known, "nobody"),
        ("history", "f00"),
    ]
    with ended.machine.aws():
        for command in asked:
            ran = ended.machine.call(*command)
            assert (ran.code, ran.out) == (2, b""), (command, ran)
            assert command[-1] in ran.err or missing in ran.err
            assert "Traceback" not in ran.err
        assert ended.machine.call(*asked[0], "--json").json["status"] == "error"
