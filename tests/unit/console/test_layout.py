from __future__ import annotations

from graphlib import CycleError
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.console.test_layers import graphs

from execution_engine.console.layout import HEIGHT, MARGIN, PAD, WIDTH, Box, grid, lay_out, spread


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


@given(graphs())
def test_no_order_covers_another_and_all_are_in_the_picture(needs: dict[str, list[str]]) -> None:
    drawn = lay_out(needs)
    assert set(drawn.boxes) == set(needs)
    for one, other in combinations(drawn.boxes.values(), 2):
        assert apart(one, other)
    for box in drawn.boxes.values():
        assert box.x >= 0 and box.y >= 0
        assert box.x + box.width <= drawn.width and box.y + box.height <= drawn.height


@given(graphs())
def test_what_is_needed_stands_to_the_left(needs: dict[str, list[str]]) -> None:
    drawn = lay_out(needs)
    for key, those in needs.items():
        for needed in those:
            assert drawn.boxes[needed].x + WIDTH < drawn.boxes[key].x


def test_lines_say_whose_end_they_lead_away_from() -> None:
    twins = [f"t{place}" for place in range(6)]
    needs = {"a": [], "b": [], "c": ["a", "b"], "d": ["a", "b"], **{one: ["c"] for one in twins}, "z": twins}
    drawn = lay_out(needs)
    assert len(drawn.frames) == 1 and len(drawn.joints) == 1
    told = sorted(tuple(line.needed) for line in drawn.lines)
    assert told == sorted([("a",), ("b",), ("a", "b"), ("a", "b"), ("c",), tuple(twins)])
    frame = drawn.frames[0]
    for one in twins:
        box = drawn.boxes[one]
        assert frame.x < box.x and box.x + WIDTH < frame.x + frame.width
        assert frame.y < box.y and box.y + HEIGHT < frame.y + frame.height


def test_what_is_not_there_is_no_dependency() -> None:
    assert lay_out({"a": ["gone"]}).lines == []


def test_a_circle_is_none_to_draw() -> None:
    with pytest.raises(CycleError):
        lay_out({"a": ["b"], "b": ["a"]})


def test_nothing_is_a_small_picture() -> None:
    assert lay_out({}).boxes == {}
    alone = lay_out({"a": []})
    assert (alone.width, alone.height) == (WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN)


@pytest.mark.parametrize(("count", "shape"), [(5, (1, 5)), (6, (2, 3)), (10, (2, 5)), (300, (14, 22))])
def test_blocks_are_about_square(count: int, shape: tuple[int, int]) -> None:
    assert grid(count) == shape
    assert shape[0] * shape[1] >= count
    assert PAD > 0


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(1, 500)), max_size=40))
def test_spread_keeps_order_and_distance(given_: list[tuple[float, float]]) -> None:
    wishes, sizes = [wish for wish, _ in given_], [size for _, size in given_]
    middles = spread(wishes, sizes)
    assert len(middles) == len(wishes)
    for (one, size), (other, next_size) in pairwise(zip(middles, sizes, strict=True)):
        assert other - one >= (size + next_size) / 2 - 1e-6


def test_wishes_that_can_be_had_are_granted() -> None:
    assert spread([0.0, 100.0, 200.0], [10.0, 10.0, 10.0]) == [0.0, 100.0, 200.0]
    assert spread([50.0, 50.0], [10.0, 10.0]) == [45.0, 55.0]
