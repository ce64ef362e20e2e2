"""What stands before ministack's door, because a loopback port is open to every user of the machine.

ministack takes an unsigned request, or one signed with any well-known key, for the all-powerful root.
Here only this machine's operator (whose key id is random and lies in the state folder, owner only),
the functions' own sessions (whose signatures ministack checks) and processes of the same user get
through: who could read the state folder may as well look at it with any tool and any key.
"""

from __future__ import annotations

import hmac
import json
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from execution_engine.local.peers import user_behind

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH_PATH = "/_ministack/health"

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_SESSION_KEY = re.compile(r"ASIA[0-9A-Z]{16}")


class Guard:
    """An ASGI application around another; answers 403 instead of it."""

    def __init__(self, inner: Application, operator_key: str, is_own: Callable[[Scope], bool]) -> None:
        self._inner = inner
        self._operator_key = operator_key
        self._is_own = is_own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if not self.admits(scope) and not self._is_own(scope):
                return await _refuse(send)
        elif scope["type"] != "lifespan":
            return await send({"type": "websocket.close", "code": 1008})
        await self._inner(scope, receive, send)

    def admits(self, scope: Scope) -> bool:
        """Whether every key the request names is known, and it names one (health needs none).

        A presigned POST names its key in the form; ministack itself refuses forms that are not signed.
        """
        if scope["path"] == HEALTH_PATH and scope["method"] == "GET":
            return True
        if _is_form(scope):
            return True
        keys = named_keys(_header(scope, b"authorization"), scope.get("query_string", b"").decode("latin-1"))
        return bool(keys) and all(self._known(key) for key in keys)

    def _known(self, key: str) -> bool:
        return bool(_SESSION_KEY.fullmatch(key)) or hmac.compare_digest(key.encode(), self._operator_key.encode())


def from_same_user(scope: Scope) -> bool:
    """Whether the process that asks is one of the user whose process this is."""
    client, server = scope.get("client"), scope.get("server")
    if client is None or server is None:
        return False
    return user_behind((client[0], client[1]), (server[0], server[1])) == os.getuid()


def named_keys(authorization: str, query: str) -> list[str]:
    """The access keys that a request names in its header and its query, in any form of signature."""
    keys = _CREDENTIAL.findall(authorization)
    if authorization.startswith("AWS "):
        keys.append(authorization[4:].partition(":")[0])
    for name, values in parse_qs(query, keep_blank_values=True).items():
        if name.lower() in ("x-amz-credential", "awsaccesskeyid"):
            keys += [value.partition("/")[0] for value in values]
    return keys


def _is_form(scope: Scope) -> bool:
    return (
        scope["method"] == "POST"
        and not scope.get("query_string")
        and not _header(scope, b"authorization")
        and _header(scope, b"content-type").startswith("multipart/form-data")
        and "/" not in scope["path"].strip("/")
    )


def _header(scope: Scope, name: bytes) -> str:
    values = (value for key, value in scope["headers"] if key.lower() == name)
    return ",".join(value.decode("latin-1") for value in values)


async def _refuse(send: Send) -> None:
    body = json.dumps({"__type": "AccessDeniedException", "message": "unknown key: not the owner of this state"})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
