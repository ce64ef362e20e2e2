"""What API Gateway (HTTP API, payload 2.0) hands to a function, for whoever asks one on this machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

ADDRESS = "127.0.0.1"


def http_event(
    method: str, path: str, body: object | None = None, *, query: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The event of a request; ``body`` is sent as JSON. The function answers ``statusCode`` and a JSON ``body``."""
    headers = {"host": "localhost", "content-type": "application/json"}
    data = b"" if body is None else json.dumps(body).encode()
    return request_event(method, path, path, query=urlencode(query or {}), headers=headers, body=data)


def request_event(
    method: str, route: str, path: str, *, query: str, headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """``route``: the path with its places, as in ``/runs/{run_id}``. ``path`` is decoded, as HTTP APIs hand it on (REST
    APIs don't); ``query`` is as it came. What is given twice in it is joined by commas; what is no text is base64."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {route}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(headers),
        "requestContext": {
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": ADDRESS,
                "userAgent": headers.get("user-agent", ""),
            },
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        values[name] = f"{values[name]},{value}" if name in values else value
    if values:
        event["queryStringParameters"] = values
    if body:
        try:
            event["body"] = body.decode("utf-8")
        except UnicodeDecodeError:
            event["body"], event["isBase64Encoded"] = base64.b64encode(body).decode(), True
    return event
