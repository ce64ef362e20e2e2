"""What a worker writes outside: each thing once by its URL, else by the worker's own role.

A URL that was refused (they die with their signer's session) is not tried again when there is a
fallback. Everything is tried several times; only a heartbeat is not, since the next one comes soon.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import structlog

from execution_engine.worker.callbacks import Callbacks, ReportKeys
from execution_engine.worker.courier import Courier, Unanswered, UrlRefused
from execution_engine.worker.patience import Patience
from execution_engine.worker.telling import tell

LOG_TIMEOUT = 60.0
_T = TypeVar("_T")
_log = structlog.get_logger()


class Fallback(Protocol):
    """The worker's own role: PUT on the callback prefix, GET of claims and control. Its errors may be any."""

    def put_if_absent(self, key: str, body: bytes) -> bool:
        """False when the object was there already; then it is as it was."""
        ...

    def put(self, key: str, body: bytes) -> None: ...

    def read(self, key: str) -> bytes | None: ...


class Reporter:
    """Reports of one attempt. ``callbacks`` None: the bundle could not be opened, only the role is left.

    Every method raises ``Unanswered`` (it may have landed all the same) or ``UrlRefused`` at last.
    """

    def __init__(
        self,
        keys: ReportKeys,
        callbacks: Callbacks | None,
        courier: Courier,
        fallback: Fallback | None,
        patience: Patience,
    ) -> None:
        self.keys = keys
        self._urls = callbacks
        self._courier = courier
        self._fallback = fallback
        self._patience = patience
        self._dead: set[str] = set()

    def renew(self, callbacks: Callbacks) -> None:
        """From now on these addresses are used; what is under way goes on with those that it has."""
        self._urls = callbacks

    def claim(self, document: dict[str, Any]) -> bool:
        """False when a claim was there already: read it, it may be this one."""
        return self._put_if_absent(self.keys.claim, self._urls.claim if self._urls else None, document)

    def read_claim(self) -> dict[str, Any] | None:
        """The claim as it stands; None if it can't be read with what the bundle carries."""
        if self._urls is None or self._urls.claim_read is None:
            return None
        url, key = self._urls.claim_read, self.keys.claim
        try:
            return parsed(self._patience.keep_trying(lambda: self._courier.get(url, key), Unanswered))
        except UrlRefused:
            return None

    def result(self, document: dict[str, Any]) -> bool:
        """False when a result was there already: that one stands (law 7)."""
        return self._put_if_absent(self.keys.result, self._urls.result if self._urls else None, document)

    def heartbeat(self, document: dict[str, Any], timeout: float) -> None:
        """Tried once; connecting and each silence take no longer than ``timeout`` seconds."""
        key, body = self.keys.heartbeat, _json(document)
        self._deliver(
            key,
            self._urls.heartbeat if self._urls else None,
            lambda url: self._courier.put(url, key, body, timeout),
            lambda role: role.put(key, body),
        )

    def events(self, events: list[dict[str, Any]]) -> None:
        key, body = self.keys.events, _json(events)
        self._deliver_patiently(
            key,
            self._urls.events if self._urls else None,
            lambda url: self._courier.put(url, key, body),
            lambda role: role.put(key, body),
        )

    def log_chunk(self, index: int, data: bytes) -> None:
        key = self.keys.log_chunk(index)
        fields = self._urls.log_fields if self._urls else {}
        self._deliver_patiently(
            key,
            self._urls.log_url if self._urls else None,
            lambda url: self._courier.post(url, fields, key, data, LOG_TIMEOUT),
            lambda role: role.put(key, data),
        )

    def control(self, timeout: float) -> dict[str, Any] | None:
        """What the engine asks for; None when that is nothing. Tried once, by the URL and, should that be
        refused, by the role as well.

        A refusal is not remembered. An object that is not there yet is a 404 NoSuchKey to who may list the
        bucket, and a 403 AccessDenied to who may not (Amazon S3 API Reference, GetObject, "Permissions");
        the URL's signer may, but need not. And 403 AccessDenied is also what an expired URL gets. So a
        refused URL may be a good one that finds something the next time; whether it is dead can't be told
        and need not be: the role is asked in its place. Its 403 is no news either: it may not list.
        """
        key, role = self.keys.control, self._fallback
        if self._urls is not None:
            try:
                return parsed(self._courier.get(self._urls.control, key, timeout))
            except UrlRefused:
                if role is None:
                    raise
        return None if role is None else parsed(role.read(key))

    def _put_if_absent(self, key: str, url: str | None, document: dict[str, Any]) -> bool:
        body = _json(document)
        return self._deliver_patiently(
            key,
            url,
            lambda url: self._courier.put_if_absent(url, key, body),
            lambda role: role.put_if_absent(key, body),
        )

    def _deliver_patiently(
        self, key: str, url: str | None, by_url: Callable[[str], _T], by_role: Callable[[Fallback], _T]
    ) -> _T:
        return self._patience.keep_trying(lambda: self._deliver(key, url, by_url, by_role), Unanswered)

    def _deliver(self, key: str, url: str | None, by_url: Callable[[str], _T], by_role: Callable[[Fallback], _T]) -> _T:
        """By the URL unless that is known to be dead, else by the role."""
        role = self._fallback
        if url is not None and (role is None or url not in self._dead):
            try:
                return by_url(url)
            except UrlRefused as error:
                if role is None:
                    raise
                self._dead.add(url)
                _log.warning("callback URL refused, going on with the worker's own role", error=str(error))
        if role is None:
            raise UrlRefused(f"PUT {key}: there is no URL to be read and the worker has no role to write by")
        try:
            return by_role(role)
        except Exception as error:  # any client, any error: what counts is that it is not written
            raise Unanswered(f"PUT {key} by the worker's role: {tell(error)}") from error


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("utf-8")


def parsed(data: bytes | None) -> dict[str, Any] | None:
    """The JSON object in an answer; anything else counts as none."""
    try:
        found = json.loads(data or b"null")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
