"""HTTP answers, each with the headers that keep a page to itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # The pages' own forms then name their origin, other sites learn nothing.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def html(text: str | Iterable[str], status: int = 200) -> Response:
    return _answer(Response(text, status, content_type="text/html; charset=utf-8"))


def document(value: Any, status: int = 200) -> Response:
    return _answer(Response(json.dumps(value), status, content_type="application/json"))


def nothing_new() -> Response:
    return _answer(Response(status=204))


def see(path: str) -> Response:
    """Elsewhere, by GET. ``path`` is ours: it begins with one slash."""
    return _answer(Response(status=303, headers={"Location": path}))


def asset(data: bytes, content_type: str) -> Response:
    answer = _answer(Response(data, content_type=content_type))
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


def download(pieces: Iterable[bytes], name: str) -> Response:
    answer = _answer(Response(pieces, content_type="text/plain; charset=utf-8", direct_passthrough=True))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _answer(answer: Response) -> Response:
    answer.headers.update(HEADERS)
    return answer
