"""Requests that nobody described: each gets a clean refusal that says what is wrong, none a failure or silence.

Sent byte by byte, since any library would send something better. What `serve` hands on has the shape of API Gateway's
events, so that the handlers are tried by the same.
"""

from __future__ import annotations

import base64
import json
import socket
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from api.conftest import Known

REFUSED = range(400, 500)
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"


def exchange(known: Known, data: bytes, *, ends: bool = False) -> bytes:
    """What comes back until the connection is closed. ``ends``: nothing more is going to be sent."""
    address = urlsplit(known.url)
    with socket.create_connection((address.hostname, address.port), 60) as connection:
        try:
            connection.sendall(data)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was refused before all of it was there
        found = b""
        while not _is_whole(found):
            try:
                piece = connection.recv(65_536)
            except ConnectionResetError:
                break
            if not piece:
                break
            found += piece
        return found


def _is_whole(found: bytes) -> bool:
    head, gap, body = found.partition(b"\r\n\r\n")
    sizes = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(gap and sizes) and len(body) >= int(sizes[0])


def send(known: Known, method: str, target: str, *headers: str, body: bytes = b"", **more: Any) -> tuple[int, bytes]:
    sized = not body or any(one.startswith(("Content-Length", "Transfer")) for one in headers)
    lines = [f"{method} {target} HTTP/1.1", f"Host: {urlsplit(known.url).netloc}", "Connection: close", *headers]
    lines += [] if sized else [f"Content-Length: {len(body)}"]
    found = exchange(known, "\r\n".join([*lines, "", ""]).encode("latin-1") + body, **more)
    assert found.startswith(b"HTTP/1."), f"{method} {target[:80]} was answered with {found[:80]!r}"
    head, _, rest = found.partition(b"\r\n\r\n")
    return int(head.split()[1]), rest


def refused(answer: tuple[int, bytes], *also: int) -> str:
    """What is said; nothing where one of ``also`` was answered, which is no error."""
    status, body = answer
    if status in also:
        return ""
    assert status in REFUSED, (status, body[:300])
    told = json.loads(body)
    assert told["status"] == "error" and len(told["error"]) > 8 and "\n" not in told["error"]
    return str(told["error"])


IDS = (
    *("nope", "%00", "a%2fb", "%ff", "a" * 129, "a" * 60_000, "%0d%0aX-A:b", "a%20b", "%25", "%e2%80%ae", "-", "0000"),
    *("*", "{run_id}", "<x>", "'%20OR%201=1", "%F0%9F%92%A9", "%2e%2e", "..", "%", "%zz", "x;a=b", "\xe4"),
)


@pytest.mark.parametrize("name", IDS, ids=lambda name: name[:12])
def test_what_is_called_so_does_not_exist(known: Known, name: str) -> None:
    for place in ("/runs/{}", "/traces/{}", "/orders/{}", "/runs/{}/orders/0001/log"):
        refused(send(known, "GET", place.format(name)))
    refused(send(known, "GET", f"/runs/{known.run_id}/orders/{name}/log"))
    refused(send(known, "GET", f"/runs/{known.run_id}?order={name}"))
    for what in ("cancel", "retry"):
        refused(send(known, "POST", f"/runs/{name}/{what}"))


@pytest.mark.parametrize(
    ("place", "asked"),
    [
        *(
            ("/traces/TRACE", f"limit={one}")
            for one in ("0", "-1", "1001", "1e3", "", "x", "%d9%a1", "+5", "1_0", "9" * 40)
        ),
        ("/traces/TRACE", "limit=1&limit=2"),
        *(("/traces/TRACE", f"since={one}") for one in ("-1", "nan", "inf", "1e5", "", "9" * 14, "1,2")),
        *(("/traces/TRACE", f"order_name={one}") for one in ("", "%00", "a" * 200, "a%2fb", "nope")),
        *(("/runs/RUN", one) for one in ("limit=0", "limit=10000", "attempt=-1", "attempt=1000", "orders=maybe")),
        *(
            ("/runs/RUN", one)
            for one in ("logs=65537", "logs=-1", "order=0001&limit=5", "order=0001&next=x", "order=nope")
        ),
        *(("/orders/build", f"limit={one}") for one in ("0", "101", "-5")),
        *(("/runs/RUN/orders/0001/log", f"start={one}") for one in ("-1", "9007199254740993", "1&start=2", "1.5")),
        *(("/runs/RUN/orders/0001/log", one) for one in ("tail=65537", "tail=5&start=1", "instance=", "instance=%00")),
    ],
)
def test_a_value_that_can_not_be_taken_is_named(known: Known, place: str, asked: str) -> None:
    target = place.replace("TRACE", known.trace_id).replace("RUN", known.run_id)
    said = refused(send(known, "GET", f"{target}?{asked}"))
    assert asked.partition("=")[0] in said or "no events" in said or "no order" in said or "none " in said


