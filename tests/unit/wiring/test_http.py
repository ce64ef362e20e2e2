"""Requests of the command line to an API: signed or not, and what comes of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from execution_engine.wiring.http import HttpSender

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}


class Heard(BaseHTTPRequestHandler):
    requests: list[tuple[str, str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(404)
        self.send_header("X-Log-Next", "5")
        self.end_headers()
        self.wfile.write(b"gone")

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Heard.requests = []
    made = HTTPServer(("127.0.0.1", 0), Heard)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_an_answer_of_any_status_is_an_answer(server: HTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_port}/runs/a?b=c%20d"
    status, headers, body = HttpSender(KEYS, None)("POST", url, {"content-type": "application/json"}, b"{}")
    assert (status, headers["x-log-next"], body) == (404, "5", b"gone")
    ((method, path, sent, data),) = Heard.requests
    assert (method, path, data, sent["content-type"]) == ("POST", "/runs/a?b=c%20d", b"{}", "application/json")
    assert "authorization" not in sent


def test_a_signature_is_one_for_the_api_in_its_region(server: HTTPServer) -> None:
    HttpSender(KEYS, "eu-west-1")("GET", f"http://127.0.0.1:{server.server_port}/runs/a", {}, b"")
    sent = Heard.requests[0][2]
    assert sent["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/execute-api/aws4_request" in sent["authorization"]
    assert "host" in sent["authorization"]
    assert sent["x-amz-security-token"] == "token"


def test_without_credentials_nothing_is_sent(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(PermissionError, match="no AWS credentials"):
        HttpSender({}, "eu-west-1")("GET", f"http://127.0.0.1:{server.server_port}/", {}, b"")
    assert Heard.requests == []


def test_no_answer_is_a_connection_error(server: HTTPServer) -> None:
    with pytest.raises(ConnectionError):
        HttpSender(KEYS, None)("GET", "http://127.0.0.1:1/", {}, b"")


def test_no_resolver_and_no_proxy_is_asked_for_a_name_below_localhost(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    host = f"a1.execute-api.localhost:{server.server_port}"
    status, _, _ = HttpSender(KEYS, "eu-west-1")("GET", f"http://{host}/runs/a?b=c", {}, b"")
    (_, path, sent, _) = Heard.requests[0]
    assert (status, path, sent["host"]) == (404, "/runs/a?b=c", host)
    assert "SignedHeaders=host;" in sent["authorization"]
