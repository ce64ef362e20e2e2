"""Records of live jobs that are damaged behind the engine's back: the run ends by itself, soon, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from integration.machine import Machine, finish, order, until
from integration.view import View

Ended = dict[str, tuple[str, str | None]]


@pytest.fixture(scope="module")
def ticking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, View]]:
    machine = Machine(tmp_path_factory.mktemp("ticking"), tick="2", grace="1", heartbeat="10", control_poll="1")
    with machine.aws() as aws:
        yield machine, View(aws.settings)


def begun(view: View, before: set[str], name: str, status: str) -> tuple[str, dict[str, Any]]:
    """The run that was not there before, and its orders by name, once one of them is so far."""

    def found() -> tuple[str, dict[str, Any]] | None:
        rows = [row for row in view.items("ORDERS_TABLE") if row.get("run_id", "") not in before | {""}]
        orders = {row["order_name"]: row for row in rows}
        return (rows[0]["run_id"], orders) if orders.get(name, {}).get("status") == status else None

    run_id, orders = until(found)
    return run_id, orders


def runs(view: View) -> set[str]:
    return {row["run_id"] for row in view.items("ORDERS_TABLE") if "run_id" in row}


def damage(view: View, pk: str, expression: str, **values: Any) -> None:
    names = {f"#{name}": name for name in ("cmds", "status", "timeout", "deadline", "open") if f"#{name}" in expression}
    given = {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}
    view.table("ORDERS_TABLE").update_item(
        Key={"pk": pk}, UpdateExpression=expression, ExpressionAttributeNames=names, **given
    )


def ends(orders: dict[str, Any]) -> Ended:
    return {name: (row["status"], row["reason"]) for name, row in orders.items()}


def check_over(view: View, run_id: str, status: str) -> None:
    """Once, with a history that agrees with the records."""
    run = view.item(f"{run_id}:0000")
    assert run is not None
    assert (run["phase"], run["status"], run["open"], run["in_flight"]) == ("completed", status, 0, 0)
    assert view.document(f"{run_id}/done", "DONE_BUCKET")["status"] == status
    events = view.events(run["trace_id"])
    assert [event["event_type"] for event in events].count("job_completed") == 1
    for row in view.orders(run_id):
        told = [event["event_type"] for event in events if event.get("order_num") == row["order_num"]]
        assert [one for one in told if one in ("succeeded", "failed", "timed_out")] == [row["status"]]
    assert not [name for name in view.parameters() if run_id in name]


def test_a_queued_order_whose_record_is_damaged_ends_and_harms_no_other(ticking: tuple[Machine, View]) -> None:
    machine, view = ticking
    before, gate = runs(view), machine.root / "gate"
    slow = order("slow", f"until test -e {gate}; do sleep 0.1; done")
    job = [slow, order("next", dependencies=["slow"]), order("last", dependencies=["next"])]
    process = machine.begin([*job, order("beside", dependencies=["slow"])])
    run_id, orders = begun(view, before, "slow", "running")
    damage(view, orders["next"]["pk"], "SET #cmds = :text REMOVE #timeout", text="no list")
    gate.touch()
    ran = finish(process)
    assert ran.code == 1, ran.err
    assert ends(ran.orders) == {
        "slow": ("succeeded", None),
        "next": ("failed", "record_unreadable"),
        "last": ("failed", "dependency_failed"),
        "beside": ("succeeded", None),
    }
    check_over(view, run_id, "failed")
    shown = {one["order_name"]: one for one in machine.call("status", run_id, "--json").json["orders"]}
    assert "cmds" in shown["next"]["damaged"]
    assert shown["slow"]["damaged"] is None


@pytest.mark.parametrize("expression", ["REMOVE #cmds", "REMOVE #status"])
def test_a_running_order_whose_record_is_damaged_ends_and_so_does_its_worker(
    ticking: tuple[Machine, View], expression: str
) -> None:
    machine, view = ticking
    before = runs(view)
    trace = machine.root / f"trace-{len(before)}"
    slow = order("slow", f"trap 'echo stopped > {trace}; exit 9' INT TERM; sleep 600 & wait", timeout=600)
    process = machine.begin([slow, order("next", dependencies=["slow"]), order("beside")])
    run_id, orders = begun(view, before, "slow", "running")
    damage(view, orders["slow"]["pk"], expression)
    ran = finish(process)
    assert ran.code == 1, ran.err
    assert ends(ran.orders) == {
        "slow": ("failed", "record_unreadable"),
        "next": ("failed", "dependency_failed"),
        "beside": ("succeeded", None),
    }
    check_over(view, run_id, "failed")
    assert view.document(f"tmp/callbacks/runs/{run_id}/0001/control.json")["reason"] == "record_unreadable"
    until(trace.exists)
    result = until(lambda: _result(view, run_id))
    assert (result["status"], result["reason"]) == ("failed", "record_unreadable")
    check_over(view, run_id, "failed")


@pytest.mark.parametrize(("expression", "values"), [("REMOVE #deadline", {}), ("SET #open = :text", {"text": "many"})])
def test_a_run_whose_record_is_damaged_ends(
    ticking: tuple[Machine, View], expression: str, values: dict[str, str]
) -> None:
    machine, view = ticking
    before = runs(view)
    job = [order("quick"), order("slow", "sleep 600", timeout=600), order("next", dependencies=["slow"])]
    process = machine.begin(job)
    run_id, _ = begun(view, before, "slow", "running")
    until(lambda: {row["status"] for row in view.orders(run_id) if row["order_name"] == "quick"} == {"succeeded"})
    damage(view, f"{run_id}:0000", expression, **values)
    assert machine.call("status", run_id, "--json").json["run_id"] == run_id
    ran = finish(process)
    assert ran.code == 1, ran.err
    assert ends(ran.orders) == {
        "quick": ("succeeded", None),
        "slow": ("failed", "record_unreadable"),
        "next": ("failed", "record_unreadable"),
    }
    check_over(view, run_id, "failed")
    assert machine.call("status", run_id, "--json").json["stop"] == "record_unreadable"


def _result(view: View, run_id: str) -> Any:
    key = f"tmp/callbacks/runs/{run_id}/0001/result.json"
    return view.document(key) if key in view.keys(prefix=key) else None
