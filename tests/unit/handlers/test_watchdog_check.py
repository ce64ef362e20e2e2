from __future__ import annotations

import pytest
from unit.handlers.conftest import Load, given_to

from execution_engine.watchdog.watchdog import Watched

EVENT = {"run_id": "r", "order_num": "0001", "attempt": 2, "wait": 60}


@pytest.mark.parametrize(
    ("said", "answer"),
    [(30, {**EVENT, "done": False, "wait": 30}), (None, {**EVENT, "done": True})],
)
def test_the_answer_is_the_next_input(
    load: Load, monkeypatch: pytest.MonkeyPatch, said: int | None, answer: dict[str, object]
) -> None:
    module = load("watchdog_check", given_to("watchdog_check"))
    asked = []

    class Watchdog:
        def check(self, watched: Watched) -> int | None:
            asked.append(watched)
            return said

    monkeypatch.setattr(module, "_watchdog", Watchdog())
    assert module.handler(EVENT, None) == answer
    assert asked == [Watched("r", "0001", 2)]
