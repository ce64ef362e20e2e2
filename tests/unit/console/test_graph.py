from __future__ import annotations

from typing import Any

from unit.console.test_timeline import order

from execution_engine.console.graph import MOST, Graph, graph, needed


def an(num: str, status: str = "queued", **facts: Any) -> dict[str, Any]:
    return order(num, status, **{"must_succeed": True, "reason": None, **facts})


def drawn(*orders: dict[str, Any]) -> Graph:
    found = graph(orders)
    assert isinstance(found, Graph)
    return found


def test_dependencies_go_by_number_name_and_queue_id() -> None:
    orders = [an("0001", queue_id="q"), an("0002", dependencies=["q"]), an("0003", dependencies=["order-0001", "0002"])]
    assert needed(orders) == {"0001": [], "0002": ["0001"], "0003": ["0001", "0002"]}


def test_what_a_retry_left_out_is_no_dependency() -> None:
    assert needed([an("0001", dependencies=["succeeded-before"])]) == {"0001": []}


def test_lines_tell_whether_the_way_is_free() -> None:
    def state(first: dict[str, Any]) -> str:
        return drawn(first, an("0002", dependencies=["0001"])).edges[0].state

    assert state(an("0001", "running")) == "open"
    assert state(an("0001", "succeeded")) == "done"
    assert state(an("0001", "timed_out")) == "blocked"
    assert state(an("0001", "failed", must_succeed=False)) == "done"
    assert state(an("0001", "failed", must_succeed=False, reason="dependency_failed")) == "blocked"


def test_a_circle_of_damaged_records_is_said() -> None:
    found = graph([an("0001", dependencies=["0002"]), an("0002", dependencies=["0001"])])
    assert isinstance(found, str) and "circle" in found


def test_so_many_orders_are_no_picture() -> None:
    found = graph([an(f"{place:04d}") for place in range(1, MOST + 2)])
    assert isinstance(found, str) and "1,501 orders" in found
