"""Each line says what it is about; what was said of one leg is not said of another."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from unit.handlers.conftest import Load, given_to
from unit.handlers.test_orchestrator import ONE, TWO, event

from execution_engine.clock import SystemClock
from execution_engine.handlers import engine as start
from execution_engine.handlers import legs
from execution_engine.jobs.naming import claim_key
from execution_engine.logs import about, configure
from execution_engine.wiring.threads import on_threads

Lines = Callable[[], list[dict[str, Any]]]
log = structlog.get_logger()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What came out since it was last asked."""
    before, target = structlog.get_config(), io.StringIO()
    monkeypatch.setattr("sys.stderr", target)
    configure(stamps=[legs.stamp])
    structlog.configure(cache_logger_on_first_use=False)
    structlog.contextvars.clear_contextvars()

    def written() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in target.getvalue().splitlines()]
        target.truncate(target.seek(0))
        return found

    yield written
    structlog.configure(**before)


def known(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("trace_id", "run_id", "order_name", "leg") if name in line}


def test_a_line_knows_as_much_as_was_said_before_it(lines: Lines) -> None:
    def act() -> None:
        log.info("first")
        about(trace_id="t", order_name=None)
        log.info("second")
        log.info("third", order_name="build")

    legs.begin(act, 1_700_000_000.25, run_id=ONE)
    of_leg = {"run_id": ONE, "trace_id": "t", "leg": "t:1700000000.250000"}
    assert [known(line) for line in lines()] == [{"run_id": ONE}, of_leg, {**of_leg, "order_name": "build"}]


def test_a_leg_ends_with_what_it_knew_also_when_it_fails(lines: Lines) -> None:
    def act() -> None:
        about(trace_id="t")
        raise KeyError("k")

    with pytest.raises(KeyError):
        legs.begin(act, 1.0, run_id=ONE)
    log.info("after", trace_id="u")
    assert known(lines()[0]) == {"trace_id": "u"}


def test_what_surrounds_a_leg_is_no_part_of_it(lines: Lines) -> None:
    def outer() -> None:
        about(trace_id="t")
        legs.begin(lambda: log.info("inner", trace_id="u"), 2.0)
        log.info("outer")

    legs.begin(outer, 1.0, run_id=ONE)
    assert [known(line) for line in lines()] == [
        {"trace_id": "u", "leg": "u:2.000000"},
        {"run_id": ONE, "trace_id": "t", "leg": "t:1.000000"},
    ]


def test_threads_know_what_whoever_started_them_knew(lines: Lines) -> None:
    def act() -> None:
        about(trace_id="t")
        on_threads(lambda name: log.info("launch", order_name=name), ["a", "b", "c"])

    legs.begin(act, 1.0)
    found = sorted((line["order_name"], line["leg"]) for line in lines())
    assert found == [("a", "t:1.000000"), ("b", "t:1.000000"), ("c", "t:1.000000")]


def test_each_run_of_an_invocation_is_a_leg(load: Load, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("orchestrator", given_to("orchestrator"))
    times = iter([10.0, 20.0])
    monkeypatch.setattr(start.engine().clock, "now", lambda: next(times), raising=False)

    class Orchestrator:
        def notice(self, run_id: str, marks: frozenset[str]) -> None:
            log.info("before it is read")
            about(trace_id=f"t{run_id[-1]}")
            log.info("noticed")

    monkeypatch.setattr(module, "_orchestrator", Orchestrator())
    module.handler(event(claim_key(ONE, "0001"), claim_key(TWO, "0001")), None)
    assert [known(line) for line in lines()] == [
        {"run_id": ONE},
        {"run_id": ONE, "trace_id": "t1", "leg": "t1:10.000000"},
        {"run_id": TWO},
        {"run_id": TWO, "trace_id": "t2", "leg": "t2:20.000000"},
    ]


@pytest.mark.parametrize("terminal", [True, False])
def test_it_is_readable_where_somebody_watches(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(start, "configure", lambda **options: asked.update(options))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    start.engine.cache_clear()
    try:
        assert isinstance(start.engine().clock, SystemClock)
    finally:
        start.engine.cache_clear()
    assert asked["readable"] is terminal
    assert legs.stamp in asked["stamps"]
