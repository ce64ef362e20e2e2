"""Law 4, clause by clause: what every ``orders.store.Locks`` must do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from execution_engine.errors import ConditionLost
from execution_engine.orders.store import Lease, Locks

Damage = Callable[[str, str, Any], None]
"""Gives an attribute of a run's lock another value; no attribute is a truth value."""

NOW = 1_700_000_000.25
SECONDS = 60.0


def marks(*some: str) -> frozenset[str]:
    return frozenset(some)


class LocksContract:
    """Subclasses have the fixtures ``locks`` and ``damage``; each test has a ``run_id`` of its own."""

    # Taking

    def test_a_free_lock_is_taken_and_the_marks_with_it(self, locks: Locks, run_id: str) -> None:
        lease = locks.enter(run_id, marks("a"), "one", NOW, SECONDS)
        assert lease == Lease(run_id, "one", 0, NOW + SECONDS, marks("a"))

    def test_a_held_lock_is_not_taken_but_the_marks_are_left(self, locks: Locks, run_id: str) -> None:
        lease = _entered(locks, run_id, "one", "a")
        assert locks.enter(run_id, marks("b"), "two", NOW + SECONDS, SECONDS) is None
        assert locks.release(lease, NOW + 2) == replace(lease, marks=marks("a", "b"))

    def test_a_lease_that_ran_out_is_taken_over_with_its_marks(self, locks: Locks, run_id: str) -> None:
        old = _entered(locks, run_id, "one", "a")
        new = locks.enter(run_id, marks("b"), "two", NOW + SECONDS + 0.001, SECONDS)
        assert new is not None
        assert (new.owner, new.fence, new.marks) == ("two", old.fence + 1, marks("a", "b"))

    def test_the_fence_goes_up_with_every_holder(self, locks: Locks, run_id: str) -> None:
        fences = []
        for owner in ("one", "two", "three"):
            lease = _entered(locks, run_id, owner, "a")
            fences.append(lease.fence)
            locks.release(lease, NOW)
        assert fences == sorted(set(fences))

    def test_who_asks_again_after_a_lost_answer_has_it(self, locks: Locks, run_id: str) -> None:
        first = _entered(locks, run_id, "one", "a")
        again = _entered(locks, run_id, "one", "a")
        assert again == first
        assert locks.release(again, NOW + 1) is None

    def test_runs_do_not_share_a_lock(self, locks: Locks, run_id: str) -> None:
        _entered(locks, run_id, "one", "a")
        other = _entered(locks, f"{run_id}-other", "two", "b")
        assert other.marks == marks("b")

    def test_a_lock_is_settled_when_nobody_holds_it_and_no_mark_is_left(self, locks: Locks, run_id: str) -> None:
        assert locks.is_settled(run_id)
        lease = _entered(locks, run_id, "one", "a")
        assert not locks.is_settled(run_id)
        locks.hand_over(lease, marks("a"))
        assert not locks.is_settled(run_id)
        assert locks.release(_entered(locks, run_id, "two", "a"), NOW) is None
        assert locks.is_settled(run_id)

    # Marking

    def test_marks_of_others_refuse_a_release(self, locks: Locks, run_id: str) -> None:
        lease = _entered(locks, run_id, "one", "a")
        locks.mark(run_id, marks("b"), NOW + 1)
        assert locks.release(lease, NOW + 2) is not None

    def test_marks_on_a_lock_that_nobody_holds_wait_for_a_holder(self, locks: Locks, run_id: str) -> None:
        locks.mark(run_id, marks("a"), NOW)
        assert _entered(locks, run_id, "one", "b").marks == marks("a", "b")

    # Releasing

    def test_a_release_frees_it_and_takes_the_marks_away(self, locks: Locks, run_id: str) -> None:
        assert locks.release(_entered(locks, run_id, "one", "a", "b"), NOW + 1) is None
        assert _entered(locks, run_id, "two", "c").marks == marks("c")

    def test_a_release_is_refused_when_marks_were_added(self, locks: Locks, run_id: str) -> None:
        lease = _entered(locks, run_id, "one", "a")
        locks.mark(run_id, marks("b"), NOW + 1)
        left = locks.release(lease, NOW + 2)
        assert left == replace(lease, marks=marks("a", "b"))
        assert locks.enter(run_id, marks("b"), "two", NOW + 3, SECONDS) is None
        assert locks.release(left, NOW + 4) is None

    def test_a_mark_that_was_there_already_refuses_nothing(self, locks: Locks, run_id: str) -> None:
        lease = _entered(locks, run_id, "one", "a")
        locks.mark(run_id, marks("a"), NOW + 1)
        assert locks.release(lease, NOW + 2) is None

    def test_a_lease_that_ran_out_and_was_not_taken_over_may_be_released(self, locks: Locks, run_id: str) -> None:
        assert locks.release(_entered(locks, run_id, "one", "a"), NOW + 10 * SECONDS) is None

    def test_with_all_marks_taken_off_a_release_still_sees_new_ones(self, locks: Locks, run_id: str) -> None:
        lease = locks.renew(_entered(locks, run_id, "one", "a"), marks("a"), NOW + 1, SECONDS)
        assert lease.marks == marks()
        locks.mark(run_id, marks("b"), NOW + 2)
        left = locks.release(lease, NOW + 3)
        assert left is not None
        assert left.marks == marks("b")
        assert locks.release(locks.renew(left, marks("b"), NOW + 4, SECONDS), NOW + 5) is None

    # Damaged ones

    @pytest.mark.parametrize("name", ["owner", "until", "fence", "marks"])
    @pytest.mark.parametrize("held", [False, True])
    def test_a_lock_that_can_not_be_read_is_taken(
        self, locks: Locks, damage: Damage, run_id: str, name: str, held: bool
    ) -> None:
        before = _entered(locks, run_id, "one", "a")
        if not held:
            locks.hand_over(before, marks("a"))
        damage(run_id, name, True)
        after = _entered(locks, run_id, "two", "b")
        assert (after.owner, after.until) == ("two", NOW + SECONDS)
        assert after.marks == (marks("b") if name == "marks" else marks("a", "b"))
        with pytest.raises(ConditionLost):
            locks.release(before, NOW + 1)
        assert locks.release(after, NOW + 2) is None
        assert locks.is_settled(run_id)

    def test_a_lock_that_is_held_for_ages_is_taken(self, locks: Locks, damage: Damage, run_id: str) -> None:
        _entered(locks, run_id, "one", "a")
        damage(run_id, "until", NOW + 10**6)
        assert _entered(locks, run_id, "two", "b").marks == marks("a", "b")

    def test_who_holds_a_lock_that_is_damaged_has_lost_it(self, locks: Locks, damage: Damage, run_id: str) -> None:
        lease = _entered(locks, run_id, "one", "a")
        damage(run_id, "owner", True)
        for what in ("release", "renew", "hand_over"):
            with pytest.raises(ConditionLost):
                _do(locks, what, lease)

    # Renewing and handing over

    def test_renewing_prolongs_and_takes_off_what_is_done(self, locks: Locks, run_id: str) -> None:
        lease = _entered(locks, run_id, "one", "a", "b")
        locks.mark(run_id, marks("c"), NOW + 1)
        renewed = locks.renew(lease, marks("a"), NOW + 50, SECONDS)
        assert renewed == replace(lease, until=NOW + 50 + SECONDS, marks=marks("b", "c"))
        assert locks.enter(run_id, marks("d"), "two", NOW + SECONDS + 1, SECONDS) is None

    def test_renewing_with_nothing_done_keeps_every_mark(self, locks: Locks, run_id: str) -> None:
        lease = _entered(locks, run_id, "one", "a")
        assert locks.renew(lease, marks(), NOW + 1, SECONDS).marks == marks("a")

    def test_handing_over_frees_it_and_keeps_marks(self, locks: Locks, run_id: str) -> None:
        lease = _entered(locks, run_id, "one", "a", "b")
        locks.mark(run_id, marks("c"), NOW + 1)
        locks.hand_over(lease, marks("b"))
        assert _entered(locks, run_id, "two", "d").marks == marks("b", "c", "d")

    def test_handing_over_may_keep_all_or_nothing(self, locks: Locks, run_id: str) -> None:
        locks.hand_over(_entered(locks, run_id, "one", "a"), marks("a"))
        lease = _entered(locks, run_id, "two", "b")
        assert lease.marks == marks("a", "b")
        locks.hand_over(lease, marks())
        assert _entered(locks, run_id, "three", "c").marks == marks("c")

    # What the old holder may no longer do

    @pytest.mark.parametrize("what", ["release", "renew", "hand_over"])
    def test_who_was_taken_over_changes_nothing(self, locks: Locks, run_id: str, what: str) -> None:
        old = _entered(locks, run_id, "one", "a")
        new = locks.enter(run_id, marks("b"), "two", NOW + SECONDS + 1, SECONDS)
        assert new is not None
        with pytest.raises(ConditionLost):
            _do(locks, what, old)
        assert locks.enter(run_id, marks("b"), "three", NOW + SECONDS + 2, SECONDS) is None, "the new holder has it"
        assert locks.release(new, NOW + SECONDS + 3) is None

    @pytest.mark.parametrize("what", ["release", "renew", "hand_over"])
    def test_who_released_it_changes_nothing(self, locks: Locks, run_id: str, what: str) -> None:
        old = _entered(locks, run_id, "one", "a")
        locks.release(old, NOW + 1)
        locks.mark(run_id, marks("b"), NOW + 2)
        with pytest.raises(ConditionLost):
            _do(locks, what, old)
        assert _entered(locks, run_id, "two", "c").marks == marks("b", "c")


def _entered(locks: Locks, run_id: str, owner: str, *some: str) -> Lease:
    lease = locks.enter(run_id, marks(*some), owner, NOW, SECONDS)
    assert lease is not None
    return lease


def _do(locks: Locks, what: str, lease: Lease) -> None:
    if what == "release":
        locks.release(lease, NOW + 5)
    elif what == "renew":
        locks.renew(lease, lease.marks, NOW + 5, SECONDS)
    else:
        locks.hand_over(lease, marks())
