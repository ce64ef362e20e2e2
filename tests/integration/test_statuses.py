"""Whole jobs of every shape end as the contract says: statuses, reasons, exit codes, logs."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from integration.killing import exists
from integration.machine import Item, Machine, Ran, finish, order
from integration.view import View

STUBBORN = "trap '' INT TERM; echo $BASHPID; while :; do sleep 0.1; done"

MIXED = [
    *(order(f"fan-{place}", f"echo fan {place}") for place in range(12)),
    # A diamond, by queue_id and by name.
    order("top", queue_id="a"),
    order("left", dependencies=["a"]),
    order("right", queue_id="b", dependencies=["top"]),
    order("bottom", "echo bottom", dependencies=["left", "b"]),
    # What a required order's failure takes with it, through optional orders too.
    order("breaks", "echo before", "exit 7", "echo never"),
    order("behind", dependencies=["breaks"]),
    order("optional-behind", dependencies=["breaks"], must_succeed=False),
    order("behind-optional", dependencies=["optional-behind"]),
    order("half-behind", dependencies=["top", "breaks"]),
    # An optional order's own failure takes nothing with it.
    order("may-fail", "false", must_succeed=False),
    order("after-may-fail", dependencies=["may-fail"]),
    order("may-be-late", "sleep 600", timeout=1, must_succeed=False),
    order("after-may-be-late", dependencies=["may-be-late"]),
    # How commands end.
    order("killed", "kill -9 $$", must_succeed=False),
    order("no-such-command", "certainly-not-there", must_succeed=False),
    order("late-as-a-whole", "sleep 0.7", "sleep 0.7", "echo never", timeout=1, must_succeed=False),
    order("stubborn", f"({STUBBORN}) & {STUBBORN}", timeout=4, must_succeed=False),
    order("clears-up", "trap 'echo cleared; exit 5' INT; while :; do sleep 0.1; done", timeout=4, must_succeed=False),
]


@pytest.fixture(scope="module")
def mixed(machine: Machine) -> Ran:
    return machine.run(MIXED, flow_label="mixed")


def ending(ran: Ran, name: str) -> tuple[Any, ...]:
    found = ran.orders[name]
    return found["status"], found["reason"], found["exit_code"]


def test_a_fan_out_runs_every_order(mixed: Ran) -> None:
    for place in range(12):
        assert ending(mixed, f"fan-{place}") == ("succeeded", None, 0)
        assert mixed.orders[f"fan-{place}"]["log"] == f"fan {place}\n"


def test_a_diamond_runs_in_the_order_of_its_needs(mixed: Ran, view: View) -> None:
    times = {item["order_name"]: item for item in view.orders(mixed.json["run_id"])}
    for before, after in [("top", "left"), ("top", "right"), ("left", "bottom"), ("right", "bottom")]:
        assert ending(mixed, after) == ("succeeded", None, 0)
        assert times[before]["ended_at"] <= times[after]["started_at"]


def test_behind_a_failed_order_nothing_runs(mixed: Ran) -> None:
    assert ending(mixed, "breaks") == ("failed", None, 7)
    assert mixed.orders["breaks"]["log"] == "before\n"
    for name in ("behind", "optional-behind", "behind-optional", "half-behind"):
        assert ending(mixed, name) == ("failed", "dependency_failed", None)
        assert mixed.orders[name]["seconds"] is None


def test_behind_an_optional_order_that_failed_by_itself_all_runs(mixed: Ran) -> None:
    assert ending(mixed, "may-fail") == ("failed", None, 1)
    assert ending(mixed, "after-may-fail") == ("succeeded", None, 0)
    assert ending(mixed, "after-may-be-late") == ("succeeded", None, 0)


def test_exit_codes_are_the_shells(mixed: Ran) -> None:
    assert ending(mixed, "killed") == ("failed", None, 137)
    assert ending(mixed, "no-such-command") == ("failed", None, 127)
    assert "certainly-not-there" in mixed.orders["no-such-command"]["log"]


def test_a_timeout_is_the_orders_as_a_whole(mixed: Ran) -> None:
    assert mixed.orders["may-be-late"]["status"] == "timed_out"
    assert mixed.orders["may-be-late"]["seconds"] < 600
    assert mixed.orders["late-as-a-whole"]["status"] == "timed_out"
    assert "never" not in mixed.orders["late-as-a-whole"]["log"]


def test_what_ignores_signals_is_killed_with_its_children(mixed: Ran) -> None:
    assert ending(mixed, "stubborn") == ("timed_out", None, None)
    pids = [line for line in mixed.orders["stubborn"]["log"].splitlines() if line.isdecimal()]
    assert len(pids) == 2
    assert not [pid for pid in pids if exists(int(pid))]


def test_what_is_interrupted_may_clear_up(mixed: Ran) -> None:
    assert ending(mixed, "clears-up") == ("timed_out", None, 5)
    assert mixed.orders["clears-up"]["log"].startswith("cleared\n")


def test_the_document_is_the_contracts(mixed: Ran) -> None:
    document = mixed.json
    assert document.keys() == {"status", "run_id", "trace_id", "flow_id", "summary", "orders"}
    assert document["flow_id"] == f"ann:{document['trace_id']}-mixed"
    assert (mixed.code, document["status"]) == (1, "failed")
    statuses = [one["status"] for one in document["orders"]]
    assert document["summary"] == {name: statuses.count(name) for name in ("succeeded", "failed", "timed_out")}
    assert [(one["order_num"], one["order_name"]) for one in document["orders"]] == [
        (f"{place:04d}", one["order_name"]) for place, one in enumerate(MIXED, 1)
    ]
    for one in document["orders"]:
        assert one.keys() == {"order_num", "order_name", "status", "reason", "exit_code", "seconds", "log"}


def test_a_chain_goes_on_beyond_where_lambda_would_see_a_loop(machine: Machine, view: View) -> None:
    chain = [order(f"link-{place}", f"echo {place}") for place in range(40)]
    for before, after in itertools.pairwise(chain):
        after["dependencies"] = [before["order_name"]]
    ran = machine.run(chain)
    assert (ran.code, ran.json["summary"]) == (0, {"succeeded": 40, "failed": 0, "timed_out": 0})
    items = view.orders(ran.json["run_id"])
    assert [item["log_tail"] for item in items] == [f"{place}\n" for place in range(40)]
    assert all(before["ended_at"] <= after["started_at"] for before, after in itertools.pairwise(items))


LATE = order("late", "sleep 60", timeout=1)
OUTCOMES: list[tuple[str, int, list[Item]]] = [
    ("succeeded", 0, [order("a"), order("b", "exit 3", must_succeed=False)]),
    ("timed_out", 3, [LATE, order("behind", dependencies=["late"]), order("b", "false", must_succeed=False)]),
    ("failed", 1, [LATE, order("breaks", "false")]),
]


def test_the_jobs_status_is_the_exit_code(machine: Machine) -> None:
    """One failed optional order fails nothing; a failure counts more than a lateness."""
    begun = [machine.begin(orders) for _, _, orders in OUTCOMES]
    ended = [finish(process) for process in begun]
    assert [(ran.json["status"], ran.code) for ran in ended] == [(status, code) for status, code, _ in OUTCOMES]
    assert ending(ended[1], "behind") == ("failed", "dependency_failed", None)
