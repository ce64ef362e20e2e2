"""What API Gateway (HTTP API, payload 2.0) hands to a function, for whoever asks one on this machine."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode


def http_event(
    method: str, path: str, body: object | None = None, *, query: dict[str, str] | None = None
) -> dict[str, Any]:
    """The event of a request; ``body`` is sent as JSON. The function answers ``statusCode`` and a JSON ``body``."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {"host": "localhost", "content-type": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": ""},
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        event["body"] = json.dumps(body)
    return event
