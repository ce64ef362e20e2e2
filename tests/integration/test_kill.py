"""Whatever is killed by ``kill -9``, the run ends right, by itself or with the next command that asks for it."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from integration.killing import embedded, exists, functions, kill, living
from integration.machine import Item, Machine, Ran, finish, order, until

from execution_engine.local.state_folder import read_document

FOREVER = "while :; do sleep 0.1; done"
PACE = {"grace": "2", "heartbeat": "4", "tick": "2", "control_poll": "1", "lease": "4", "relaunch_after": "4"}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("killed"), **PACE)
    with machine.aws():
        yield machine


def endings(document: Item) -> dict[str, tuple[str, str | None]]:
    return {one["order_name"]: (one["status"], one["reason"]) for one in document["orders"]}


def pid_in(path: Path) -> int:
    return int(until(lambda: path.exists() and path.read_text()))


def test_a_killed_worker_is_missed_and_its_commands_end(machine: Machine, tmp_path: Path) -> None:
    """The shell goes on without its worker, and would for ever."""
    process = machine.begin(
        [
            order("lost", f"echo $PPID > {tmp_path}/worker; echo $$ > {tmp_path}/shell; {FOREVER}", timeout=300),
            order("again", f"echo $PPID >> {tmp_path}/again; test $(wc -l < {tmp_path}/again) = 2 || {FOREVER}")
            | {"retries": 1, "timeout": 300},
            order("behind", dependencies=["lost"]),
            order("beside"),
        ]
    )
    shell = pid_in(tmp_path / "shell")
    kill(pid_in(tmp_path / "worker"))
    kill(pid_in(tmp_path / "again"))
    ran = finish(process)
    assert endings(ran.json) == {
        "lost": ("failed", "worker_lost"),
        "again": ("succeeded", None),
        "behind": ("failed", "dependency_failed"),
        "beside": ("succeeded", None),
    }
    assert not exists(shell)


def test_a_worker_killed_before_its_claim_is_launched_again(machine: Machine, tmp_path: Path) -> None:
    """Every worker that appears is killed until one has begun; which moment that hits is left to chance."""
    process = machine.begin([order("late", f"echo >> {tmp_path}/begun", retries=3)])
    until(lambda: functions(machine, "worker") or process.poll() is not None)
    for pid in functions(machine, "worker"):
        kill(pid)
    ran = finish(process)
    assert endings(ran.json) in ({"late": ("succeeded", None)}, {"late": ("failed", "worker_lost")})


def test_a_killed_shell_ends_its_order(machine: Machine, tmp_path: Path) -> None:
    process = machine.begin([order("dies", f"echo $$ > {tmp_path}/shell; {FOREVER}", f"touch {tmp_path}/next")])
    kill(pid_in(tmp_path / "shell"))
    ran = finish(process)
    assert endings(ran.json) == {"dies": ("failed", None)}
    assert ran.orders["dies"]["exit_code"] == 137
    assert not (tmp_path / "next").exists()


def test_killed_orchestrators_hold_up_a_run_and_change_nothing(machine: Machine, tmp_path: Path) -> None:
    """At moments of chance, for as long as it takes to kill a few."""
    chance = random.Random(str(tmp_path))
    chain = [order(f"link-{place}", f"echo {place} >> {tmp_path}/ran; sleep 0.2") for place in range(8)]
    for before, after in itertools.pairwise(chain):
        after["dependencies"] = [before["order_name"]]
    fan = [order(f"fan-{place}", f"echo fan {place} >> {tmp_path}/ran") for place in range(8)]
    process = machine.begin([*chain, *fan])
    killed: set[int] = set()
    while len(killed) < 4 and process.poll() is None:
        time.sleep(chance.uniform(0.05, 1.0))
        for pid in functions(machine, "orchestrator"):
            kill(pid)
            killed.add(pid)
    ran = finish(process)
    assert killed
    assert (ran.code, ran.json["summary"]) == (0, {"succeeded": 16, "failed": 0, "timed_out": 0}), ran.err
    lines = (tmp_path / "ran").read_text().splitlines()
    assert len(lines) == len(set(lines)) == 16
    assert [line for line in lines if "fan" not in line] == [str(place) for place in range(8)]


ASKED = ("wait", "status", "cancel", "retry")


@dataclass
class Orphaned:
    """Four runs whose ``run`` was killed, what was left of them, and how a command on each ended."""

    machine: Machine
    signs: Path
    runs: dict[str, str]
    left: set[str]
    another: Ran
    signs_after_another: set[str]
    answers: dict[str, Ran]


@pytest.fixture(scope="module")
def orphaned(tmp_path_factory: pytest.TempPathFactory) -> Orphaned:
    # Slow hearts: on a busy machine, none of the workers shall be lost before it is to be.
    machine = Machine(tmp_path_factory.mktemp("orphaned"), **{**PACE, "heartbeat": "10"})
    signs = machine.root / "signs"
    signs.mkdir()
    processes = {}
    for name in ASKED:
        once = f"test -e {signs}/{name}-runs || {{ touch {signs}/{name}-runs; {FOREVER}; }}"
        orders = [
            order("quick", f"echo >> {signs}/{name}-quick"),
            order("runs", once, timeout=300, must_succeed=False),
            order("behind", f"echo >> {signs}/{name}-behind", dependencies=["runs", "quick"]),
        ]
        job = machine.job_file(orders)
        processes[name] = machine.start("run", job, "--code", machine.root / "no-code")
    began = {f"{name}-{order}" for name in ASKED for order in ("runs", "quick")}
    runs = {}
    try:
        until(lambda: began <= {path.name for path in signs.iterdir()})
        pid = embedded(machine)
    finally:
        for name, process in processes.items():
            process.kill()
            runs[name] = process.communicate()[1].decode().split()[1].rstrip(",")
    until(lambda: not exists(pid))
    left = living(machine.state)
    another = machine.run([order("another", "sleep 3")])
    seen = {path.name for path in signs.iterdir()}
    answers = {name: machine.call(name, run_id, "--json") for name, run_id in runs.items()}
    return Orphaned(machine, signs, runs, left, another, seen, answers)


def test_nothing_runs_on_without_a_command(orphaned: Orphaned) -> None:
    assert not orphaned.left


def test_nothing_of_it_goes_on_when_another_job_is_run(orphaned: Orphaned) -> None:
    assert orphaned.another.code == 0
    assert orphaned.signs_after_another == {f"{name}-{order}" for name in ASKED for order in ("runs", "quick")}


def test_wait_goes_on_with_the_rest(orphaned: Orphaned) -> None:
    answer = orphaned.answers["wait"]
    assert answer.code == 0, answer.err
    assert endings(answer.json) == {
        "quick": ("succeeded", None),
        "runs": ("failed", "worker_lost"),  # which it may
        "behind": ("succeeded", None),
    }


@pytest.mark.parametrize("name", ["status", "cancel"])
def test_who_asks_gets_the_end_and_nothing_new_starts(orphaned: Orphaned, name: str) -> None:
    answer = orphaned.answers[name]
    assert answer.code == 0, answer.err
    assert answer.json["status"] == "failed"
    assert endings(answer.json) == {
        "quick": ("succeeded", None),
        "runs": ("failed", "worker_lost"),
        "behind": ("failed", "cancelled"),
    }
    assert "was killed or left before its end" in answer.err
    assert not (orphaned.signs / f"{name}-behind").exists()


def test_retry_runs_what_was_lost_and_what_did_not_start(orphaned: Orphaned) -> None:
    answer = orphaned.answers["retry"]
    assert answer.code == 0, answer.err
    assert answer.json["retry_of"] == orphaned.runs["retry"]
    assert endings(answer.json) == {"runs": ("succeeded", None), "behind": ("succeeded", None)}
    assert (orphaned.signs / "retry-quick").read_text() == "\n"


def test_the_end_is_written_down(orphaned: Orphaned) -> None:
    for name, run_id in orphaned.runs.items():
        status = orphaned.machine.call("status", run_id, "--json")
        assert (status.code, status.json["status"]) == (0, "succeeded" if name == "wait" else "failed")
        assert "killed" not in status.err


def test_a_run_that_was_just_left_alone_is_brought_to_its_end(tmp_path: Path) -> None:
    """Most of the time the embedded AWS still waits for whoever may come: then its orders end in good order."""
    machine = Machine(tmp_path / "machine", **PACE)
    orders = [order("traps", f"trap 'touch {tmp_path}/cleaned; exit 4' INT; touch {tmp_path}/up; {FOREVER}")]
    process = machine.start("run", machine.job_file(orders), "--code", machine.root / "no-code")
    until((tmp_path / "up").exists)
    process.kill()
    run_id = process.communicate()[1].decode().split()[1].rstrip(",")
    status = machine.call("status", run_id, "--json")
    assert status.code == 0, status.err
    assert endings(status.json) in ({"traps": ("failed", "cancelled")}, {"traps": ("failed", "worker_lost")})
    assert (tmp_path / "cleaned").exists()


def test_status_leaves_a_run_to_the_wait_that_takes_it_up(tmp_path: Path) -> None:
    """``wait`` is there, and the run's watchdog is not yet."""
    machine = Machine(tmp_path / "machine", **PACE)
    once = f"test -e {tmp_path}/up || {{ touch {tmp_path}/up; {FOREVER}; }}"
    orders = [
        order("runs", once, timeout=300, must_succeed=False),
        order("behind", dependencies=["runs"]),
        *(order(f"beside-{place}", "sleep 300", timeout=301, must_succeed=False) for place in range(3)),
    ]
    process = machine.start("run", machine.job_file(orders), "--code", machine.root / "no-code")
    until((tmp_path / "up").exists)
    pid = embedded(machine)
    process.kill()
    run_id = process.communicate()[1].decode().split()[1].rstrip(",")
    until(lambda: not exists(pid))
    waiting = machine.start("wait", run_id, "--json")
    until(lambda: list((machine.state / "users").glob(f"{waiting.pid}-*")))
    status = machine.call("status", run_id, "--json")
    assert (status.code, status.json["stop"]) == (0, None), status.err
    waited = finish(waiting)
    assert endings(waited.json)["behind"] == ("succeeded", None), waited.err


