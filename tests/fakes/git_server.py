"""A git server on 127.0.0.1: the real ``git http-backend`` behind TLS and a token."""

from __future__ import annotations

import base64
import gzip
import os
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from fakes.certificates import certificate


@dataclass(frozen=True)
class Asked:
    """One request; ``body`` unpacked; ``user``: who it was let in as, "" for nobody."""

    method: str
    path: str
    body: bytes
    user: str
    protocol: str


@dataclass
class Behaviour:
    """``token`` None: nobody needs one. ``version``: of the protocol, at most. ``redirect``: where everything is
    sent to. ``refuse``: a status for whoever showed a credential, which is told back. ``stall``: answers nothing.
    """

    token: str | None = None
    version: int = 2
    redirect: str | None = None
    refuse: int | None = None
    stall: bool = False
    hear: Callable[[Asked], None] = field(default=lambda asked: None)


class GitServer:
    """Serves the bare repositories below ``root``. ``asked``: every request it let in or refused, in order."""

    def __init__(self, root: Path, private: Path) -> None:
        self.root = root
        self.behaviour = Behaviour()
        self.asked: list[Asked] = []
        self.authority = private / "authority.pem"
        key = private / "key.pem"
        certificate(self.authority, key)
        self.over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: _Handler(self, *given))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, repository: str) -> str:
        return f"https://{self.at}/{repository}"

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: GitServer, *given: Any) -> None:
        self._git = server
        super().__init__(*given)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        body = self._body()
        self._answer(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while length := int(self.rfile.readline(), 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, body: bytes) -> None:
        does = self._git.behaviour
        user, password = self._credential()
        protocol = self.headers.get("Git-Protocol", "") if does.version == 2 else ""
        asked = Asked(self.command, self.path, body, user if password == does.token else "", protocol)
        self._git.asked.append(asked)
        does.hear(asked)
        if does.stall:
            self._git.over.wait()
        elif does.redirect is not None:
            self._say(301, b"", ("Location", does.redirect + self.path))
        elif does.refuse is not None and (user or does.token is None):
            self._say(does.refuse, f"you sent {user}:{password}".encode(), ("Content-Type", "text/plain"))
        elif does.token is not None and password != does.token:
            self._say(401, b"who are you?", ("WWW-Authenticate", 'Basic realm="git"'), ("Content-Type", "text/plain"))
        else:
            self._ask_git(asked)

    def _credential(self) -> tuple[str, str]:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        user, _, password = base64.b64decode(value).decode().partition(":") if kind == "Basic" else ("", "", "")
        return user, password

    def _ask_git(self, asked: Asked) -> None:
        path, _, query = asked.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PROJECT_ROOT": str(self._git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": asked.protocol,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": asked.method,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(asked.body)),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=asked.body, env=environment, capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self._say(status, body, *((name, value) for name, value in headers if name != "Status"))

    def _say(self, status: int, body: bytes, *headers: tuple[str, ...]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
