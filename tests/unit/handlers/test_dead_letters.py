"""A dead letter wakes the orchestrator for its run; one that leads nowhere is logged, without what it holds."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from structlog.testing import capture_logs
from unit.handlers.conftest import Load, given_to
from unit.handlers.test_orchestrator import ONE, TWO, Gathering, Orchestrator, event
from unit.handlers.test_worker import EVENT as LAUNCH

from execution_engine.handlers.dead_letters import About, read
from execution_engine.jobs.naming import claim_key, result_key

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:engine-worker"
SECRET = "hunter2-hunter2"
JOB = {"job": {"username": "ann", "orders": [{"cmds": ["true"], "env_vars": {"TOKEN": SECRET}}]}}
SNS = {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(JOB)}}]}


def body(payload: Any) -> str:
    """As Lambda hands it over ("Destinations", Lambda Developer Guide)."""
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": "2026-11-23T08:00:00.000Z",
            "requestContext": {
                "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
                "functionArn": ARN,
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": payload,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorMessage": SECRET},
        }
    )


def letters(*bodies: Any) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{place}", "eventSource": "aws:sqs", "body": text} for place, text in enumerate(bodies)
        ]
    }


@pytest.fixture
def module(load: Load, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = load("orchestrator", given_to("orchestrator"))
    monkeypatch.setattr(made, "_orchestrator", Orchestrator())
    monkeypatch.setattr(made, "_gathering", Gathering())
    return made


@pytest.mark.parametrize(
    ("payload", "about", "hinted"),
    [
        (event(claim_key(ONE, "0001")), About.CALLBACKS, event(claim_key(ONE, "0001"))),
        ({"look": {"run_id": ONE, "order_num": "0000"}}, About.LOOK, {"look": {"run_id": ONE, "order_num": "0000"}}),
        (LAUNCH, About.ATTEMPT, {"look": {"run_id": LAUNCH["run_id"], "order_num": "0001"}}),
        (JOB, About.OTHER, None),
        (SNS, About.OTHER, None),
        ({"look": {"run_id": "x", "order_num": "0000"}}, About.OTHER, None),
        ({"look": None}, About.OTHER, None),
        ({"Records": "none"}, About.OTHER, None),
        ([], About.OTHER, None),
        (None, About.OTHER, None),
    ],
)
def test_what_a_letter_leads_to(payload: Any, about: About, hinted: Any) -> None:
    letter = read(body(payload))
    assert (letter.about, letter.event) == (about, hinted)
    assert (letter.function, letter.condition) == ("engine-worker", "RetriesExhausted")


@pytest.mark.parametrize("text", ["", "no JSON", "[" * 100_000, "[]", '{"requestContext": 7}', None, 5])
def test_what_is_no_letter_leads_nowhere(text: Any) -> None:
    assert (read(text).about, read(text).event, read(text).function) == (About.OTHER, None, "")


def test_each_kind_is_heard_as_what_it_is(module: ModuleType) -> None:
    looks = {"look": {"run_id": TWO, "order_num": "0000"}}
    notified = event(result_key(ONE, "0002", 3), claim_key(TWO, "0001", 1, "i-1"))
    answer = module.handler(letters(body(notified), body(looks), body(LAUNCH)), None)
    assert answer == {"batchItemFailures": []}
    assert module._orchestrator.noticed == {ONE: {"0002/3/result"}}
    assert module._gathering.heard == [(TWO, "claim", "i-1", None)]
    assert module._orchestrator.looked == [(TWO, ["0000"]), (LAUNCH["run_id"], ["0001"])]


def test_what_leads_nowhere_is_done_with_and_its_content_is_not_logged(module: ModuleType) -> None:
    with capture_logs() as lines:
        answer = module.handler(letters(body(JOB), body(SNS), "rubbish " + SECRET), None)
    assert answer == {"batchItemFailures": []}
    assert [line["function"] for line in lines] == ["engine-worker", "engine-worker", ""]
    assert {line["log_level"] for line in lines} == {"error"}
    assert SECRET not in str(lines)


def test_only_what_failed_comes_again(module: ModuleType) -> None:
    module._orchestrator.failing = {ONE: KeyError(ONE)}
    kinds = [body(event(claim_key(ONE, "0001"))), "rubbish", body(event(claim_key(TWO, "0001")))]
    assert module.handler(letters(*kinds), None) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert module._orchestrator.noticed.keys() == {ONE, TWO}


def test_all_may_fail(module: ModuleType) -> None:
    module._orchestrator.failing = {ONE: KeyError(ONE)}
    answer = module.handler(letters(*[body(event(claim_key(ONE, "0001")))] * 2), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]}


def test_they_are_counted(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    class Signals:
        def dead_letters(self, count: int) -> None:
            counted.append(count)

    monkeypatch.setattr(module, "_signals", Signals())
    module.handler(letters("rubbish", "rubbish"), None)
    module.handler(event(claim_key(ONE, "0001")), None)
    assert counted == [2]