@dataclass
class Lost:
    """A run whose embedded AWS was killed, and one that had ended before under an earlier one."""

    machine: Machine
    before: Ran
    ran: Ran
    run_id: str
    answers: dict[str, Ran]


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Lost:
    machine = Machine(tmp_path_factory.mktemp("lost"), **PACE)
    signs = machine.root / "signs"
    signs.mkdir()
    before = machine.run([order("before")])
    process = machine.start(
        "run",
        machine.job_file(
            [
                order("ended", f"echo printed; touch {signs}/ended"),
                order("cut-off", f"touch {signs}/cut-off; {FOREVER}", timeout=300),
                order("behind", f"touch {signs}/behind", dependencies=["cut-off"]),
            ]
        ),
        "--code",
        machine.root / "no-code",
    )

    def results() -> list[Path]:
        return [path for path in machine.state.glob("s3/**/0001/result.json") if read_document(path)]

    # One is the earlier run's; this run's is written after the order's last command.
    until(lambda: (signs / "cut-off").exists() and len(results()) == 2)
    kill(embedded(machine))
    ran = finish(process)
    run_id = ran.err.split()[1].rstrip(",")
    answers = {name: machine.call(name, run_id, "--json") for name in ("status", "wait", "retry")}
    until(lambda: not living(machine.state))
    return Lost(machine, before, ran, run_id, answers)


