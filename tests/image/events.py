"""Events that a function of a deployment without runs takes without an error, each far enough to need its clients."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from execution_engine.jobs.naming import age_key_path, bundle_key, result_key
from execution_engine.local.names import VALUES

NO_RUN = "00000000-0000-4000-8000-000000000000"


def job(*cmds: str, **order: Any) -> dict[str, Any]:
    """A request of one order, as a direct invocation brings it."""
    one = {"order_name": "one", "execution_target": "lambda", "cmds": list(cmds), "timeout": 60, **order}
    return {"job": {"username": "ann", "orders": [one]}}


def over_http(method: str, path: str, body: str = "") -> dict[str, Any]:
    """As API Gateway's HTTP APIs hand a request on (payload version 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": False,
    }


def stored(key: str) -> dict[str, Any]:
    """As S3 tells that an object is there."""
    return {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": key}}}]}


def assignment() -> dict[str, Any]:
    """Of an attempt whose bundle nobody stored."""
    return {
        "run_id": NO_RUN,
        "order_num": "0001",
        "order_name": "one",
        "attempt": 1,
        "bucket": VALUES["internal_bucket"],
        "key": bundle_key(NO_RUN, "0001"),
        "sha256": "0" * 64,
        "not_after": time.time() + 600,
        "trace_id": "0" * 32,
        "flow_id": "ann:0-exec",
        "SOPS_KEY_SSM_PATH": age_key_path(str(VALUES["ssm_prefix"]), NO_RUN),
    }


def no_run_there(answer: Any) -> bool:
    return bool(answer["statusCode"] == 404)


QUIET: dict[str, tuple[dict[str, Any], Callable[[Any], bool]]] = {
    "init_job": (job("true"), lambda answer: answer["status"] == "ok"),
    "ssm_config": (over_http("POST", "/ssm", "{}"), lambda answer: answer["statusCode"] == 400),
    "control": (over_http("POST", f"/runs/{NO_RUN}/cancel"), no_run_there),
    "history": (over_http("GET", f"/runs/{NO_RUN}"), no_run_there),
    "orchestrator": (stored(result_key(NO_RUN, "0001")), lambda answer: answer is None),
    "watchdog_check": (
        {"run_id": NO_RUN, "order_num": "0001", "attempt": 1, "wait": 1},
        lambda answer: answer["done"] is True,
    ),
    "worker": (assignment(), lambda answer: answer.keys() == {"fate"}),
}
"""By the function: an event, and whether an answer is the right one."""
