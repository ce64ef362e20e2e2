"""Both doors take a job in the same ways; which it is says the handler, not the request."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from unit.handlers.conftest import Load, given_to
from unit.handlers.test_submissions import JOB, OK, Taker, answer, http, sns

from execution_engine.handlers.submissions import HTTP_LIMIT, INVOKE_LIMIT

DOORS = {"init_job": "init", "ssm_config": "ssm"}


@pytest.mark.parametrize(("function", "door"), DOORS.items())
def test_a_job_comes_in_by_http_by_sns_and_directly(
    load: Load, monkeypatch: pytest.MonkeyPatch, function: str, door: str
) -> None:
    handler = load(function, given_to(function))
    taker = Taker()
    monkeypatch.setattr(handler, "_intake", SimpleNamespace(submit=taker))
    context: Any = SimpleNamespace(aws_request_id="request-1")
    assert answer(handler.handler(http(json.dumps(JOB)), context)) == (200, OK)
    assert handler.handler(sns(json.dumps(JOB)), context) == [OK]
    assert handler.handler(JOB, context) == OK
    assert taker.taken == [(JOB, door, HTTP_LIMIT), (JOB, door, INVOKE_LIMIT), (JOB, door, INVOKE_LIMIT)]
    assert taker.came_as == [None, "sns:m", "invoke:request-1"]


def test_without_a_kms_key_orders_on_instances_are_refused_with_its_setting(load: Load) -> None:
    given = {name: value for name, value in given_to("ssm_config").items() if name != "AWS_EXE_SYS_KMS_KEY"}
    order = {"cmds": ["true"], "timeout": 60, "ssm_targets": {"instance_ids": ["web-1"]}}
    told = load("ssm_config", given).handler({"job": {"username": "ann", "orders": [order]}}, None)
    assert told["status"] == "error"
    ((where, message),) = [(one["where"], one["message"]) for one in told["errors"]]
    assert where == "orders[0].execution_target"
    assert "AWS_EXE_SYS_KMS_KEY is not set" in message


@pytest.mark.parametrize(
    ("function", "order", "where", "points_to"),
    [
        ("init_job", {"execution_target": "ssm"}, "orders[0].execution_target", "POST /ssm"),
        ("init_job", {"ssm_targets": {"instance_ids": ["web-1"]}}, "orders[0].ssm_targets", "POST /ssm"),
        ("ssm_config", {"execution_target": "lambda"}, "orders[0].execution_target", "POST /init"),
        ("ssm_config", {"execution_target": "codebuild"}, "orders[0].execution_target", "POST /init"),
    ],
)
def test_an_order_at_the_wrong_door_is_shown_the_other(
    load: Load, function: str, order: dict[str, Any], where: str, points_to: str
) -> None:
    handler = load(function, given_to(function)).handler
    told = handler({"job": {"username": "ann", "orders": [{"cmds": ["true"], "timeout": 60, **order}]}}, None)
    assert [(one["where"], points_to in one["message"]) for one in told["errors"]] == [(where, True)]
