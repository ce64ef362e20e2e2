from __future__ import annotations

from execution_engine.console.twins import BLOCK, blocks, folded, joined

FAN = {"first": [], **{f"{place}": ["first"] for place in range(BLOCK)}, "last": [f"{place}" for place in range(BLOCK)]}


def test_orders_at_the_same_place_are_a_block() -> None:
    found = blocks(FAN)
    assert found == {"0": [f"{place}" for place in range(BLOCK)]}
    assert folded(FAN, found) == {"first": [], "0": ["first"], "last": ["0"]}


def test_a_few_are_none() -> None:
    few = {key: needs for key, needs in FAN.items() if key not in ("4", "last")}
    assert blocks(few) == {}
    assert folded(few, {}) == few


def test_whoever_is_needed_by_others_too_is_no_twin() -> None:
    assert blocks({**FAN, "more": ["3"]}) == {}


def test_groups_that_need_groups_do_so_through_a_joint() -> None:
    needs = {"a": [], "b": [], "c": ["a", "b"], "d": ["b", "a"], "e": ["a"]}
    assert joined(needs) == {"a": [], "b": [], "e": ["a"], "joint:c": ["a", "b"], "c": ["joint:c"], "d": ["joint:c"]}


def test_one_that_needs_several_needs_no_joint() -> None:
    needs = {"a": [], "b": [], "c": ["a", "b"]}
    assert joined(needs) == needs
