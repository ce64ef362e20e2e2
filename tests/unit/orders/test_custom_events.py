"""What commands report goes into the history whatever it is, and harms no store."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from contracts.aws import Aws
from contracts.examples import NOW, an_order
from contracts.records_backend import OnAws, stored

from execution_engine.orders.custom_events import DATA_LIMIT, LIMIT, custom_events
from execution_engine.orders.event import Epochs, Event

RUN = "00000000-0000-4000-8000-000000000001"


def recorded(*documents: dict[str, Any], written: int = 0) -> list[Event]:
    return custom_events(an_order(RUN, events_written=written), documents, Epochs(NOW, NOW))


def nested(depth: int) -> Any:
    made: Any = "end"
    for _ in range(depth):
        made = [made]
    return made


def test_an_event_keeps_its_words_and_its_data() -> None:
    (event,) = recorded({"event_type": "deployed", "status": "ok", "data": {"url": "x", "n": [1, 2.5, None, True]}})
    assert (event.event_type, event.status, event.order_num, event.order_name) == (
        "deployed",
        "ok",
        "0001",
        "order-0001",
    )
    assert event.data == {"url": "x", "n": [1, 2.5, None, True]}


@pytest.mark.parametrize("document", [{}, {"event_type": 5, "status": ["x"], "data": "text"}, {"event_type": ""}])
def test_what_is_missing_or_of_the_wrong_kind_has_a_default(document: dict[str, Any]) -> None:
    (event,) = recorded(document)
    assert (event.event_type, event.status, event.data) == ("event", "info", {})


def test_events_go_on_from_the_first_that_is_not_recorded() -> None:
    documents = [{"event_type": f"e{n}"} for n in range(LIMIT + 50)]
    assert [event.event_type for event in recorded(*documents, written=LIMIT - 2)] == [f"e{LIMIT - 2}", f"e{LIMIT - 1}"]
    events = recorded(*documents)
    assert len(events) == LIMIT
    assert all(earlier.epoch < later.epoch for earlier, later in pairwise(events))


@pytest.mark.parametrize("kind", ["succeeded", "queued", "timed_out", "job_completed", "job_"])
def test_no_event_passes_for_a_change_of_status(kind: str) -> None:
    (event,) = recorded({"event_type": kind, "status": kind})
    assert event.event_type == f"x-{kind}"


def test_what_no_item_has_room_for_is_dropped_and_told() -> None:
    events = recorded({"event_type": "big", "data": {"text": "x" * DATA_LIMIT}}, {"data": {"n": 1}})
    assert [event.data for event in events] == [
        {"dropped": "it has 131,084 bytes, at most 131,072 are kept"},
        {"n": 1},
    ]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1e300, "1e+300"),
        (1e-300, "1e-300"),
        (10**37 - 1, 10**37 - 1),
        (10**37, "1" + "0" * 37),
        (10**4000, "1" + "0" * 99),
        ("a\ud800b", "a?b"),
        ({"\udfff": 1}, {"?": 1}),
        ({"": 1, "a": 2}, {"a": 2}),
        (0.0, 0.0),
        (False, False),
    ],
)
def test_values_become_what_a_store_can_hold(value: Any, kept: Any) -> None:
    (event,) = recorded({"data": {"value": value}})
    assert event.data == {"value": kept}


def test_nesting_and_words_are_bounded() -> None:
    (event,) = recorded({"event_type": "x" * 5_000, "status": "\ud800" * 200, "data": {"deep": nested(500)}})
    assert (len(event.event_type), event.status) == (128, "?" * 128)
    assert event.data == {"deep": _cut(19)}


def _cut(depth: int) -> Any:
    made: Any = "…"
    for _ in range(depth + 1):
        made = [made]
    return made


def test_the_worst_that_a_worker_may_send_is_stored(aws: Aws, run_id: str) -> None:
    worst = {"n": 10**37 - 1, "x": -1e-99, "y": 9e99, "inf": float("inf"), "t": "\ud800\x00", "deep": nested(500)}
    backend = OnAws(aws)
    run, order, _ = stored(backend, run_id)
    events = custom_events(order, [{"event_type": "\ud800", "data": worst}], Epochs(NOW, NOW))
    backend.records.add_orders([], events)
    (found,) = backend.events(run)
    assert found.data is not None
    assert (found.data["n"], found.data["inf"], found.data["t"]) == (10**37 - 1, "inf", "?\x00")


@pytest.mark.parametrize(
    "data", [{"x": "é" * 21_000}, {"é" * 60_000: 1}, {"n": [1] * 40_000}, {"e": [{}] * 30_000}, {"f": [9e99] * 15_000}]
)
def test_the_largest_that_is_kept_is_stored(aws: Aws, run_id: str, data: dict[str, Any]) -> None:
    backend = OnAws(aws)
    run, order, _ = stored(backend, run_id)
    events = custom_events(order, [{"event_type": "big", "data": data}], Epochs(NOW, NOW))
    backend.records.add_orders([], events)
    (found,) = backend.events(run)
    assert found.data is not None
    assert "dropped" not in found.data
