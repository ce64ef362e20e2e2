"""Puts a stand-in for a part of one of AWS's services into ministack, in the place of ministack's own.

Behind ministack's door: when a request comes to a stand-in, ministack has checked the signature and the caller's
policies, as for every other service. What the stand-in does not know stays ministack's.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from execution_engine.local.api import Answer

Headers = Mapping[str, str]


def take_over(
    service: Any,
    target: str,
    knows: Callable[[str, bytes], bool],
    answer: Callable[[str, Headers, bytes, Any], Answer],
) -> None:
    """Before the first request. ``service``: ministack's module; ``target``: what ``X-Amz-Target`` names before the
    dot. ``knows(operation, body)``: whether ``answer(operation, headers, body, query)``, on a thread, is to answer."""
    others = service.handle_request

    async def handle(method: str, path: str, headers: Headers, body: bytes, query: Any) -> Any:
        prefix, operation = _called(headers)
        if prefix == target and knows(operation, body):
            # In the request's context, which says who asks.
            return await asyncio.to_thread(answer, operation, headers, body, query)
        return await others(method, path, headers, body, query)

    service.handle_request = handle


def judge(target: str, arn: Callable[[str, Any, str, str], str | None]) -> None:
    """By ``arn(operation, request, region, account)`` the policies are asked about a call that names such a resource;
    where that is None, by what ministack takes for it. The request is None if it is no JSON."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    known: Callable[..., str] = actions.extract_resource_arn

    def with_named(
        service: str, method: str, path: str, headers: Headers, body: bytes, query: Any, region: str, account: str
    ) -> str:
        prefix, operation = _called(headers)
        named = arn(operation, request_of(body), region, account) if prefix == target else None
        return known(service, method, path, headers, body, query, region, account) if named is None else named

    actions.extract_resource_arn = with_named


def request_of(body: bytes) -> Any:
    """None if it is no JSON."""
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return None


def _called(headers: Headers) -> tuple[str, str]:
    prefix, _, operation = headers.get("x-amz-target", "").rpartition(".")
    return prefix, operation
