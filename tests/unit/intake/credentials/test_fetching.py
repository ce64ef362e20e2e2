from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from execution_engine.errors import ConditionLost, StoreError
from execution_engine.intake.credentials.fetcher import Answer, Fetched, Unreadable
from execution_engine.intake.credentials.fetching import read_all
from execution_engine.intake.credentials.locations import Location


class Store:
    """Has every name but those that begin with ``no``."""

    def __init__(self, at_once: int = 2) -> None:
        self.at_once = at_once
        self.asked: list[tuple[str, ...]] = []

    def fetch(self, names: Sequence[str]) -> Mapping[str, Answer]:
        self.asked.append(tuple(names))
        return {name: Unreadable("is not there") if name.startswith("no") else Fetched(name, "x") for name in names}


class Broken:
    at_once = 5

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def fetch(self, names: Sequence[str]) -> Mapping[str, Answer]:
        if self.error is not None:
            raise self.error
        return {}


def quiet() -> None:
    pass


def test_each_place_is_read_once_and_as_many_in_a_call_as_its_store_takes() -> None:
    one, two = Store(2), Store(3)
    wanted = [Location("one", name) for name in "abcab"] + [Location("two", name) for name in "aaad"]
    told: list[None] = []
    found = read_all(wanted, {"one": one, "two": two}, lambda: told.append(None))
    assert set(found) == set(wanted)
    assert (one.asked, two.asked) == ([("a", "b"), ("c",)], [("a", "d")])
    assert len(told) == 3


def test_a_store_that_nobody_brings_is_an_answer_with_those_there_are() -> None:
    found = read_all([Location("vault", "a")], {"ssm": Store(), "chest": Store()}, quiet)
    why = "lies in vault, which nothing reads in this deployment; known are chest, ssm"
    assert found == {Location("vault", "a"): Unreadable(why)}


def test_when_no_more_faults_are_shown_nothing_more_is_read() -> None:
    store = Store(10)
    found = read_all([Location("one", f"no{n:03}") for n in range(500)], {"one": store}, quiet)
    assert (len(found), len(store.asked)) == (500, 10)
    assert all(isinstance(answer, Unreadable) for answer in found.values())


@pytest.mark.parametrize("error", [ValueError("it was ghp_x"), None])
def test_what_a_package_raises_is_named_by_its_kind_only(error: Exception | None) -> None:
    with pytest.raises(StoreError, match="the credential store vault failed .*submit the job again") as raised:
        read_all([Location("vault", "a")], {"vault": Broken(error)}, quiet)
    assert "ghp_x" not in str(raised.value)
    assert raised.value.__context__ is None


def test_a_submission_that_lost_its_key_reads_no_further() -> None:
    def lost() -> None:
        raise ConditionLost("somebody else has the key")

    store = Store()
    with pytest.raises(ConditionLost):
        read_all([Location("one", "a")], {"one": store}, lost)
    assert not store.asked