def test_a_token_leads_on_in_its_own_list_only(known: Known) -> None:
    lists = (
        f"/traces/{known.trace_id}?limit=1",
        f"/traces/{known.trace_id}?limit=1&order_name=build",
        f"/runs/{known.run_id}?limit=1",
        "/orders/build?limit=1",
    )
    tokens = [json.loads(send(known, "GET", one)[1])["next"] for one in lists]
    assert None not in tokens[:3]
    for token in filter(None, tokens):
        for other, own in zip(lists, tokens, strict=True):
            status, body = send(known, "GET", f"{other}&next={token}")
            assert status == (200 if own == token else 400), (other, body)
        for changed in (token[:-3], token + "AAAA", token.swapcase(), token[::-1], "", "!!!", "%00", "A" * 9_000):
            for one in lists:
                refused(send(known, "GET", f"{one}&next={changed}"))


@pytest.mark.parametrize(
    "change",
    [
        *({"epoch": one} for one in ({"S": "1"}, {"N": "NaN"}, {"N": ""}, {"N": 5}, {"N": "1", "S": "x"}, None)),
        *({"sk": one} for one in ({"S": ""}, {"S": "x" * 2_000}, {"S": "\ud800"}, {"BOOL": True}, [], "x")),
        {"trace_id": {"S": "another"}},
        {"more": {"S": "x"}},
    ],
    ids=str,
)
def test_a_token_that_somebody_made_is_refused(known: Known, change: dict[str, Any]) -> None:
    token = json.loads(send(known, "GET", f"/traces/{known.trace_id}?limit=1")[1])["next"]
    key = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    made = base64.urlsafe_b64encode(json.dumps({**key, **change}).encode()).decode().rstrip("=")
    assert "continuation" in refused(send(known, "GET", f"/traces/{known.trace_id}?next={made}"))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO", "get"])
def test_other_methods(known: Known, method: str) -> None:
    for place in (f"/runs/{known.run_id}", "/init", "/openapi.json", "/nothing", f"/runs/{known.run_id}/cancel"):
        refused(send(known, method, place))


def test_what_is_looked_at_only_has_no_body(known: Known) -> None:
    """HEAD is none of the API's methods."""
    assert send(known, "HEAD", "/openapi.json") == (405, b"")


