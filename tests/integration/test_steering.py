"""A run is cancelled, and what did not succeed is run again, by the command line."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.hunt import files, forms, holds, stored
from integration.machine import Item, Machine, Ran, finish, order, until
from integration.view import View

FOREVER = "while :; do sleep 0.1; done"
SECRET = secrets.token_hex(20)
FORMS = frozenset(forms(SECRET))


@pytest.fixture(scope="module")
def steered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, View]]:
    machine = Machine(tmp_path_factory.mktemp("steering"), grace="3", tick="2", control_poll="1")
    with machine.aws() as aws:
        yield machine, View(aws.settings)
    in_files = [where for where, data in files(machine.state) if holds(data, FORMS)]
    assert not in_files


def endings(document: Item) -> dict[str, tuple[str, str | None]]:
    return {one["order_name"]: (one["status"], one["reason"]) for one in document["orders"]}


def signs(machine: Machine) -> Path:
    folder = machine.root / f"signs-{len(list(machine.root.glob('signs-*')))}"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def cancelled(steered: tuple[Machine, View]) -> tuple[Path, Ran, list[Ran]]:
    """The folder of signs, how ``run`` ended, and how two ``cancel`` at once and one after the end did."""
    machine, view = steered
    seen = signs(machine)
    trap = f"trap 'echo trapped; sleep 0.5; touch {seen}/cleaned; exit 4' INT; touch {seen}/traps; {FOREVER}"
    deaf = f"trap '' INT TERM; touch {seen}/deaf; {FOREVER}"
    process = machine.begin(
        [
            order("traps", trap, f"touch {seen}/next-command", timeout=300),
            order("deaf", deaf, timeout=300),
            order("behind", f"touch {seen}/behind", dependencies=["traps"]),
            order("optional", f"touch {seen}/optional", dependencies=["deaf"], must_succeed=False),
            order("quick", f"touch {seen}/quick"),
        ]
    )
    until(lambda: {"traps", "deaf", "quick"} <= {path.name for path in seen.iterdir()})
    (run_id,) = [item["pk"][:36] for item in view.items("ORDERS_TABLE") if item["pk"].endswith(":0000")]
    at_once = [machine.start("cancel", run_id, "--json") for _ in range(2)]
    answers = [finish(one) for one in at_once]
    return seen, finish(process), [*answers, machine.call("cancel", run_id)]


def test_a_cancelled_run_is_over_when_cancel_ends(cancelled: tuple[Path, Ran, list[Ran]]) -> None:
    _, ran, (first, second, third) = cancelled
    assert (ran.code, ran.json["status"]) == (1, "failed")
    assert endings(ran.json) == {
        "traps": ("failed", "cancelled"),
        "deaf": ("failed", "cancelled"),
        "behind": ("failed", "cancelled"),
        "optional": ("failed", "cancelled"),
        "quick": ("succeeded", None),
    }
    assert [first.code, second.code, third.code] == [0, 0, 0], (first.err, second.err, third.err)
    assert first.json == second.json == ran.json
    assert "is over already: failed" in third.err
    assert third.out == b""


def test_what_traps_the_interrupt_cleans_up_and_nothing_else_starts(cancelled: tuple[Path, Ran, list[Ran]]) -> None:
    seen, ran, _ = cancelled
    assert {path.name for path in seen.iterdir()} == {"traps", "deaf", "quick", "cleaned"}
    assert ran.orders["traps"]["exit_code"] == 4
    assert ran.orders["traps"]["log"].startswith("trapped\n")


def test_a_run_that_is_not_there_can_be_neither_cancelled_nor_retried(steered: tuple[Machine, View]) -> None:
    machine, _ = steered
    missing = "00000000-0000-4000-8000-000000000000"
    for command in ("cancel", "retry"):
        ran = machine.call(command, missing, "--json")
        assert (ran.code, ran.json["status"]) == (2, "error")
        assert missing in ran.json["error"]


@pytest.fixture(scope="module")
def retried(steered: tuple[Machine, View]) -> tuple[Path, Ran, Ran]:
    """How a job ended that one order failed, and its retry, of which the caller has nothing any more."""
    machine, _ = steered
    seen, folder = signs(machine), machine.root / "code"
    folder.mkdir()
    tool = folder / "tool"
    tool.write_text(f'#!/bin/sh\ntest "$(printf %s "$TOKEN" | wc -c)" = 40 && test -e {seen}/may-succeed\n')
    tool.chmod(0o755)
    path = machine.job_file(
        [
            order("once", f"echo >> {seen}/once"),
            order("fails", "./tool", dependencies=["once"], env_vars={"TOKEN": SECRET}),
            order("behind", f"./tool && touch {seen}/behind", dependencies=["fails"], env_vars={"TOKEN": SECRET}),
            order("beside", f"echo >> {seen}/beside", dependencies=["once"]),
        ],
        folder,
    )
    first = finish(machine.start("run", path, "--json"))
    shutil.rmtree(folder)
    (seen / "may-succeed").touch()
    return seen, first, machine.call("retry", first.json["run_id"], "--json")


def test_a_retry_runs_what_did_not_succeed_and_nothing_else(
    steered: tuple[Machine, View], retried: tuple[Path, Ran, Ran]
) -> None:
    machine, _ = steered
    seen, first, again = retried
    assert (first.code, endings(first.json)["fails"]) == (1, ("failed", None))
    assert again.code == 0, again.err
    assert endings(again.json) == {"fails": ("succeeded", None), "behind": ("succeeded", None)}
    assert again.json["trace_id"] == first.json["trace_id"]
    assert again.json["retry_of"] == first.json["run_id"] != again.json["run_id"]
    assert (seen / "once").read_text() == (seen / "beside").read_text() == "\n"
    assert (seen / "behind").exists()
    status = machine.call("status", again.json["run_id"])
    assert f"retry of {first.json['run_id']}\n" in status.out.decode()
    assert machine.call("status", first.json["run_id"], "--json").json["retry_of"] is None
    events = machine.call("history", first.json["trace_id"], "--json").json["events"]
    assert {event["run_id"] for event in events} == {first.json["run_id"], again.json["run_id"]}


def test_a_kept_secret_is_nowhere_in_clear(steered: tuple[Machine, View], retried: tuple[Path, Ran, Ran]) -> None:
    _, view = steered
    found = dict(stored(view))
    assert any(f"{retried[1].json['run_id']}/0000/job.age" in where for where in found)
    assert not [where for where, data in found.items() if holds(data, FORMS)]


def test_what_succeeded_as_a_whole_can_not_be_retried(
    steered: tuple[Machine, View], retried: tuple[Path, Ran, Ran]
) -> None:
    machine, _ = steered
    for ran in retried[1:]:
        refused = machine.call("retry", ran.json["run_id"], "--json")
        assert (refused.code, refused.json["status"]) == (2, "error")
        assert "nothing is left to do" in refused.json["errors"][0]["message"]


def test_a_run_that_goes_on_can_not_be_retried(steered: tuple[Machine, View]) -> None:
    machine, view = steered
    seen = signs(machine)
    process = machine.begin([order("waits", f"touch {seen}/here; until test -e {seen}/go; do sleep 0.1; done")])
    until((seen / "here").exists)
    going = [
        item for item in view.items("ORDERS_TABLE") if item["pk"].endswith(":0000") and not item.get("completed_at")
    ]
    refused = machine.call("retry", going[0]["pk"][:36])
    (seen / "go").touch()
    assert finish(process).code == 0
    assert refused.code == 2
    assert "still goes on" in refused.err


def test_two_retries_at_once_are_one_run_or_a_chain(steered: tuple[Machine, View]) -> None:
    machine, _ = steered
    first = machine.run([order("fails", "sleep 2; exit 3")])
    both = [finish(process) for process in [machine.start("retry", first.json["run_id"], "--json") for _ in range(2)]]
    assert [ran.code for ran in both] == [1, 1], [ran.err for ran in both]
    one, other = sorted((ran.json for ran in both), key=lambda document: document["retry_of"] != first.json["run_id"])
    assert one["retry_of"] == first.json["run_id"]
    assert other["run_id"] == one["run_id"] or other["retry_of"] == one["run_id"], json.dumps([one, other])


def test_a_retry_of_what_was_retried_goes_on_from_the_last(steered: tuple[Machine, View]) -> None:
    machine, _ = steered
    seen = signs(machine)
    tries = f"echo >> {seen}/tries; test $(wc -l < {seen}/tries) = 3"
    first = machine.run([order("third-time", tries), order("behind", dependencies=["third-time"])])
    again, last = (machine.call("retry", first.json["run_id"], "--json") for _ in range(2))
    assert [ran.code for ran in (first, again, last)] == [1, 1, 0]
    assert (again.json["retry_of"], last.json["retry_of"]) == (first.json["run_id"], again.json["run_id"])
