"""One request to one presigned URL, and what its answer means. A URL is never told, only its key."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import urllib3
from urllib3.filepost import encode_multipart_formdata

from execution_engine.errors import EngineError

DEFAULT_TIMEOUT = 20.0
_GOOD = range(200, 300)
_ASK_AGAIN = frozenset({408, 409, 429})
_ABSENT = ("NoSuchKey", "")
_IF_ABSENT = {"If-None-Match": "*"}
_SMALL = {"Range": "bytes=0-65535"}


class Unanswered(EngineError):
    """No answer, or one that says "later". The request may have taken effect all the same."""


class UrlRefused(EngineError):
    """The URL is not accepted: it expired, its signer's session has, or the bucket is not there."""


class Courier:
    """For any number of threads; keeps its connections. ``timeout`` in seconds, for connecting and
    for each silence of the other side."""

    def __init__(self, pool: urllib3.PoolManager | None = None) -> None:
        # Even its warnings name URLs in full.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self._pool = pool or urllib3.PoolManager(num_pools=4, maxsize=4)

    def put(self, url: str, key: str, body: bytes, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._ask("PUT", url, key, body=body, timeout=timeout)

    def put_if_absent(self, url: str, key: str, body: bytes, timeout: float = DEFAULT_TIMEOUT) -> bool:
        """False when the object was there already; then it is as it was."""
        return self._ask("PUT", url, key, body=body, headers=_IF_ABSENT, timeout=timeout) is not None

    def get(self, url: str, key: str, timeout: float = DEFAULT_TIMEOUT) -> bytes | None:
        """The object's first 64 KiB; None when there is none. ``UrlRefused`` may mean that too, see
        ``Reporter.control``."""
        return self._ask("GET", url, key, headers=_SMALL, timeout=timeout)

    def post(
        self,
        url: str,
        fields: Mapping[str, str],
        key: str,
        body: bytes,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        """A presigned POST (a form); ``fields`` are its policy and signature."""
        form: list[tuple[str, str | tuple[str, bytes, str]]] = [*{**fields, "key": key}.items()]
        form.append(("file", ("log", body, "application/octet-stream")))  # must be the last one
        data, content_type = encode_multipart_formdata(form)
        self._ask("POST", url, key, body=data, headers={"Content-Type": content_type}, timeout=timeout)

    def _ask(
        self,
        method: str,
        url: str,
        key: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float,
    ) -> bytes | None:
        try:
            answer = self._pool.request(
                method, url, body=body, headers=headers, timeout=timeout, retries=False, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            # Its text may hold the URL, and so may its cause's.
            raise Unanswered(f"{method} {key}: no answer ({type(error).__name__})") from None
        if answer.status in _GOOD:
            return answer.data
        code = _code(answer.data)
        if answer.status == 412 or (method == "GET" and answer.status == 404 and code in _ABSENT):
            return None
        told = f"{method} {key}: HTTP {answer.status} {code}".rstrip()
        if answer.status >= 500 or answer.status in _ASK_AGAIN or code == "RequestTimeout":
            raise Unanswered(told)
        raise UrlRefused(told)


def _code(body: bytes) -> str:
    """S3's own word for what is wrong (``ExpiredToken``), if it said one."""
    start, end = body.find(b"<Code>"), body.find(b"</Code>")
    if not 0 <= start < end or end - start > 100:
        return ""
    return body[start + 6 : end].decode("ascii", "replace")
