"""What every ``orders.store.Submissions`` must do: one submission a key, and nobody replaced unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from execution_engine.errors import ConditionLost
from execution_engine.orders.submission import Submission, Submissions

NOW = 1_700_000_000.25


def submission(run_id: str, name: str, **fields: float) -> Submission:
    return Submission(
        key=f"key:{run_id}",
        run_id=name,
        trace_id="t",
        flow_id="ann:t-exec",
        fingerprint="f",
        **{"until": NOW + 15, "expires_at": NOW + 86_400, **fields},
    )


class SubmissionsContract:
    """Subclasses have a fixture ``submissions``; ``run_id`` is new for each test."""

    def test_the_first_has_the_key(self, submissions: Submissions, run_id: str) -> None:
        first = submission(run_id, "first")
        assert submissions.find(first.key, NOW) is None
        assert submissions.claim(first, NOW) == first
        assert submissions.claim(submission(run_id, "second"), NOW) == first
        assert submissions.find(first.key, NOW) == first

    def test_who_asks_again_after_a_lost_answer_has_it(self, submissions: Submissions, run_id: str) -> None:
        first = submission(run_id, "first")
        assert submissions.claim(first, NOW) == submissions.claim(first, NOW) == first

    def test_keys_are_apart(self, submissions: Submissions, run_id: str) -> None:
        submissions.claim(submission(run_id, "first"), NOW)
        other = submission(run_id + "x", "second")
        assert submissions.claim(other, NOW) == other

    def test_a_key_is_free_again_when_it_has_expired_to_the_second(self, submissions: Submissions, run_id: str) -> None:
        first, second = submission(run_id, "first"), submission(run_id, "second", expires_at=NOW + 200_000)
        submissions.claim(first, NOW)
        assert submissions.claim(second, first.expires_at - 0.001) == first
        assert submissions.find(first.key, first.expires_at) is None
        assert submissions.claim(second, first.expires_at) == second

    def test_a_dead_one_is_replaced_by_one_alone(self, submissions: Submissions, run_id: str) -> None:
        first, second = submission(run_id, "first"), submission(run_id, "second", until=NOW + 40)
        submissions.claim(first, NOW)
        submissions.take_over(first, second)
        assert submissions.find(first.key, NOW) == second
        with pytest.raises(ConditionLost):
            submissions.take_over(first, submission(run_id, "third"))
        assert submissions.find(first.key, NOW) == second

    def test_one_that_was_renewed_is_not_dead(self, submissions: Submissions, run_id: str) -> None:
        first = submission(run_id, "first")
        submissions.claim(first, NOW)
        renewed = submissions.renew(first, NOW + 30)
        assert renewed == replace(first, until=NOW + 30)
        assert submissions.find(first.key, NOW) == renewed
        with pytest.raises(ConditionLost):
            submissions.take_over(first, submission(run_id, "second"))
        submissions.take_over(renewed, submission(run_id, "second"))

    def test_who_lost_the_key_can_not_renew_it(self, submissions: Submissions, run_id: str) -> None:
        first, second = submission(run_id, "first"), submission(run_id, "second")
        submissions.claim(first, NOW)
        submissions.take_over(first, second)
        with pytest.raises(ConditionLost):
            submissions.renew(first, NOW + 30)
        assert submissions.find(first.key, NOW) == second

    def test_what_came_to_nothing_frees_its_key_and_no_other_ones(self, submissions: Submissions, run_id: str) -> None:
        first, second = submission(run_id, "first"), submission(run_id, "second")
        submissions.claim(first, NOW)
        submissions.forget(second)
        assert submissions.find(first.key, NOW) == first
        submissions.forget(first)
        submissions.forget(first)
        assert submissions.claim(second, NOW) == second

    def test_nobody_renews_what_was_forgotten(self, submissions: Submissions, run_id: str) -> None:
        first = submission(run_id, "first")
        submissions.claim(first, NOW)
        submissions.forget(first)
        with pytest.raises(ConditionLost):
            submissions.renew(first, NOW + 30)
        assert submissions.find(first.key, NOW) is None
