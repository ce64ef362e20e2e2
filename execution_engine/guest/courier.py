"""The courier of an instance: the standard library, a connection for each request."""

from __future__ import annotations

import http.client
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError

from execution_engine.worker.code_file import BLOCK
from execution_engine.worker.courier import DEFAULT_TIMEOUT, Courier, NoAnswer, Unanswered, UrlRefused, meant

_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where others look for further authorities; Python itself knows SSL_CERT_FILE and SSL_CERT_DIR."""

_FAULTS = (OSError, http.client.HTTPException, ValueError)
_LARGEST_REFUSAL = 64 * 1024


class PlainCourier(Courier):
    """Goes through the proxies that the process's environment names (``https_proxy``, ``no_proxy``, …).
    ``environment`` names files of authorities to be trusted beside the system's; a file that is none is left out.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        context = ssl.create_default_context()
        for name in _BUNDLES:
            if path := (environment or {}).get(name):
                try:
                    context.load_verify_locations(path)
                except (OSError, ssl.SSLError):
                    continue
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirect)

    def blocks(self, url: str, key: str, timeout: float = DEFAULT_TIMEOUT) -> Iterator[bytes]:
        """A whole object, block by block. Raises ``Unanswered``, also for one that is cut short, or ``UrlRefused``,
        also where there is none."""
        try:
            with closing(self._open("GET", url, None, {}, timeout)) as answer:
                if answer.status >= 300:
                    meant("GET", key, answer.status, answer.read(_LARGEST_REFUSAL))
                    raise UrlRefused(f"GET {key}: there is no such object")
                left = int(answer.headers.get("Content-Length", "-1"))
                while block := answer.read(BLOCK):
                    left -= len(block)
                    yield block
                if left > 0:
                    raise Unanswered(f"GET {key}: the answer was cut short")
        except _FAULTS as error:
            raise Unanswered(f"GET {key}: no answer ({NoAnswer(error)})") from None

    def _exchange(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> tuple[int, bytes]:
        try:
            with closing(self._open(method, url, body, headers, timeout)) as answer:
                return answer.status, answer.read()
        except _FAULTS as error:
            _told(error)

    def _open(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout: float) -> Any:
        """The answer, whatever its status is."""
        # Without one, urllib would say that a form is sent.
        request = urllib.request.Request(
            url, body, {"Content-Type": "application/octet-stream", **headers} if body is not None else dict(headers)
        )
        request.method = method
        try:
            return self._opener.open(request, timeout=timeout)
        except HTTPError as refusal:
            return refusal


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *asked: Any) -> None:
        """Never: what is signed for one place is not shown at another. The answer stays as it is."""


def _told(error: BaseException) -> NoReturn:
    cause = error.reason if isinstance(error, URLError) else error
    raise NoAnswer(cause if isinstance(cause, BaseException) else error) from None
