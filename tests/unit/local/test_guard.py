from __future__ import annotations

import asyncio
from typing import Any

import pytest

from execution_engine.local.guard import Guard, from_same_user, named_keys

KEY = "AKIA0123456789ABCDEF"
SESSION = "ASIA0123456789ABCDEF"
HEADER = "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def scope(method: str = "GET", path: str = "/x", query: str = "", kind: str = "http", **headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": pairs,
    }


async def inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "reached"})


def answer(request: dict[str, Any], *, own: bool = False) -> list[dict[str, Any]]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing to receive")

    asyncio.run(Guard(inner, KEY, lambda _: own)(request, receive, send))
    return sent


def reaches(request: dict[str, Any], *, own: bool = False) -> bool:
    return answer(request, own=own) == [{"type": "reached"}]


@pytest.mark.parametrize("key", [KEY, SESSION])
def test_the_operator_and_the_functions_get_through(key: str) -> None:
    assert reaches(scope(authorization=HEADER.format(key)))
    assert reaches(scope(query=f"X-Amz-Credential={key}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"))


@pytest.mark.parametrize("key", ["test", "000000000000", "AKIA0123456789ABCDEX", "", "ASIA", SESSION.lower()])
def test_any_other_key_is_refused(key: str) -> None:
    assert not reaches(scope(authorization=HEADER.format(key)))
    assert not reaches(scope(query=f"AWSAccessKeyId={key}&Signature=x"))


def test_a_known_key_does_not_hide_an_unknown_one() -> None:
    assert not reaches(scope(authorization=HEADER.format(KEY), query="X-Amz-Credential=test/x"))
    assert not reaches(scope(authorization="AWS test:signature", query=f"X-Amz-Credential={KEY}/x"))


def test_who_names_no_key_sees_the_health_and_nothing_else() -> None:
    assert reaches(scope(path="/_ministack/health"))
    assert not reaches(scope("POST", "/_ministack/reset"))
    assert not reaches(scope("PUT", "/bucket/key"))
    assert answer(scope())[0]["status"] == 403


def test_a_form_names_its_key_inside_and_only_a_form_into_a_bucket() -> None:
    kind = "multipart/form-data; boundary=x"
    assert reaches(scope("POST", "/bucket", content_type=kind))
    assert reaches(scope("POST", "/bucket/", content_type=kind))
    assert not reaches(scope("POST", "/2015-03-31/functions/x/invocations", content_type=kind))
    assert not reaches(scope("POST", "/bucket", query="delete", content_type=kind))
    assert not reaches(scope("POST", "/bucket", content_type=kind, authorization=HEADER.format("test")))


def test_web_sockets_are_closed() -> None:
    assert answer(scope(kind="websocket", authorization=HEADER.format(KEY))) == [
        {"type": "websocket.close", "code": 1008}
    ]


def test_start_and_stop_of_the_server_pass() -> None:
    assert reaches({"type": "lifespan"})


def test_every_form_of_signature_names_its_key() -> None:
    assert named_keys(HEADER.format("a"), "x-amz-credential=b/1&AWSAccessKeyId=c") == ["a", "b", "c"]
    assert named_keys("AWS d:sig", "") == ["d"]


def test_the_same_user_may_come_with_any_key() -> None:
    assert reaches(scope(authorization=HEADER.format("test")), own=True)
    assert reaches(scope(), own=True)


def test_who_is_at_no_known_address_is_nobody_of_ours() -> None:
    assert not from_same_user(scope())
