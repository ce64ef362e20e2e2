"""Puts Run Command into ministack, in the place of its own, which knows no documents and runs nothing here.

Behind ministack's door: when a request comes here it has checked the signature and the caller's policies, as for
every other service. Parameter Store, and whatever else Systems Manager has, stays ministack's.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from execution_engine.local.api import Answer, Caller
from execution_engine.local.commands.protocol import TARGET, Protocol

ACTION = "ssm:SendCommand"
_OF_DOCUMENTS = frozenset(
    {
        "CreateDocument",
        "UpdateDocument",
        "UpdateDocumentDefaultVersion",
        "GetDocument",
        "DescribeDocument",
        "DescribeDocumentPermission",
        "DeleteDocument",
    }
)


def install(protocol: Protocol) -> None:
    """Before the first request."""
    ssm: Any = importlib.import_module("ministack.services.ssm")
    responses: Any = importlib.import_module("ministack.core.responses")
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    router: Any = importlib.import_module("ministack.core.router")
    others = ssm.handle_request

    def answer(operation: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        # In the request's context, which says who asks.
        key, region = router.extract_access_key_id(headers, query), responses.get_region()

        def may(arn: str) -> bool:
            return evaluator.enforce(key, ACTION, "ssm", region, resource_arn=arn) is None

        return protocol.answer(operation, body, Caller(evaluator.caller_arn(), responses.get_account_id(), region, may))

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
        prefix, _, operation = headers.get("x-amz-target", "").rpartition(".")
        if prefix == TARGET and protocol.knows(operation, _request(body)):
            return await asyncio.to_thread(answer, operation, headers, body, query)
        return await others(method, path, headers, body, query)

    ssm.handle_request = handle
    _know_documents()


def _know_documents() -> None:
    """AWS judges a call that names a document by the document's ARN (and SendCommand by each instance's, too, which
    is looked at once they are known); ministack takes every name for a parameter's."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    known: Callable[..., str] = actions.extract_resource_arn

    def with_documents(service: str, method: str, path: str, headers: Any, body: bytes, *more: Any) -> str:
        prefix, _, operation = headers.get("x-amz-target", "").rpartition(".")
        name = document_of(operation, _request(body)) if prefix == TARGET else None
        if name is None:
            return known(service, method, path, headers, body, *more)
        _, region, account = more
        return name if name.startswith("arn:") else f"arn:aws:ssm:{region}:{account}:document/{name}"

    actions.extract_resource_arn = with_documents


def document_of(operation: str, asked: Any) -> str | None:
    """The document that a request names, by its name or its ARN; None if it is about something else."""
    if not isinstance(asked, dict):
        return None
    if operation == "SendCommand":
        name = asked.get("DocumentName")
    elif operation in _OF_DOCUMENTS:
        name = asked.get("Name")
    else:
        name = asked.get("ResourceId") if asked.get("ResourceType") == "Document" else None
    return name if isinstance(name, str) and name else None


def _request(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return None
