from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from execution_engine import redaction
from execution_engine.errors import Fault, JobRefused, SealingFailed
from execution_engine.handlers.submissions import HTTP_LIMIT, INVOKE_LIMIT, receive
from execution_engine.redaction import hide

OK = {"status": "ok", "run_id": "r"}
JOB = {"job": {"username": "ann", "orders": []}}


class Taker:
    """Takes every job, unless it is told how to fail."""

    def __init__(self, *errors: Exception | None) -> None:
        self.taken: list[tuple[object, str, int]] = []
        self.came_as: list[str | None] = []
        self.errors = list(errors)

    def __call__(self, request: object, *, door: str, size_limit: int, came_as: str | None = None) -> dict[str, str]:
        self.taken.append((request, door, size_limit))
        self.came_as.append(came_as)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return OK


def http(body: str | None, *, encoded: bool = False) -> dict[str, Any]:
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "POST /init",
        "requestContext": {"http": {"method": "POST"}},
        "isBase64Encoded": encoded,
    }
    return event if body is None else {**event, "body": body}


def sns(*messages: str) -> dict[str, Any]:
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "m", "Message": one}} for one in messages]}


def answer(found: Any) -> tuple[int, dict[str, Any]]:
    assert found["headers"] == {"content-type": "application/json"}
    return found["statusCode"], json.loads(found["body"])


@pytest.mark.parametrize("encoded", [False, True])
def test_http_is_answered_as_http(encoded: bool) -> None:
    taker, text = Taker(), json.dumps(JOB)
    body = base64.b64encode(text.encode()).decode() if encoded else text
    assert answer(receive(http(body, encoded=encoded), "init", taker)) == (200, OK)
    assert taker.taken == [(JOB, "init", HTTP_LIMIT)]


@pytest.mark.parametrize("status", [400, 409, 413])
def test_a_refusal_names_every_place(status: int) -> None:
    faults = [Fault("orders[2].timeout", "is missing"), Fault("", "more\nthan a line")]
    found = receive(http("{}"), "init", Taker(JobRefused(faults, status)))
    assert answer(found) == (
        status,
        {
            "status": "error",
            "error": "orders[2].timeout: is missing (and 1 more)",
            "errors": [
                {"where": "orders[2].timeout", "message": "is missing"},
                {"where": "", "message": "more\nthan a line"},
            ],
        },
    )


@pytest.mark.parametrize(
    ("body", "encoded"),
    [(None, False), ("", False), ("{", False), ("[" * 100_000, False), ("/w==", True), ("%%%=", True), ("YQ=", True)],
)
def test_a_body_that_is_no_json_is_refused_before_anything(body: str | None, encoded: bool) -> None:
    taker = Taker()
    status, told = answer(receive(http(body, encoded=encoded), "init", taker))
    assert (status, told["status"], len(told["errors"]), taker.taken) == (400, "error", 1, [])
    assert "\n" not in told["error"]


def test_an_error_of_the_engine_is_a_500_of_one_line() -> None:
    status, told = answer(receive(http("{}"), "init", Taker(SealingFailed("sops can't be run\nat all"))))
    assert (status, told) == (500, {"status": "error", "error": "sops can't be run", "errors": []})


def test_any_other_error_has_an_answer_over_http_that_gives_nothing_away() -> None:
    status, told = answer(receive(http("{}"), "init", Taker(RuntimeError("hunter2"))))
    assert (status, told["status"]) == (500, "error")
    assert "RuntimeError" in told["error"]
    assert "hunter2" not in json.dumps(told)


@pytest.mark.parametrize("error", [RuntimeError, SealingFailed])
def test_where_lambda_tries_again_any_other_error_is_its_own(error: type[Exception]) -> None:
    with pytest.raises(error):
        receive(JOB, "init", Taker(error()))
    with pytest.raises(error):
        receive(sns("{}"), "init", Taker(error()))


def test_a_message_that_fails_is_raised_when_the_others_were_taken() -> None:
    taker = Taker(None, RuntimeError(), None)
    with pytest.raises(RuntimeError):
        receive(sns('{"n": 1}', '{"n": 2}', '{"n": 3}'), "init", taker)
    assert [request for request, _, _ in taker.taken] == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_what_the_platform_may_repeat_has_the_platforms_name() -> None:
    taker = Taker()
    receive(http("{}"), "init", taker, "request-1")
    receive(JOB, "init", taker, "request-1")
    receive(JOB, "init", taker)
    event = sns("{}", "{}")
    del event["Records"][1]["Sns"]["MessageId"]
    receive(event, "init", taker, "request-1")
    assert taker.came_as == [None, "invoke:request-1", None, "sns:m", None]


def test_a_direct_invocation_is_answered_plainly() -> None:
    taker = Taker()
    assert receive(JOB, "ssm", taker) == OK
    assert taker.taken == [(JOB, "ssm", INVOKE_LIMIT)]


@pytest.mark.parametrize("event", [None, [], "requestContext", 5, {}, {"Records": 5}])
def test_an_event_of_any_kind_is_handed_on_to_be_refused(event: Any) -> None:
    taker = Taker(JobRefused([Fault("", "must be an object")]))
    assert receive(event, "init", taker)["status"] == "error"
    assert taker.taken == [(event, "init", INVOKE_LIMIT)]


def test_messages_are_taken_one_by_one_whatever_the_others_are() -> None:
    taker = Taker(None, JobRefused([Fault("x", "wrong")]), None)
    event = sns('{"n": 1}', "no json", '{"n": 2}', '{"n": 3}')
    event["Records"][2:2] = [{"Sns": {}}, {}, "text", None]
    answers = receive(event, "init", taker)
    assert [one["status"] for one in answers] == ["ok", "error", "error", "error", "error", "error", "error", "ok"]
    assert [request for request, _, _ in taker.taken] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert {limit for _, _, limit in taker.taken} == {INVOKE_LIMIT}


def leaking(error: Callable[[str], Exception]) -> Callable[..., Any]:
    """An intake that fails with a fetched value in what it says."""

    def submit(request: object, **_: object) -> Any:
        hide(lambda text: text.replace("s3cret-value", "***"))
        raise error("of no use: s3cret-value")

    return submit


@pytest.mark.parametrize(
    "error",
    [SealingFailed, lambda said: JobRefused([Fault("orders[0]", said)]), ValueError],
    ids=["engine", "job", "own"],
)
def test_no_answer_and_no_line_of_the_log_holds_what_was_fetched(error: Callable[[str], Exception]) -> None:
    with capture_logs() as lines:
        status, found = answer(receive(http(json.dumps(JOB)), "init", leaking(error)))
    assert status >= 400
    assert "s3cret" not in json.dumps(found)
    assert redaction.masked("s3cret-value") == "s3cret-value", "only while it is worked with"
    assert lines
