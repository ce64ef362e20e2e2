"""One machine's gateway: what reaches a function, what is answered, and who is not answered at all."""

from __future__ import annotations

import base64
import io
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from execution_engine import resources
from execution_engine.local import http_api
from execution_engine.local.http_api import HttpApi
from execution_engine.local.http_server import HttpServer, PortTaken

ROUTES = resources.load("api")["routes"]
FUNCTIONS = {route["function"] for route in ROUTES}
PORT = 8_080


class Functions:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}
        self.error: Exception | None = None

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        self.events.append(event)
        if self.error is not None:
            raise self.error
        return self.answer


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def api(functions: Functions) -> HttpApi:
    made = HttpApi(ROUTES, dict.fromkeys(FUNCTIONS, functions), lambda environ: True)
    made.port = PORT
    return made


def ask(
    api: HttpApi, method: str = "GET", path: str = "/runs/a", body: bytes = b"", **more: Any
) -> tuple[int, dict[str, str], Any]:
    """``path`` in bytes as they were after decoding, in the way of WSGI."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": "",
        "HTTP_HOST": f"127.0.0.1:{PORT}",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.input": io.BytesIO(body),
        **more,
    }
    said: list[Any] = []
    data = b"".join(api(environ, lambda status, headers: said.append((int(status[:3]), dict(headers)))))
    ((status, headers),) = said
    assert int(headers["content-length"]) == len(data) or method == "HEAD"
    return status, headers, data


def test_a_request_reaches_its_function_as_api_gateway_hands_it_on(api: HttpApi, functions: Functions) -> None:
    more = {"QUERY_STRING": "a=1&b=x%20y&a=2&c=", "HTTP_X_THING": "t", "CONTENT_TYPE": "application/json"}
    assert ask(api, "POST", "/runs/ä b/cancel", '{"ö": 1}'.encode(), **more)[0] == 200
    event = APIGatewayProxyEventV2(functions.events[0])
    assert (event.route_key, event.raw_path, event.http_method) == (
        "POST /runs/{run_id}/cancel",
        "/runs/ä b/cancel",
        "POST",
    )
    assert event.query_string_parameters == {"a": "1,2", "b": "x y", "c": ""}
    assert event.raw_query_string == "a=1&b=x%20y&a=2&c="
    assert (event.headers["x-thing"], event.headers["content-type"]) == ("t", "application/json")
    assert (event.decoded_body, event.is_base64_encoded) == ('{"ö": 1}', False)


def test_what_is_no_text_is_handed_on_as_base64(api: HttpApi, functions: Functions) -> None:
    ask(api, "POST", "/init", b"\xff\x00")
    assert functions.events[0]["isBase64Encoded"]
    assert base64.b64decode(functions.events[0]["body"]) == b"\xff\x00"


def test_a_body_in_chunks_is_read_to_its_end(api: HttpApi, functions: Functions) -> None:
    ask(api, "POST", "/init", **{"wsgi.input": io.BytesIO(b"{}"), "wsgi.input_terminated": True})
    assert functions.events[0]["body"] == "{}"


def test_chunks_that_are_none_are_the_callers_fault(api: HttpApi, functions: Functions) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("Invalid chunk header")

    status, _, body = ask(api, "POST", "/init", **{"wsgi.input": Broken(), "wsgi.input_terminated": True})
    assert status == 400 and b"chunks" in body and functions.events == []


def test_an_answer_comes_back_as_it_is(api: HttpApi, functions: Functions) -> None:
    functions.answer = {
        "statusCode": 206,
        "headers": {"Content-Type": "text/plain", "x-log-next": "3"},
        "body": base64.b64encode(b"\xff\x00a").decode(),
        "isBase64Encoded": True,
    }
    status, headers, data = ask(api)
    assert (status, data, headers["content-type"], headers["x-log-next"]) == (206, b"\xff\x00a", "text/plain", "3")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/runs", 404),
        ("GET", "/runs/", 404),
        ("GET", "/runs/a/b", 404),
        ("GET", "/runs/a/orders//log", 404),
        ("GET", "//runs/a", 404),
        ("GET", "/init", 405),
        ("DELETE", "/runs/a", 405),
        ("HEAD", "/runs/a", 405),
        ("QUERY", "/runs/a", 405),
        ("GET", "/runs/a\n", 400),
        ("GET", "/runs/a\x00", 400),
    ],
)
def test_what_is_not_here_reaches_no_function(
    api: HttpApi, functions: Functions, method: str, path: str, status: int
) -> None:
    found, headers, data = ask(api, method, path)
    assert (found, functions.events) == (status, [])
    assert ("allow" in headers) == (status == 405)
    if method != "HEAD":
        assert json.loads(data)["status"] == "error"


def test_a_path_that_is_no_utf8_is_refused(api: HttpApi) -> None:
    assert ask(api, PATH_INFO="/runs/\xff")[0] == 400


def test_a_body_that_is_too_large_is_refused(
    api: HttpApi, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_api, "BODY_LIMIT", 10)
    assert ask(api, "POST", "/init", b"x" * 10)[0] == 200
    assert ask(api, "POST", "/init", b"x" * 11)[0] == 413
    chunks = {"wsgi.input": io.BytesIO(b"x" * 99), "wsgi.input_terminated": True}
    assert ask(api, "POST", "/init", **chunks)[0] == 413
    assert len(functions.events) == 1


def test_a_function_that_breaks_is_a_500_that_gives_nothing_away(api: HttpApi, functions: Functions) -> None:
    functions.error = RuntimeError("hunter2")
    status, _, data = ask(api)
    assert (status, b"hunter2" in data) == (500, False)


@pytest.mark.parametrize(
    "more",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": f"evil.example:{PORT}"},
        {"HTTP_HOST": "127.0.0.1"},
        {"HTTP_HOST": "127.0.0.1:1"},
        {"HTTP_HOST": ""},
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "http://127.0.0.1:1"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
    ],
)
def test_other_names_and_other_pages_are_not_answered(api: HttpApi, functions: Functions, more: dict[str, str]) -> None:
    assert (ask(api, "POST", "/init", b"{}", **more)[0], functions.events) == (403, [])


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"HTTP_HOST": f"localhost:{PORT}"},
        {"HTTP_ORIGIN": f"http://127.0.0.1:{PORT}"},
        {"HTTP_SEC_FETCH_SITE": "none"},
    ],
)
def test_its_own_names_are(api: HttpApi, more: dict[str, str]) -> None:
    assert ask(api, **more)[0] == 200


def test_another_user_is_not_answered(functions: Functions) -> None:
    api = HttpApi(ROUTES, dict.fromkeys(FUNCTIONS, functions), lambda environ: False)
    api.port = PORT
    assert (ask(api)[0], functions.events) == (403, [])


class Served:
    def __init__(self, functions: Functions) -> None:
        api = HttpApi(ROUTES, dict.fromkeys(FUNCTIONS, functions))
        self.server = HttpServer(api, 0)
        api.port = self.server.port
        self.thread = threading.Thread(target=self.server.serve)
        self.thread.start()

    def get(self, path: str) -> tuple[int, str, bytes]:
        try:
            with urllib.request.urlopen(f"{self.server.url}{path}", timeout=10) as answer:
                return answer.status, answer.headers["content-type"], answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["content-type"], error.read()


@pytest.fixture
def served(functions: Functions) -> Iterator[Served]:
    made = Served(functions)
    yield made
    made.server._server.shutdown()
    made.thread.join()


def test_it_answers_processes_of_the_same_user(served: Served, functions: Functions) -> None:
    assert served.get("/runs/a%20b?x=1") == (200, "application/json", b"{}")
    assert functions.events[0]["rawPath"] == "/runs/a b"


def test_an_encoded_slash_is_a_slash(served: Served, functions: Functions) -> None:
    assert (served.get("/runs/a%2Fb")[0], functions.events) == (404, [])


def test_what_is_too_long_for_http_is_answered_in_the_same_shape(served: Served) -> None:
    status, kind, data = served.get("/runs/" + "a" * 70_000)
    assert (status, kind, json.loads(data)["status"]) == (414, "application/json", "error")


def test_a_port_that_is_taken_is_said_so(served: Served) -> None:
    with pytest.raises(PortTaken, match=f"port {served.server.port}"):
        HttpServer(lambda *_: [], served.server.port)
