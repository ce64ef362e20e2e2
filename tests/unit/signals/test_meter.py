"""Lines in CloudWatch's embedded metric format, under the very names that the dashboard and the alarms read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from architecture.sources import ROOT
from contracts.examples import NOW, a_run, an_order

from execution_engine.orders.judgement import judge_unrun, reserve
from execution_engine.orders.machine import Trigger
from execution_engine.orders.move import Move
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.transaction import RunChange, Transaction
from execution_engine.signals.meter import Meter

RUN = "00000000-0000-4000-8000-000000000001"
METER = Meter("Engine", "engine")
OBSERVABILITY = ROOT / "infrastructure" / "modules" / "observability" / "locals.tf"


def counted(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, dict[str, str], list[float]]]:
    """Metric, dimensions and values of each line."""
    return [_read(json.loads(line)) for line in capsys.readouterr().out.splitlines()]


def _read(line: dict[str, Any]) -> tuple[str, dict[str, str], list[float]]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Engine"
    (metric,), (dimensions,) = directive["Metrics"], directive["Dimensions"]
    assert metric["Unit"] == ("Milliseconds" if metric["Name"] == "TimeToDispatch" else "Count")
    return metric["Name"], {name: line[name] for name in dimensions}, line[metric["Name"]]


def of(*moves: Move, **change: Any) -> Transaction:
    return Transaction(run_id=RUN, moves=moves, run=RunChange(**change))


def dispatch(waited: float, **order: Any) -> Move:
    return reserve(an_order(RUN, **{"created_at": NOW - waited, **order}), NOW)


def test_a_run_that_starts_is_counted_and_no_later_write_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    METER.committed(of(phase=Phase.RUNNING))
    METER.committed(of(last_epoch=5.0))
    METER.committed(Transaction(run_id=RUN))
    assert counted(capsys) == [("RunsStarted", {"service": "engine"}, [1.0])]


def test_orders_are_counted_by_how_they_ended(capsys: pytest.CaptureFixture[str]) -> None:
    running = an_order(RUN, status=Status.RUNNING, attempt=1)
    ends = [Move(running, trigger) for trigger in (Trigger.SUCCEED, Trigger.FAIL, Trigger.SUCCEED, Trigger.TIME_OUT)]
    unrun = judge_unrun(an_order(RUN), Reason.DEPENDENCY_FAILED, NOW)
    again = Move(running, Trigger.REQUEUE)
    METER.committed(of(*ends, unrun, again))
    assert sorted(counted(capsys), key=str) == [
        ("OrdersEnded", {"service": "engine", "status": "failed"}, [2.0]),
        ("OrdersEnded", {"service": "engine", "status": "succeeded"}, [2.0]),
        ("OrdersEnded", {"service": "engine", "status": "timed_out"}, [1.0]),
    ]


def test_time_to_dispatch_is_the_engines_own(capsys: pytest.CaptureFixture[str]) -> None:
    second = {"attempt": 1}
    METER.committed(of(dispatch(0.25), dispatch(1.5), dispatch(9, dependencies=("x",)), dispatch(9, **second)))
    assert counted(capsys) == [("TimeToDispatch", {"service": "engine"}, [pytest.approx(250), pytest.approx(1500)])]


def test_many_values_take_several_lines(capsys: pytest.CaptureFixture[str]) -> None:
    METER.committed(of(*[dispatch(place) for place in range(250)]))
    found = counted(capsys)
    assert [value for _, _, values in found for value in values] == [1_000.0 * place for place in range(250)]
    assert all(len(values) <= 100 for _, _, values in found)


def test_the_end_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    METER.completed(a_run(RUN, tally=Tally(failed=1, required_failed=1)))
    METER.ended(a_run(RUN), 5.0)
    assert counted(capsys) == [("RunsEnded", {"service": "engine", "status": "failed"}, [1.0])]


def test_what_should_not_happen(capsys: pytest.CaptureFixture[str]) -> None:
    METER.ended_from_outside(an_order(RUN))
    METER.dead_letters(3)
    assert counted(capsys) == [
        ("WatchdogTimeouts", {"service": "engine"}, [1.0]),
        ("DeadLetters", {"service": "engine"}, [3.0]),
    ]


def test_the_dashboard_shows_all_of_it_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    METER.committed(of(dispatch(1), phase=Phase.RUNNING))
    METER.committed(of(Move(an_order(RUN, status=Status.RUNNING, attempt=1), Trigger.SUCCEED)))
    METER.completed(replace(a_run(RUN), tally=Tally(succeeded=1)))
    METER.ended_from_outside(an_order(RUN))
    METER.dead_letters(1)
    told = {name: set(dimensions) for name, dimensions, _ in counted(capsys)}
    shown = re.findall(
        r'\[var\.namespace, "(\w+)", "service", var\.prefix(, "status")?', OBSERVABILITY.read_text("utf-8")
    )
    assert told == {name: {"service", "status"} if status else {"service"} for name, status in shown}
