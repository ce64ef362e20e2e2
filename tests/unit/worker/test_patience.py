from __future__ import annotations

import pytest

from execution_engine.worker.patience import Patience


def test_waits_grow_to_a_bound_and_are_shared() -> None:
    waits: list[float] = []
    patience = Patience(waits.append, lambda: 0.5, tries=7, first=1.0, longest=8.0)

    def fail() -> None:
        raise ValueError(len(waits))

    with pytest.raises(ValueError, match="6"):
        patience.keep_trying(fail, ValueError)
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_another_error_is_not_tried_again() -> None:
    waits: list[float] = []

    def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        Patience(waits.append, lambda: 1.0).keep_trying(fail, ValueError)
    assert waits == []


def test_the_first_success_is_it() -> None:
    answers = iter([None, 5, 6])

    def ask() -> int:
        answer = next(answers)
        if answer is None:
            raise ValueError
        return answer

    assert Patience(lambda seconds: None, lambda: 1.0).keep_trying(ask, ValueError) == 5
