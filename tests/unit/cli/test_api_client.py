"""How an API's answers are taken, and what is asked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from fakes.time_and_ids import FakeClock

from execution_engine.cli.api_client import TRIES, ApiClient, Reply, Unreachable
from execution_engine.cli.machine import MachineLost
from execution_engine.errors import JobRefused, NotFound


class Script:
    """Answers one after the other; the last one again and again."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, bytes]] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.asked.append((method, url, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def reply(code: int, **answer: Any) -> Reply:
    return Reply(code, {}, json.dumps(answer).encode())


def client(script: Script) -> ApiClient:
    return ApiClient("https://api/v1/", script, FakeClock(0), lambda: 0.5)


OK = reply(200, status="ok")


def test_what_is_asked_is_quoted() -> None:
    script = Script(OK)
    assert client(script).get("runs", "a/b ä", limit=5, orders=False, next=None) == {"status": "ok"}
    assert script.asked == [("GET", "https://api/v1/runs/a%2Fb%20%C3%A4?limit=5&orders=false", b"")]


@pytest.mark.parametrize("trouble", [Unreachable("refused"), reply(429), reply(500), reply(503)])
def test_what_may_be_better_the_next_time_is_asked_again(trouble: Any) -> None:
    script = Script(trouble, trouble, OK)
    assert client(script).get("runs", "a") == {"status": "ok"}
    assert len(script.asked) == 3


@pytest.mark.parametrize(
    ("trouble", "told"),
    [(Unreachable("refused"), "does not answer: refused"), (reply(500, status="error", error="why"), "with 500: why")],
)
def test_it_gives_up_with_the_reason(trouble: Any, told: str) -> None:
    script = Script(trouble)
    with pytest.raises(MachineLost, match=told):
        client(script).get("runs", "a")
    assert len(script.asked) == TRIES
    with pytest.raises(MachineLost):
        client(Script(trouble)).post("runs", "a", "retry", again=False)


def test_what_must_not_be_done_twice_is_asked_once() -> None:
    script = Script(reply(503), OK)
    with pytest.raises(MachineLost, match="503"):
        client(script).post("x", body={}, again=False)
    assert script.asked == [("POST", "https://api/v1/x", b"{}")]


def test_refusals_are_raised_with_their_faults() -> None:
    fault = {"where": "orders", "message": "is empty"}
    with pytest.raises(JobRefused) as refused:
        client(Script(reply(409, status="error", error="no", errors=[fault]))).post("init", body={}, again=True)
    assert ([one.as_dict() for one in refused.value.faults], refused.value.status) == ([fault], 409)
    with pytest.raises(NotFound, match="^there is no run a$"):
        client(Script(reply(404, status="error", error="there is no run a", errors=[]))).get("runs", "a")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply(404, message="Not Found"), "is the address the API's"),
        (reply(403, message="Forbidden"), "--sign"),
        (Reply(400, {}, b"<html>"), "400"),
        (Reply(200, {}, b"<html>"), "no API of ours"),
        (Reply(200, {}, b"[]"), "no API of ours"),
    ],
)
def test_what_is_no_answer_of_the_api_is_said_so(answer: Reply, told: str) -> None:
    with pytest.raises(MachineLost, match=told):
        client(Script(answer)).get("runs", "a")
