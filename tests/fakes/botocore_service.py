"""A service behind a real botocore client, without a network: what it is asked and what it answers is what botocore's
own model of the service allows, or the test fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import botocore.session
from botocore.exceptions import EndpointConnectionError
from botocore.model import OperationModel
from botocore.validate import ParamValidator

REGION = "eu-west-1"


class Refusal(Exception):
    """What the service answers instead: an error of its own."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(code)


@dataclass(frozen=True)
class Request:
    """``whole``: all that would have gone over the wire."""

    operation: str
    parameters: dict[str, Any]
    whole: str


@cache
def _session() -> Any:
    """One for all, since it reads the models."""
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    return session


class FakeService:
    """Subclasses answer ``operation_name(parameters)`` for each operation.
    ``refuse_with``, ``unreachable``: from now on every call fails."""

    name: str

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.refuse_with: Refusal | None = None
        self.unreachable = False
        self.client = _session().create_client(self.name, region_name=REGION)
        self.client.meta.events.register("before-call", self._called)
        self._asked: dict[str, Any] = {}
        self.client.meta.events.register("before-parameter-build", self._keep)

    def _keep(self, params: dict[str, Any], **_: Any) -> None:
        self._asked = dict(params)

    def _called(self, model: OperationModel, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        sent = {name: _text(params[name]) for name in ("url", "query_string", "headers", "body")}
        self.requests.append(Request(model.name, self._asked, json.dumps(sent)))
        if self.unreachable:
            raise EndpointConnectionError(endpoint_url=params["url"])
        try:
            if self.refuse_with is not None:
                raise self.refuse_with
            answer: dict[str, Any] = self._operation(model.name)(self._asked)
        except Refusal as refusal:
            known = {shape.name for shape in model.error_shapes} | _COMMON
            assert refusal.code in known or refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR, refusal.code
            return SimpleNamespace(status_code=refusal.status), {
                "Error": {"Code": refusal.code, "Message": refusal.message},
                "ResponseMetadata": {"HTTPStatusCode": refusal.status},
            }
        validate(answer, model)
        return SimpleNamespace(status_code=HTTPStatus.OK), answer

    def _operation(self, name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        answer: Callable[[dict[str, Any]], dict[str, Any]] = getattr(self, botocore.xform_name(name))
        return answer


_COMMON = {"AccessDeniedException", "ThrottlingException", "TooManyRequestsException", "ValidationException"}
_COMMON |= {"AccessDenied", "Throttling", "ValidationError"}  # as the query protocol says it
"""Errors that any service may answer."""


def validate(answer: dict[str, Any], model: OperationModel) -> None:
    """Fails for an answer that the service, as botocore knows it, would not give."""
    shape = model.output_shape
    assert shape is not None
    _has_only_members(answer, shape)
    # A list's least length binds requests: AWS answers with empty lists where its model says one at least.
    report = ParamValidator().validate({name: one for name, one in answer.items() if one != []}, shape)
    assert not report.has_errors(), report.generate_report()


def _has_only_members(value: Any, shape: Any) -> None:
    """Which the validator of parameters does not mind in depth; an enumeration's values it never looks at."""
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members), f"{shape.name} has no {set(value) - set(shape.members)}"
        for name, one in value.items():
            _has_only_members(one, shape.members[name])
    elif shape.type_name == "list":
        for one in value:
            _has_only_members(one, shape.member)
    elif shape.type_name == "string" and shape.enum:
        assert value in shape.enum, f"{shape.name} is never {value!r}"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