def test_run_says_what_happened(lost: Lost) -> None:
    assert lost.ran.code == 1
    assert "stopped answering" in lost.ran.err
    assert "Traceback" not in lost.ran.err


def test_what_is_known_and_what_was_lost_is_said(lost: Lost) -> None:
    for name, answer in lost.answers.items():
        assert (answer.code, answer.json["status"], answer.json["run_id"]) == (1, "error", lost.run_id), name
        known = answer.json["lost"]
        assert known["killed"]["started_at"] < known["killed"]["last_heard_at"] <= known["killed"]["noticed_at"]
        assert (known["submitted"], known["never_started"]) == (3, 1)
        ended, cut_off = known["orders"]
        assert (ended["order_name"], ended["status"], ended["exit_code"]) == ("ended", "succeeded", 0)
        assert [path.read_text() for path in Path(ended["log"]).iterdir() if path.suffix != ".json"] == ["printed\n"]
        assert (cut_off["order_name"], cut_off["status"]) == ("cut-off", None)
        assert "was killed" in answer.err


def test_what_had_been_written_down_is_still_there_and_the_machine_works(lost: Lost) -> None:
    status = lost.machine.call("status", lost.before.json["run_id"], "--json")
    assert (status.code, status.json["status"]) == (0, "succeeded")
    assert lost.machine.run([order("afterwards")]).code == 0
    missing = lost.machine.call("status", "00000000-0000-4000-8000-000000000000", "--json")
    assert (missing.code, "lost" in missing.json) == (2, False)


def test_its_functions_and_commands_end_by_themselves(lost: Lost) -> None:
    assert not living(lost.machine.state)


@pytest.mark.parametrize("first", ["run itself", "the next command"])
def test_commands_end_whose_worker_and_embedded_aws_were_killed_together(tmp_path: Path, first: str) -> None:
    """All functions are in the process group of the embedded AWS; commands are not."""
    machine = Machine(tmp_path / "machine", **PACE)
    signs = tmp_path / "signs"
    signs.mkdir()
    loop = f"while :; do echo > {signs}/$0; sleep 0.1; done"
    away = f"setsid bash -c '{loop}' away > {signs}/log 2>&1 &"
    orders = [
        order("traps", f"trap 'touch {signs}/cleaned; exit 4' INT; touch {signs}/traps; {FOREVER}", timeout=300),
        order("deaf", f"trap '' INT TERM; touch {signs}/deaf; {FOREVER}", timeout=300),
        order("daemon", away, f"touch {signs}/daemon; {FOREVER}", timeout=300),
    ]
    process = machine.start("run", machine.job_file(orders), "--code", machine.root / "no-code")
    until(lambda: {"traps", "deaf", "daemon", "away"} <= {path.name for path in signs.iterdir()})
    if first == "the next command":
        process.kill()
    os.killpg(embedded(machine), signal.SIGKILL)
    ran = finish(process)
    if first == "the next command":
        assert len(living(machine.state)) >= 4
        run_id = ran.err.split()[1].rstrip(",")
        assert machine.call("status", run_id, "--json").json["lost"]
    assert not living(machine.state)
    assert (signs / "cleaned").exists()


def test_an_interrupt_ends_a_run_through_the_same_door(machine: Machine, tmp_path: Path) -> None:
    process = machine.begin([order("traps", f"trap 'exit 4' INT; touch {tmp_path}/up; {FOREVER}", timeout=300)])
    until((tmp_path / "up").exists)
    process.send_signal(signal.SIGINT)
    ran = finish(process)
    assert (ran.code, endings(ran.json)) == (130, {"traps": ("failed", "cancelled")})
