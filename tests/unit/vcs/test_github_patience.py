from __future__ import annotations

import pytest

from execution_engine.vcs.github_patience import Answer, pause

NOW = 1_700_000_000.0
EMPTY = {"x-ratelimit-remaining": "0"}


@pytest.mark.parametrize(
    ("answer", "limit"),
    [
        (Answer(429), True),
        (Answer(403, headers={"retry-after": "3"}), True),
        (Answer(403, headers=EMPTY), True),
        (Answer(403, "You have exceeded a secondary rate limit."), True),
        (Answer(403, "Resource not accessible by integration", {"x-ratelimit-remaining": "10"}), False),
        (Answer(404, headers=EMPTY), False),
        (Answer(503, headers={"retry-after": "3"}), False),
        (Answer(None, "rate limit"), False),
    ],
)
def test_what_is_a_rate_limit(answer: Answer, limit: bool) -> None:
    assert answer.is_limit is limit


@pytest.mark.parametrize(("status", "lost"), [(None, True), (500, True), (504, True), (403, False), (422, False)])
def test_what_may_have_happened_all_the_same(status: int | None, lost: bool) -> None:
    assert Answer(status).is_lost is lost


@pytest.mark.parametrize(
    ("headers", "tries", "seconds"),
    [
        ({"retry-after": "30"}, 1, 30.0),
        ({"retry-after": "30", **EMPTY, "x-ratelimit-reset": "1700009999"}, 3, 30.0),
        ({"retry-after": "0"}, 1, 1.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1, 60.0),
        ({**EMPTY, "x-ratelimit-reset": "1700000120"}, 1, 121.0),
        ({**EMPTY, "x-ratelimit-reset": "1600000000"}, 1, 1.0),
        ({**EMPTY, "x-ratelimit-reset": "soon"}, 1, 60.0),
        ({"x-ratelimit-remaining": "4", "x-ratelimit-reset": "1700000120"}, 2, 120.0),
        ({}, 1, 60.0),
        ({}, 3, 240.0),
    ],
)
def test_how_long_it_is_waited(headers: dict[str, str], tries: int, seconds: float) -> None:
    assert pause(Answer(403, headers=headers), tries=tries, now=NOW) == seconds
