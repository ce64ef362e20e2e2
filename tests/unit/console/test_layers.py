from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from execution_engine.console.layers import MOST_BENDS, layered, levels


def graphs() -> st.SearchStrategy[dict[str, list[str]]]:
    """Orders that need only earlier ones, so without a cycle."""

    def build(picks: list[list[int]]) -> dict[str, list[str]]:
        return {f"{place}": [f"{one % place}" for one in pick] if place else [] for place, pick in enumerate(picks)}

    return st.lists(st.lists(st.integers(0, 1_000), max_size=4), max_size=30).map(build)


def test_levels_are_longest_paths() -> None:
    assert levels({"a": [], "b": ["a"], "c": ["b", "a"], "d": []}) == {"a": 0, "b": 1, "c": 2, "d": 0}


def test_an_edge_across_layers_bends_in_each() -> None:
    drawn = layered({"a": [], "b": ["a"], "c": ["b"], "d": ["a", "c"]})
    assert ["a", ("a", "d", 1), ("a", "d", 2), "d"] in drawn.paths
    assert set(drawn.rows[1]) == {"b", ("a", "d", 1)}


def test_rows_are_ordered_so_that_nothing_crosses_needlessly() -> None:
    drawn = layered({"a": [], "b": [], "c": [], "c1": ["c"], "a1": ["a"], "b1": ["b"]})
    order = [str(key)[0] for key in drawn.rows[0]]
    assert [str(key)[0] for key in drawn.rows[1]] == order


def test_too_many_bends_are_left_out() -> None:
    chain = {f"{place}": [f"{place - 1}"] if place else [] for place in range(200)}
    chain |= {f"far{place}": ["0", "198"] for place in range(MOST_BENDS // 198 + 1)}
    assert all(len(path) == 2 for path in layered(chain).paths)


def test_the_same_graph_is_drawn_the_same_way() -> None:
    chosen = random.Random(7)
    needs = {f"{place}": [f"{chosen.randrange(place)}" for _ in range(2)] if place else [] for place in range(40)}
    assert layered(needs) == layered(dict(needs))


def test_nothing_is_drawn_of_nothing() -> None:
    assert layered({}).rows == []


@given(graphs())
def test_every_thing_and_every_edge_is_there_once(needs: dict[str, list[str]]) -> None:
    drawn = layered(needs)
    placed = [key for rows in drawn.rows for key in rows]
    assert sorted(key for key in placed if isinstance(key, str)) == sorted(needs)
    assert len(placed) == len(set(placed))
    ends = sorted((str(path[0]), str(path[-1])) for path in drawn.paths)
    assert ends == sorted({(needed, key) for key, those in needs.items() for needed in those})
