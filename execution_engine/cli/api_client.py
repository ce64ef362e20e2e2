"""Asks an API over HTTP: signed where its address is one of AWS's, tried again where that is safe."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from execution_engine.cli.machine import MachineLost
from execution_engine.clock import Clock
from execution_engine.errors import Fault, JobRefused, NotFound

TRIES = 4
_TRY_AGAIN = {429, 500, 502, 503, 504}
_REFUSED = {400, 409, 413, 416}


@dataclass(frozen=True, slots=True)
class Reply:
    """``headers``: by lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreachable(Exception):
    """No answer came; says why."""


class Send(Protocol):
    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Raises ``Unreachable``."""
        ...


class ApiClient:
    """``url``: where the API is, with or without a slash at its end. ``send``: signs as well, where that is needed."""

    def __init__(self, url: str, send: Send, clock: Clock, share: Callable[[], float]) -> None:
        self.url = url.rstrip("/")
        self._send = send
        self._clock = clock
        self._share = share

    def get(self, *path: str, **query: Any) -> dict[str, Any]:
        """The document at ``path``, whose parts are quoted. What of ``query`` is None is left out."""
        return self._document("GET", self.ask("GET", path, query))

    def post(self, *path: str, body: object = None, again: bool) -> dict[str, Any]:
        """``again``: asking twice does no more than asking once."""
        return self._document("POST", self.ask("POST", path, {}, body, again=again))

    def ask(
        self, method: str, path: tuple[str, ...], query: Mapping[str, Any], body: object = None, *, again: bool = True
    ) -> Reply:
        """Raises ``NotFound``, ``JobRefused`` with the faults that were answered, and ``MachineLost``."""
        asked = {name: _word(value) for name, value in query.items() if value is not None}
        url = (
            self.url + "".join(f"/{quote(part, safe='')}" for part in path) + (f"?{urlencode(asked)}" if asked else "")
        )
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if data else {}
        reply = self._tried(method, url, headers, data, TRIES if again else 1)
        if reply.status >= 400:
            raise self._failure(f"{method} {url}", reply)
        return reply

    def _tried(self, method: str, url: str, headers: Mapping[str, str], body: bytes, tries: int) -> Reply:
        for left in range(tries - 1, -1, -1):
            try:
                reply = self._send(method, url, headers, body)
                if reply.status not in _TRY_AGAIN or not left:
                    return reply
            except Unreachable as error:
                if not left:
                    raise MachineLost(f"{self.url} does not answer: {error}") from error
            self._clock.sleep(self._share() * 2.0 ** (tries - left - 1))
        raise AssertionError("the last try answers or raises")

    def _failure(self, what: str, reply: Reply) -> Exception:
        answer = _read(reply.body)
        said = str(answer.get("error") or answer.get("message") or "it does not say why")
        faults = [
            Fault(str(one.get("where", "")), str(one.get("message", "")))
            for one in answer.get("errors") or ()
            if isinstance(one, dict)
        ]
        if reply.status == 404 and answer.get("status") == "error":
            return NotFound(said)
        if reply.status in _REFUSED and answer.get("status") == "error":
            return JobRefused(faults or [Fault("", said)], reply.status)
        hint = " (is the address the API's?)" if reply.status == 404 else ""
        if reply.status == 403:
            hint = (
                " (AWS's own addresses need a signature by credentials that may ask; other addresses get one by --sign)"
            )
        return MachineLost(f"{what} was answered with {reply.status}: {said}{hint}")

    def _document(self, method: str, reply: Reply) -> dict[str, Any]:
        answer = _read(reply.body)
        if not answer:
            raise MachineLost(f"{self.url} answered a {method} with something else than a JSON object: no API of ours?")
        return answer


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
