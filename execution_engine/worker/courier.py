"""One request to one presigned URL, and what its answer means. A URL is never told, only its key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from execution_engine.errors import EngineError
from execution_engine.worker import multipart

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


class NoAnswer(Exception):
    """What a transport raises. Says the kind of error and nothing else: its text may hold the URL."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)


class Courier(ABC):
    """For any number of threads. ``timeout`` in seconds, for connecting and for each silence of the other side.

    How the bytes travel is a subclass's matter; it follows no redirect.
    """

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
        data, content_type = multipart.encode({**fields, "key": key}, body)
        self._ask("POST", url, key, body=data, headers={"Content-Type": content_type}, timeout=timeout)

    @abstractmethod
    def _exchange(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> tuple[int, bytes]:
        """The answer's status and body, whatever they say. Raises ``NoAnswer``."""

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
            status, answer = self._exchange(method, url, body=body, headers=headers or {}, timeout=timeout)
        except NoAnswer as error:
            raise Unanswered(f"{method} {key}: no answer ({error})") from None
        return meant(method, key, status, answer)


def meant(method: str, key: str, status: int, answer: bytes) -> bytes | None:
    """The answer's body; None where there is no such object, or was one already. Raises what else it means."""
    if status in _GOOD:
        return answer
    code = _code(answer)
    if status == 412 or (method == "GET" and status == 404 and code in _ABSENT):
        return None
    told = f"{method} {key}: HTTP {status} {code}".rstrip()
    if status >= 500 or status in _ASK_AGAIN or code == "RequestTimeout":
        raise Unanswered(told)
    raise UrlRefused(told)


def _code(body: bytes) -> str:
    """S3's own word for what is wrong (``ExpiredToken``), if it said one."""
    start, end = body.find(b"<Code>"), body.find(b"</Code>")
    if not 0 <= start < end or end - start > 100:
        return ""
    return body[start + 6 : end].decode("ascii", "replace")
