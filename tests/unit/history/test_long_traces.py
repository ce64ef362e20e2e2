"""A trace of 100,000 events, paged in constant memory by whoever reads it: what is held at a time is a page or two,
never the trace. The store is a generator's; everything above it is real."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any, cast

import pytest
from unit.cli.stand import Stand

from execution_engine.cli import history_command
from execution_engine.cli.api_client import ApiClient
from execution_engine.cli.calls import Call
from execution_engine.cli.output import Output
from execution_engine.cli.remote_history import RemoteHistory
from execution_engine.console.export import write_page
from execution_engine.console.lines import write_lines
from execution_engine.console.reading import MOST_EVENTS, expired_run
from execution_engine.errors import NotFound
from execution_engine.history.asking import Asking
from execution_engine.history.documents import Document
from execution_engine.history.history import History
from execution_engine.history.portions import Portions
from execution_engine.orders.event import Event
from execution_engine.orders.run import Run
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.pages import Page
from execution_engine.storage.queries import Queries

EVENTS = 100_000
PAGE = 2_500
"""Of some 400 bytes each, so many are a megabyte: a page of DynamoDB's."""

MOST = 2 * PAGE
"""Events that anybody holds at a time: a page, and the next while it is read."""


class Told(dict[str, Any]):
    """What an event says; knows how many there are at a time."""

    alive = most = 0

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        Told.alive += 1
        Told.most = max(Told.most, Told.alive)

    def __del__(self) -> None:
        Told.alive -= 1


class Endless:
    """What ``History`` needs of ``Queries``: events that are made when they are asked for, and forgotten."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.calls = 0

    def events(self, trace_id: str, *, after: str | None = None, limit: int | None = None, **_: Any) -> Page[Event]:
        self.calls += 1
        begin = int(after or 0)
        end = min(self._count, begin + min(limit or PAGE, PAGE))
        return Page(
            tuple(_event(trace_id, at) for at in range(begin, end)), (), None if end == self._count else str(end)
        )

    def run(self, run_id: str) -> Run | None:
        return None


def _event(trace_id: str, at: int) -> Event:
    return Event(
        trace_id=trace_id,
        order_name=f"order-{at % 300:03d}",
        epoch=1_767_225_600.0 + at / 1000,
        event_type="note",
        status="info",
        run_id=f"run-{at // 50_000}",
        flow_id="ann:t-exec",
        order_num=f"{at % 300 + 1:04d}",
        data=Told(text=f"{at:08d}" * 20, percent=at % 100),
    )


@pytest.fixture
def store() -> Endless:
    return Endless(EVENTS)


@pytest.fixture
def history(store: Endless) -> History:
    return History(cast(Queries, store), cast(OrderLogs, None))


class Discarded(io.TextIOBase):
    """Standard output, and any file, of which only the size is known."""

    def __init__(self) -> None:
        self.lines = 0
        self.buffer = self

    def write(self, data: Any) -> int:
        self.lines += data.count(b"\n" if isinstance(data, bytes) else "\n")
        return len(data)


def peak(read: Callable[[], object]) -> int:
    """The most events that were held at a time."""
    Told.most = Told.alive
    before = Told.alive
    read()
    return Told.most - before


def read_by(history: Asking, *, as_json: bool) -> None:
    stand = Stand()
    stand.history = history  # type: ignore[assignment]
    history_command.history(Call(Output(as_json=as_json), stand.open, None), "t", None)


def test_the_whole_would_not_fit(history: History) -> None:
    """What the limit is worth."""
    assert peak(lambda: [event for page in history.pages("t") for event in page["events"]]) == EVENTS


def test_a_file_of_lines(history: History, store: Endless) -> None:
    file = Discarded()
    assert peak(lambda: write_lines(history, "t", None, cast(Any, file))) <= MOST
    assert (file.lines, store.calls) == (EVENTS, EVENTS // PAGE)


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_the_command(history: History, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    out = Discarded()
    monkeypatch.setattr(sys, "stdout", out)
    used = peak(lambda: read_by(history, as_json=as_json))
    monkeypatch.undo()
    assert used <= MOST
    assert out.lines >= EVENTS


def test_the_command_before_an_api(history: History, store: Endless, monkeypatch: pytest.MonkeyPatch) -> None:
    portions = Portions(history, cast(Queries, store))

    class Client:
        def get(self, *path: str, **asked: Any) -> Document:
            return portions.trace(path[1], None, None, asked["next"], 500)

    remote = RemoteHistory(cast(ApiClient, Client()))
    out = Discarded()
    monkeypatch.setattr(sys, "stdout", out)
    used = peak(lambda: read_by(remote, as_json=False))
    monkeypatch.undo()
    assert used <= MOST
    assert (out.lines, store.calls) == (EVENTS, EVENTS // 500)


def test_a_page_that_is_kept_has_the_first_of_them_and_says_so(history: History) -> None:
    file = io.StringIO()
    assert write_page(history, "t", None, 1_767_300_000.0, file) == MOST_EVENTS
    html = file.getvalue()
    assert html.count('<td data-label="When">') == MOST_EVENTS
    assert "--export FILE.jsonl" in html and f"{MOST_EVENTS:,} events" in html


def test_an_absent_run_of_it_is_looked_for_in_constant_memory(history: History, store: Endless) -> None:
    assert peak(lambda: expired_run(history, "run-9", "t")) <= MOST
    assert store.calls == EVENTS // PAGE
    with pytest.raises(NotFound):
        history.run("run-9")
