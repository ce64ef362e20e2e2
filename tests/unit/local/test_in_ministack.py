from __future__ import annotations

import asyncio
import importlib
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from execution_engine.local.builds import in_ministack as builds
from execution_engine.local.commands import in_ministack as commands
from execution_engine.local.in_ministack import Headers, judge, request_of, take_over

WHERE = ("eu-central-1", "123456789012")


def asked(service: Any, target: str, body: bytes = b"{}") -> Any:
    return asyncio.run(service.handle_request("POST", "/", {"x-amz-target": target}, body, {}))


def taken_over() -> tuple[Any, list[bool]]:
    """The service, and whether each answer came from a thread of its own."""

    async def own(method: str, path: str, headers: Headers, body: bytes, query: Any) -> Any:
        return "ministack's"

    on_threads: list[bool] = []

    def answer(operation: str, headers: Headers, body: bytes, query: Any) -> Any:
        on_threads.append(threading.current_thread() is not threading.main_thread())
        return operation, body

    service = SimpleNamespace(handle_request=own)
    take_over(service, "Service", lambda operation, body: operation == "Run" and body != b"else", answer)
    return service, on_threads


def test_what_a_stand_in_knows_is_its_own() -> None:
    service, on_threads = taken_over()
    assert asked(service, "Service.Run", b"this") == ("Run", b"this")
    assert on_threads == [True], "ministack's loop goes on meanwhile"


@pytest.mark.parametrize(
    ("target", "body"), [("Service.Walk", b""), ("Service.Run", b"else"), ("Other.Run", b""), ("Run", b""), ("", b"")]
)
def test_everything_else_stays_ministacks(target: str, body: bytes) -> None:
    service, on_threads = taken_over()
    assert asked(service, target, body) == "ministack's"
    assert on_threads == []


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Any:
    """By what ministack judges a call, once a stand-in has had its say."""
    actions = importlib.import_module("ministack.core.iam_actions")
    monkeypatch.setattr(actions, "extract_resource_arn", lambda *arguments: f"ministack's, of {len(arguments)}")
    judge("Service", lambda operation, request, *where: f"{request} {where}" if operation == "Run" else None)

    def ask(target: str, body: bytes) -> Any:
        return actions.extract_resource_arn("service", "POST", "/", {"x-amz-target": target}, body, {}, *WHERE)

    return ask


def test_a_call_is_judged_by_what_it_names(judged: Any) -> None:
    assert judged("Service.Run", b'{"a": 1}') == f"{{'a': 1}} {WHERE}"
    assert judged("Service.Run", b"no JSON") == f"None {WHERE}"


@pytest.mark.parametrize("target", ["Service.Walk", "Other.Run", "Run", ""])
def test_any_other_call_as_ever(judged: Any, target: str) -> None:
    assert judged(target, b"{}") == "ministack's, of 8"


@pytest.mark.parametrize(("body", "request_"), [(b"", {}), (b"[1]", [1]), (b"{", None), (b"\xff", None)])
def test_a_request(body: bytes, request_: Any) -> None:
    assert request_of(body) == request_


@pytest.mark.parametrize(
    ("operation", "request_", "arn"),
    [
        ("StopBuild", {"id": "engine:1"}, "arn:aws:codebuild:eu-central-1:123456789012:project/engine"),
        ("BatchGetBuilds", {"ids": ["a:1", "a:2"]}, "arn:aws:codebuild:eu-central-1:123456789012:project/a"),
        ("BatchGetBuilds", {"ids": ["a:1", "b:2"]}, "*"),
        ("BatchGetBuilds", None, "*"),
        ("StartBuild", {"projectName": "engine"}, None),
    ],
)
def test_builds_are_judged_by_their_project(operation: str, request_: Any, arn: str | None) -> None:
    assert builds.arn_of(operation, request_, *WHERE) == arn


@pytest.mark.parametrize(
    ("operation", "request_", "arn"),
    [
        ("GetDocument", {"Name": "run"}, "arn:aws:ssm:eu-central-1:123456789012:document/run"),
        ("GetDocument", {"Name": "arn:aws:ssm:here"}, "arn:aws:ssm:here"),
        ("GetParameter", {"Name": "run"}, None),
        ("GetDocument", None, None),
    ],
)
def test_documents_are_judged_by_their_own(operation: str, request_: Any, arn: str | None) -> None:
    assert commands.arn_of(operation, request_, *WHERE) == arn