BODIES: dict[str, bytes] = {
    "no JSON": b"hello",
    "no UTF-8": b"\xff\xfe{}",
    "UTF-16": '{"job": {}}'.encode("utf-16"),
    "null": b"null",
    "a list": b"[]",
    "a number": b"5",
    "NaN": b'{"job": {"username": NaN}}',
    "deep": b'{"job":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a key twice": b'{"job": {}, "job": {}}',
    "no base64": b'{"job_parameters_b64": "!!"}',
    "base64 of no JSON": b'{"job_parameters_b64": "aGVsbG8="}',
    "both": b'{"job": {}, "job_parameters_b64": "e30="}',
    "2 MB": b'{"job": {"username": "' + b"a" * 2_000_000 + b'"}}',
    "12 MB": b"x" * 12_000_000,
    "half a pair": b'{"job": {"username": "\\ud800", "orders": []}}',
    "5,000 digits": b'{"job": {"username": "a", "orders": [], "job_timeout": ' + b"9" * 5_000 + b"}}",
    "a NUL": b'{"trace_id": "\\u0000", "job": {"username": "a", "orders": []}}',
    "a key that is no text": b'{"idempotency_key": {}, "job": {}}',
    "a job that is text": b'{"job": "{}"}',
    "nothing": b"",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_no_job(known: Known, body: bytes) -> None:
    for door in ("/init", "/ssm"):
        refused(send(known, "POST", door, JSON, body=body))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Type: text/xml"], b"<job/>"),
        (["Content-Type: application/x-www-form-urlencoded"], b"job=1"),
        ([JSON, "Content-Encoding: gzip"], b"\x1f\x8b"),
        ([JSON, "Content-Length: 500"], b"{}"),
        ([JSON, "Content-Length: -5"], b"{}"),
        ([JSON, "Content-Length: abc"], b"{}"),
        ([JSON, "Content-Length: 99999999999"], b"{}"),
        ([JSON, CHUNKED], b"2\r\n{}\r\n0\r\n\r\n"),
        ([JSON, CHUNKED], b"zz\r\n{}\r\n0\r\n\r\n"),
        ([JSON, CHUNKED], b"5\r\n{}"),
        ([JSON, CHUNKED], (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 200),
        ([JSON, CHUNKED, "Content-Length: 4"], b"2\r\n{}\r\n0\r\n\r\n"),
    ],
    ids=lambda one: " ".join(one)[-60:] if isinstance(one, list) else "",
)
def test_a_body_that_is_not_as_it_is_announced(known: Known, headers: list[str], body: bytes) -> None:
    refused(send(known, "POST", "/init", *headers, body=body, ends=True))


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        (["X: " + "a" * 70_000], ()),
        ([f"X-{place}: a" for place in range(300)], ()),
        (["no colon"], (200,)),
        (["X-A: b", "  folded"], (200,)),
        (["User-Agent: \x80\xff"], (200,)),
        (["Origin: http://evil.example"], ()),
        (["Origin: null"], ()),
        (["Sec-Fetch-Site: cross-site"], ()),
        (["Host: evil.example"], ()),
    ],
    ids=lambda one: str(one)[:30],
)
def test_headers_that_nobody_would_send(known: Known, headers: list[str], allowed: tuple[int, ...]) -> None:
    refused(send(known, "GET", "/openapi.json", *headers), *allowed)


def test_an_answer_has_no_header_of_the_callers(known: Known) -> None:
    target, host = "/runs/x%0d%0aX-Mine:1?next=%0d%0aX-Mine:1", urlsplit(known.url).netloc
    found = exchange(known, f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert b"x-mine" not in found.partition(b"\r\n\r\n")[0].lower()


@pytest.mark.parametrize(
    "target",
    [
        "//runs/x",
        "/./runs/../init",
        "/runs/",
        "/runs//",
        "*",
        "runs/x",
        "/" + "a" * 60_000,
        "/" + "a" * 80_000,
        "/runs\\x",
    ],
    ids=lambda target: target[:12],
)
def test_paths_that_lead_nowhere(known: Known, target: str) -> None:
    refused(send(known, "GET", target))


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" + b"\0" * 200, b"\0" * 5_000 + b"\r\n\r\n", b"\r\n" * 999],
    ids=["of the future", "TLS", "NULs", "lines"],
)
def test_what_is_no_http(known: Known, data: bytes) -> None:
    """It ends, one way or the other, and the next request is answered."""
    exchange(known, data, ends=True)
    assert send(known, "GET", "/openapi.json")[0] == 200


@pytest.mark.parametrize(
    "asked", ["bytes=999999999-", "bytes=5-2", "bytes=-5", "bytes=a-b", "bytes=0-1,3-4", "items=0-1"]
)
def test_ranges(known: Known, asked: str) -> None:
    refused(send(known, "GET", f"/runs/{known.run_id}/orders/0001/log", f"Range: {asked}"), 200, 206)


def test_what_nobody_asks_for_is_let_pass(known: Known) -> None:
    for asked in (
        "a=b",
        "__proto__=1",
        "%00=1",
        "=" * 500,
        "&" * 5_000,
        "x=" + quote("y" * 30_000),
        "%zz=%zz",
        "limit[]=1",
    ):
        assert send(known, "GET", f"/traces/{known.trace_id}?{asked}")[0] == 200
