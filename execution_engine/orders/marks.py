"""What callbacks leave on a run's lock: which order to look at, and what is said to be there.

``0003/1/claim`` and ``0003/1/result`` name an object that, once written, never changes: one look is enough
however often they are left. ``0003/look/<nonce>`` asks for a look at the present; each is another one, so
that a look asked for while an earlier one goes on is not taken for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from execution_engine.jobs.naming import RUN_NUM, Callback

_MARK = re.compile(r"^(?P<num>\d{4})/(?:(?P<attempt>\d{1,3})/(?P<kind>claim|result)|look/.+)$")


def callback_mark(callback: Callback) -> str:
    return f"{callback.order_num}/{callback.attempt}/{callback.kind}"


def look_mark(num: str, nonce: str) -> str:
    return f"{num}/look/{nonce}"


@dataclass(frozen=True, slots=True)
class Word:
    """What the marks say about one order. ``claims`` and ``results`` are attempts; ``look`` asks for all."""

    num: str
    claims: frozenset[int]
    results: frozenset[int]
    look: bool


def words(marks: Iterable[str]) -> list[Word]:
    """The marks by order, in the order of the job; the run's own comes first. What is no mark is ignored."""
    found: dict[str, tuple[set[int], set[int], bool]] = {}
    for mark in marks:
        match = _MARK.match(mark)
        if match is None:
            continue
        claims, results, look = found.get(match["num"], (set(), set(), False))
        if match["kind"] == "claim":
            claims.add(int(match["attempt"]))
        elif match["kind"] == "result":
            results.add(int(match["attempt"]))
        else:
            look = True
        found[match["num"]] = (claims, results, look)
    return [
        Word(num, frozenset(claims), frozenset(results), look) for num, (claims, results, look) in sorted(found.items())
    ]


def mentions_run(said: Iterable[Word]) -> bool:
    return any(word.num == RUN_NUM for word in said)
