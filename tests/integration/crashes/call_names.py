"""What a call to AWS is called: its operation and what it is about, without anything of one run.

Two calls have one name when the engine means the same by them: freeing the lock is another call than taking it,
a launch another than a wake-up.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_FOLDERS = ("code", "log", "uploads")
_PREFIX = "execution-engine-"
_JOB_EVENTS = ("job_started", "job_completed")


def of_client(service: str, operation: str, request: Any) -> str:
    """A botocore client's call. ``request``: what is about to be sent."""
    body = request.body if isinstance(request.body, (bytes, bytearray)) else b""
    if service == "dynamodb":
        about = _of_table(operation, json.loads(body))
    elif service == "s3":
        about = _of_key(urlsplit(request.url))
    elif service == "lambda":
        about = unquote(urlsplit(request.url).path).split("/functions/")[1].split("/")[0].removeprefix(_PREFIX)
    else:
        about = ""
    return f"{service}.{operation} {about}".rstrip()


def of_url(method: str, url: str) -> str:
    """A request to a presigned URL. (A form goes to the bucket; its key is in it.)"""
    return f"url.{method} {'log' if method == 'POST' else _of_key(urlsplit(url))}"


def changes_something(name: str) -> bool:
    """Whether a call of that name does more than look."""
    operation = name.split(".", 1)[1].split()[0]
    return not re.match("Get|Head|List|Query|BatchGet|GET|Encrypt|Decrypt", operation)


def _of_table(operation: str, request: dict[str, Any]) -> str:
    if operation in ("TransactWriteItems", "BatchWriteItem", "BatchGetItem"):
        text = json.dumps(request)
        told = [event for event in _JOB_EVENTS if f'"{event}"' in text]
        return " ".join(told)
    table = str(request.get("TableName", "")).removeprefix(_PREFIX)
    pk = str((request.get("Key") or request.get("Item") or {}).get("pk", {}).get("S", ""))
    if table == "locks":
        kind = pk.partition(":")[0]
        return f"{kind} free" if "REMOVE" in request.get("UpdateExpression", "") else kind
    return f"{table} run" if pk.endswith(":0000") else table


def _of_key(url: Any) -> str:
    """The last part of an object's key; what is named by its content or a number is called by its folder."""
    parts = [part for part in unquote(url.path).split("/") if part]
    if len(parts) < 2:  # the bucket itself
        prefix = parse_qs(url.query).get("prefix")
        return "list" if prefix else "many"
    name = next((part for part in parts[1:-1] if part in _FOLDERS), parts[-1])
    return f"0000/{name}" if "0000" in parts else name
