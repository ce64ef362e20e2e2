"""How a run's lock is held: what is to do, what is done, and when the lease is prolonged."""

from __future__ import annotations

import pytest
from fakes.calls import Calls
from fakes.locks import MemoryLocks
from fakes.time_and_ids import FakeClock, SequentialIdentifiers

from execution_engine.errors import ConditionLost
from execution_engine.orchestrator.run_lock import HeldLock, RunLock

RUN = "run"
SECONDS = 60.0


def marks(*some: str) -> frozenset[str]:
    return frozenset(some)


class Setting:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.calls = Calls()
        self.locks = MemoryLocks(self.calls)
        self.lock = RunLock(self.locks, self.clock, SequentialIdentifiers(), SECONDS)

    def held(self, *some: str) -> HeldLock:
        held = self.lock.enter(RUN, marks(*some))
        assert held is not None
        return held


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_who_takes_it_has_its_own_marks_to_do(setting: Setting) -> None:
    held = setting.held("a", "b")
    assert held.todo == marks("a", "b")
    assert held.done(marks("a", "b"))
    assert setting.calls.names == ["locks.enter", "locks.release"]


def test_who_finds_it_held_leaves_marks_and_goes(setting: Setting) -> None:
    held = setting.held("a")
    assert setting.lock.enter(RUN, marks("b")) is None
    assert not held.done(marks("a"))
    assert held.todo == marks("b")
    assert held.done(marks("b"))
    assert not setting.locks.marks(RUN)


def test_marks_that_nobody_waits_for_are_found_by_the_next(setting: Setting) -> None:
    setting.lock.mark(RUN, marks("a"))
    assert setting.held("b").todo == marks("a", "b")


def test_a_mark_that_was_done_is_not_done_again(setting: Setting) -> None:
    held = setting.held("a")
    setting.lock.enter(RUN, marks("a", "b"))
    assert not held.done(marks("a"))
    assert held.todo == marks("b")


def test_handing_over_keeps_what_is_still_to_do(setting: Setting) -> None:
    held = setting.held("a", "b")
    setting.lock.enter(RUN, marks("c"))
    assert not held.done(marks("a"))
    held.hand_over()
    assert setting.held("d").todo == marks("b", "c", "d")


def test_the_lease_is_prolonged_when_half_of_it_is_over(setting: Setting) -> None:
    held = setting.held("a")
    setting.lock.enter(RUN, marks("b"))
    setting.clock.advance(SECONDS / 2 - 1)
    assert not held.done(marks("a"))
    assert setting.calls.count["locks.renew"] == 0
    setting.lock.enter(RUN, marks("c"))
    setting.clock.advance(2)
    assert not held.done(marks("b"))
    assert setting.calls.count["locks.renew"] == 1
    assert held.todo == marks("c")
    setting.clock.advance(SECONDS - 1)
    assert setting.lock.enter(RUN, marks("d")) is None, "it is still held"


def test_marks_that_were_done_are_taken_off_when_they_are_many(setting: Setting) -> None:
    held = setting.held(*(f"m{place:03d}" for place in range(101)))
    setting.lock.enter(RUN, marks("more"))
    assert not held.done(held.todo)
    assert setting.locks.marks(RUN) == marks("more")
    assert held.todo == marks("more")
    assert held.done(marks("more"))


def test_who_was_taken_over_is_told(setting: Setting) -> None:
    held = setting.held("a")
    setting.clock.advance(SECONDS + 1)
    other = setting.held("b")
    assert other.todo == marks("a", "b")
    with pytest.raises(ConditionLost):
        held.done(marks("a"))
    assert other.done(marks("a", "b"))
