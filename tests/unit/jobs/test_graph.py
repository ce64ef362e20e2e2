from __future__ import annotations

from graphlib import CycleError

import pytest

from execution_engine.jobs.graph import DependencyGraph

DIAMOND = DependencyGraph({"0001": [], "0002": ["0001"], "0003": ["0001"], "0004": ["0002", "0003"]})


def test_a_diamond() -> None:
    assert DIAMOND.needs("0004") == ("0002", "0003")
    assert DIAMOND.dependents() == {
        "0001": ("0002", "0003"),
        "0002": ("0004",),
        "0003": ("0004",),
        "0004": (),
    }
    assert list(DIAMOND.levels()) == [("0001",), ("0002", "0003"), ("0004",)]
    assert DIAMOND.longest_path({"0001": 1, "0002": 5, "0003": 2, "0004": 1}) == 7
    assert DIAMOND.cycles() == []


def test_no_orders() -> None:
    empty = DependencyGraph({})
    assert (list(empty.levels()), empty.longest_path({}), empty.cycles()) == ([], 0, [])


def test_cycles_are_named_once_and_apart_from_what_waits_behind_them() -> None:
    graph = DependencyGraph(
        {
            "0001": ["0003"],
            "0002": ["0001"],
            "0003": ["0002"],
            "0004": ["0003"],
            "0005": ["0006"],
            "0006": ["0005"],
            "0007": ["0007"],
            "0008": [],
        }
    )
    assert graph.cycles() == [("0001", "0003", "0002"), ("0005", "0006"), ("0007",)]
    with pytest.raises(CycleError):
        list(graph.levels())


def test_a_need_that_is_no_order() -> None:
    with pytest.raises(ValueError, match="0001 needs 0002"):
        DependencyGraph({"0001": ["0002"]})
