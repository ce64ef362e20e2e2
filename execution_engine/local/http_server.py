"""A WSGI application on a port of 127.0.0.1, by werkzeug's server: each request has a thread."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from typing import Any

import structlog
from werkzeug.serving import WSGIRequestHandler, make_server

from execution_engine.errors import EngineError
from execution_engine.local.gateway import ADDRESS

_PATIENCE = 60.0
"""Seconds that a silent connection is kept."""

log = structlog.get_logger()


class PortTaken(EngineError):
    """The port can't be had; says what to do."""


class _Handler(WSGIRequestHandler):
    timeout = _PATIENCE

    def version_string(self) -> str:
        return "execution-engine"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no HTTP, or too long for it, gets an error in the API's own shape."""
        said = {"status": "error", "error": f"this request can't be read: {message or code}", "errors": []}
        body = json.dumps(said).encode()
        self.close_connection = True
        self.send_response(code, message)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log(self, type: str, message: str, *args: Any) -> None:
        log.debug("request", said=type)


class HttpServer:
    """Listens from its making on; ``serve`` answers until it is interrupted. ``port`` 0: any that is free."""

    def __init__(self, application: Callable[..., Any], port: int) -> None:
        try:
            self._server = make_server(ADDRESS, port, application, threaded=True, request_handler=_Handler)
        except (OSError, SystemExit) as error:  # werkzeug's own way to say that a port is taken
            raise PortTaken(
                f"port {port} of {ADDRESS} can't be had; name another by --port, or none for a free one"
            ) from error
        self.port = self._server.port

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    def serve(self) -> None:
        gc.freeze()  # what is loaded by now stays: to look through it in the middle of an answer takes its time again
        self._server.serve_forever()

    def close(self) -> None:
        self._server.server_close()
