"""Puts Run Command into ministack, in the place of its own, which knows no documents and runs nothing here.

Parameter Store, and whatever else Systems Manager has, stays ministack's.
"""

from __future__ import annotations

import importlib
from typing import Any

from execution_engine.local.api import Answer, Caller
from execution_engine.local.commands.protocol import TARGET, Protocol
from execution_engine.local.in_ministack import Headers, judge, request_of, take_over

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

    def answer(operation: str, headers: Headers, body: bytes, query: Any) -> Answer:
        key, region = router.extract_access_key_id(headers, query), responses.get_region()

        def may(arn: str) -> bool:
            return evaluator.enforce(key, ACTION, "ssm", region, resource_arn=arn) is None

        return protocol.answer(operation, body, Caller(evaluator.caller_arn(), responses.get_account_id(), region, may))

    take_over(ssm, TARGET, lambda operation, body: protocol.knows(operation, request_of(body)), answer)
    judge(TARGET, arn_of)


def arn_of(operation: str, asked: Any, region: str, account: str) -> str | None:
    """AWS judges a call that names a document by the document's ARN (and SendCommand by each instance's, too, which
    is looked at once they are known); ministack takes every name for a parameter's."""
    name = document_of(operation, asked)
    if name is None or name.startswith("arn:"):
        return name
    return f"arn:aws:ssm:{region}:{account}:document/{name}"


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
