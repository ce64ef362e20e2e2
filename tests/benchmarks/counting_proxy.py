"""Counts HTTP requests on their way to the embedded AWS: a service's own view of "an AWS call".

A retry is a call of its own here, as it is on a bill.
"""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


def call_name(method: str, path: str, headers: http.client.HTTPMessage) -> str:
    """``dynamodb UpdateItem``, ``s3 PUT``, …; presigned requests name their service in the query."""
    target = headers.get("X-Amz-Target")
    if target:
        service, _, operation = target.partition(".")
        return f"{service.split('_')[0].lower()} {operation}"
    return "lambda Invoke" if path.startswith("/2015-03-31/functions/") else f"s3 {method}"


class CountingProxy:
    """A context manager; inside it ``url`` stands for what it points at, and ``counts`` grows."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._endpoint = urlsplit("")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> CountingProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def point_at(self, endpoint: str) -> None:
        self._endpoint = urlsplit(endpoint)

    def hear(self, name: str, path: str, body: bytes) -> None:
        """A request, before it is passed on; one at a time."""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                name = call_name(self.command, self.path, self.headers)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with proxy._lock:
                    proxy.counts[name] += 1
                    proxy.hear(name, self.path, body)
                onward = http.client.HTTPConnection(proxy._endpoint.hostname or "", proxy._endpoint.port, timeout=120)
                try:
                    onward.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():
                        onward.putheader(name, value)
                    onward.endheaders(body)
                    answer = onward.getresponse()
                    data = answer.read()
                    self.send_response_only(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in _HOP:
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                finally:
                    onward.close()

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler
