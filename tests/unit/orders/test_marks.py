from __future__ import annotations

import pytest

from execution_engine.jobs.naming import claim_key, parse_callback, result_key
from execution_engine.orders.marks import Word, callback_mark, look_mark, mentions_run, words

RUN = "00000000-0000-4000-8000-000000000001"


def mark_of(key: str) -> str:
    callback = parse_callback(key)
    assert callback is not None
    return callback_mark(callback)


def word(num: str, claims: set[int] = frozenset(), results: set[int] = frozenset(), look: bool = False) -> Word:  # type: ignore[assignment]
    return Word(num, frozenset(claims), frozenset(results), look)


def test_objects_leave_the_same_mark_each_time_and_another_for_each_object() -> None:
    keys = [claim_key(RUN, "0003"), result_key(RUN, "0003"), result_key(RUN, "0003", 2), result_key(RUN, "0004")]
    marks = [mark_of(key) for key in keys]
    assert marks == ["0003/1/claim", "0003/1/result", "0003/2/result", "0004/1/result"]
    assert [mark_of(key) for key in keys] == marks


def test_each_look_is_another() -> None:
    assert look_mark("0003", "a") != look_mark("0003", "b")


def test_words_gather_what_is_said_of_each_order_in_the_order_of_the_job() -> None:
    said = words(
        [
            "0010/1/claim",
            "0002/look/x/y",
            "0010/2/claim",
            "0010/1/result",
            "0000/1/result",
            "0002/look/z",
            "0002/10/claim",
        ]
    )
    assert said == [
        word("0000", results={1}),
        word("0002", claims={10}, look=True),
        word("0010", claims={1, 2}, results={1}),
    ]


@pytest.mark.parametrize(
    "mark", ["", "0003", "0003/1", "0003/1/log", "3/1/claim", "0003/x/claim", "0003/look/", "0003/1/claim/x", "look/1"]
)
def test_what_is_no_mark_is_ignored(mark: str) -> None:
    assert words([mark, "0001/1/claim"]) == [word("0001", claims={1})]


def test_marks_of_the_run_are_told_apart() -> None:
    assert mentions_run(words(["0001/1/claim", "0000/look/n"]))
    assert not mentions_run(words(["0001/1/claim"]))
