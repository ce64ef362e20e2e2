"""The engine's functions as functions.json says, their settings from an embedded AWS whose own functions rest."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from execution_engine import resources
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.names import VALUES
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import connect
from execution_engine.wiring.clients import Clients
from image.container import Container
from image.emulator import Function

FUNCTIONS: dict[str, dict[str, Any]] = resources.load("functions", **VALUES)["functions"]
_TUNINGS = {"AWS_EXE_SYS_TICK": "600"}
"""No watchdog of the embedded AWS looks while a test does."""


class Launches:
    """Lambda's door for invocations: takes each, starts nothing. ``taken``: function name and payload."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        taken = self.taken

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                name = re.fullmatch(r"/2015-03-31/functions/([^/]+)/invocations", self.path)
                assert name, self.path
                taken.append((name[1], json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        return Handler


class Deployment:
    """One embedded AWS; each function of it is served in the container while it is entered."""

    def __init__(self, container: Container, aws: EmbeddedAws, launches: Launches, logs: Path) -> None:
        self.container = container
        self._aws = aws
        self._logs = logs
        self.launches = launches
        self.client = Clients(aws.settings)

    def settings(self, key: str) -> dict[str, str]:
        """What the function is given, and no other setting."""
        known = self._aws.settings
        plain = {name: value for name, value in known.items() if not name.startswith("AWS_EXE_SYS_")}
        own = {f"AWS_EXE_SYS_{name}": known[f"AWS_EXE_SYS_{name}"] for name in FUNCTIONS[key]["settings"]}
        return {**plain, **own, **_TUNINGS, "AWS_ENDPOINT_URL_LAMBDA": self.launches.url}

    def function(self, key: str, *, without: str = "", **settings: str) -> Function:
        """``settings``: further ones, by their whole name; ``without`` one of its own."""
        log = self._logs / f"{key}-{len(list(self._logs.iterdir()))}.log"
        own = {name: value for name, value in self.settings(key).items() if name != without}
        return Function(self.container, FUNCTIONS[key]["handler"], {**own, **settings}, log)


@contextmanager
def deployment(container: Container, folder: Path) -> Iterator[Deployment]:
    """``folder`` is empty, and ours. The embedded AWS's own functions are never woken by what lands in a bucket."""
    logs = folder / "logs"
    logs.mkdir(parents=True)
    launches = Launches()
    state = StateFolder(folder / "state")
    try:
        with EmbeddedAws(state, environ=os.environ, connect=connect, tunings=_TUNINGS) as aws:
            made = Deployment(container, aws, launches, logs)
            made.client("s3").put_bucket_notification_configuration(
                Bucket=VALUES["internal_bucket"], NotificationConfiguration={}
            )
            yield made
    finally:
        launches.close()
