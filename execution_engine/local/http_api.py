"""The HTTP API of one machine: requests to 127.0.0.1, handed to the functions as API Gateway would, and their answers
back. A WSGI application."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from execution_engine.local.gateway import ADDRESS, request_event
from execution_engine.local.peers import TABLE, user_behind

log = structlog.get_logger()

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes of a request's body, as API Gateway takes them."""

Handler = Callable[[dict[str, Any], Any], Any]
Environ = Mapping[str, Any]

_REASONS = {200: "OK", 206: "Partial Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"} | {
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    500: "Internal Server Error",
}
_FROM_ELSEWHERE = ("cross-site", "same-site")
"""What browsers say of a request that another page made (Sec-Fetch-Site)."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def _error(status: int, said: str, **headers: str) -> Answer:
    document = {"status": "error", "error": said, "errors": []}
    return Answer(status, {"content-type": "application/json", **headers}, json.dumps(document).encode())


class HttpApi:
    """``routes`` as in ``resources/api.json``; ``functions``: their handlers, by the functions' names.

    A loopback port is open to every user of the machine and to every page in a browser, and whoever submits a job runs
    commands. So only processes of the same user are answered (where the system tells), under the address itself, and
    no page of another origin.
    """

    def __init__(
        self,
        routes: Iterable[Mapping[str, str]],
        functions: Mapping[str, Handler],
        is_own: Callable[[Environ], bool] | None = None,
    ) -> None:
        self._routes: dict[str, tuple[re.Pattern[str], dict[str, Handler]]] = {}
        for route in routes:
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route["path"])))
            _, methods = self._routes.setdefault(route["path"], (pattern, {}))
            methods[route["method"]] = functions[route["function"]]
        self._is_own = is_own or from_same_user
        self.port = 0

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> list[bytes]:
        answer = self._refusal(environ) or self._answer(environ)
        headers = {**answer.headers, "content-length": str(len(answer.body))}
        start_response(f"{answer.status} {_REASONS.get(answer.status, 'Unknown')}", list(headers.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _refusal(self, environ: Environ) -> Answer | None:
        hosts = [f"{name}:{self.port}" for name in (ADDRESS, "localhost")]
        if environ.get("HTTP_HOST", "").lower() not in hosts:
            return _error(403, f"this is http://{hosts[0]}; it answers under no other name")
        origin = environ.get("HTTP_ORIGIN")
        if (origin is not None and origin.lower() not in [f"http://{host}" for host in hosts]) or environ.get(
            "HTTP_SEC_FETCH_SITE"
        ) in _FROM_ELSEWHERE:
            return _error(403, "another page's request is not answered")
        if not self._is_own(environ):
            return _error(403, "another user's request is not answered")
        return None

    def _answer(self, environ: Environ) -> Answer:
        method = str(environ["REQUEST_METHOD"])
        try:
            path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8")
        except UnicodeError:
            return _error(400, "the path is no UTF-8")
        if any(c < " " or c == "\x7f" for c in path):
            return _error(400, "the path has control characters in it")
        for route, (pattern, methods) in self._routes.items():
            if not pattern.fullmatch(path):
                continue
            if method not in methods:
                return _error(405, f"{route} takes {' and '.join(sorted(methods))}", allow=", ".join(sorted(methods)))
            return self._asked(methods[method], method, route, path, environ)
        return _error(404, "there is nothing here; GET /openapi.json tells what there is")

    def _asked(self, function: Handler, method: str, route: str, path: str, environ: Environ) -> Answer:
        try:
            body = _body(environ)
        except OSError:
            return _error(400, "the body ended early, or its chunks can't be read")
        if len(body) > BODY_LIMIT:
            return _error(413, f"a request has at most {BODY_LIMIT:,} bytes")
        query = str(environ.get("QUERY_STRING", ""))
        event = request_event(method, route, path, query=query, headers=_headers(environ), body=body)
        try:
            return _rendered(function(event, None))
        except Exception:
            log.exception("a function failed", route=f"{method} {route}")
            return _error(500, "the function failed; its log says why")


def from_same_user(environ: Environ) -> bool:
    """Where the system does not tell who asks (it does on Linux), nobody is kept out."""
    client = str(environ["REMOTE_ADDR"]), int(environ["REMOTE_PORT"])
    server = ADDRESS, int(environ["SERVER_PORT"])
    return user_behind(client, server) == os.getuid() or not TABLE.exists()


def _body(environ: Environ) -> bytes:
    """As far as it may be taken, and one byte more."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    size = int(length) if length.isascii() and length.isdigit() else 0
    if environ.get("wsgi.input_terminated"):  # it came in chunks
        size = BODY_LIMIT + 1
    return bytes(environ["wsgi.input"].read(min(size, BODY_LIMIT + 1)))


def _headers(environ: Environ) -> dict[str, str]:
    """As HTTP APIs hand them on: names in lower case."""
    found = {
        name.removeprefix("HTTP_").lower().replace("_", "-"): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        found["content-type"] = str(environ["CONTENT_TYPE"])
    return found


def _rendered(answer: Mapping[str, Any]) -> Answer:
    body = answer.get("body") or ""
    data = base64.b64decode(body) if answer.get("isBase64Encoded") else str(body).encode("utf-8")
    headers = {str(name).lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    return Answer(int(answer["statusCode"]), headers, data)
