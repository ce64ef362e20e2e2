"""What the stand-ins' APIs have in common: AWS's JSON protocol, one operation after the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from execution_engine.errors import EngineError

CONTENT_TYPE = "application/x-amz-json-1.1"

Answer = tuple[int, dict[str, str], bytes]


class ApiError(EngineError):
    """What is answered instead of what was asked for. ``code`` is the exception's name in the service's API; all of
    them are answered with HTTP 400."""

    code = "ValidationException"


def _may(arn: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; and where. ``may``: whether the caller's policies allow what is asked on a further resource, which
    was not looked at on the way in."""

    name: str
    account: str
    region: str
    may: Callable[[str], bool] = field(default=_may, compare=False)


Operation = Callable[[dict[str, Any], Caller], dict[str, Any]]


def answer(operation: Operation, body: bytes, caller: Caller, malformed: Callable[[str], ApiError]) -> Answer:
    """``malformed``: what to say of a body that is no JSON object."""
    try:
        found = operation(_request(body, malformed), caller)
        return 200, {"Content-Type": CONTENT_TYPE}, json.dumps(found).encode()
    except ApiError as error:
        content = json.dumps({"__type": error.code, "message": str(error)}).encode()
        return 400, {"Content-Type": CONTENT_TYPE, "x-amzn-ErrorType": error.code}, content


def _request(body: bytes, malformed: Callable[[str], ApiError]) -> dict[str, Any]:
    try:
        asked = json.loads(body or b"{}")
    except ValueError as error:
        raise malformed(f"the request's body is no JSON: {error}") from error
    if not isinstance(asked, dict):
        raise malformed("the request's body is no JSON object")
    return asked
