"""`serve`: the API of a deployment on one machine; what it tells is what the commands here tell."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.stand import at_rest, fuzz, serving
from integration.machine import COMMAND, Machine, finish, order, until
from integration.view import View

from execution_engine.local.gateway import http_event

ORDERS = [
    order("build", "echo '{\"size\": 3}' > $AWS_EXE_SYS_EVENTS_DIR/built.json", "printf 'one\\n\\377two'"),
    order("test", "echo checking", "exit 3", dependencies=["build"]),
    order("publish", dependencies=["test"]),
]


class Served:
    def __init__(self, machine: Machine, url: str, view: View) -> None:
        self.machine = machine
        self.url = url
        self.view = view

    def call(self, *arguments: object) -> Any:
        """A command against the API; in no state folder."""
        process = self.start(*arguments)
        return finish(process)

    def start(self, *arguments: object) -> Any:
        return subprocess.Popen(
            [str(COMMAND), *map(str, arguments), "--api", self.url],
            env={**self.machine.environ, "XDG_STATE_HOME": str(self.machine.root / "none")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def submit(self, orders: list[dict[str, Any]], *more: object) -> str:
        ran = self.call("submit", self.machine.job_file(orders), *more)
        assert ran.code == 0, ran.err
        return str(ran.out.decode().strip())

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """The path goes out as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.url.rpartition(":")[2]), timeout=60)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
            is_json = answer.headers["content-type"] == "application/json"
            return answer.status, json.loads(text) if is_json else text
        finally:
            connection.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    machine = Machine(tmp_path_factory.mktemp("served"), grace="1")
    with serving(machine.state, machine.environ) as url, machine.aws() as aws:
        yield Served(machine, url, View(aws.settings))


@pytest.fixture(scope="module")
def ran(served: Served) -> tuple[str, str]:
    """A run submitted through `serve`, and its trace."""
    run_id = served.submit(ORDERS)
    assert served.call("wait", run_id).code == 1
    return run_id, served.ask("GET", f"/runs/{run_id}")[1]["trace_id"]


def questions(run_id: str, trace_id: str) -> list[list[str]]:
    return [
        ["status", run_id],
        ["history", trace_id],
        ["history", trace_id, "--order", "test"],
        ["logs", run_id, "build"],
        ["logs", run_id, "0002", "--follow"],
        ["logs", run_id, "publish"],
        ["wait", run_id],
        *(
            [*one, "--json"]
            for one in (["status", run_id], ["history", trace_id], ["logs", run_id, "build"], ["wait", run_id])
        ),
    ]


def test_what_the_api_tells_is_what_this_machine_tells(served: Served, ran: tuple[str, str]) -> None:
    for question in questions(*ran):
        here, there = served.machine.call(*question), served.call(*question)
        assert (there.code, there.out) == (here.code, here.out), question
        assert there.out or question[0] == "wait" or "publish" in question  # which never ran


VARIES = [
    (r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b", "RUN"),
    (r"\b[0-9a-f]{32}\b", "TRACE"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", "TIME"),
    (r"\b\d{10}\.\d+", "EPOCH"),
    (r"\b\d\d:\d\d\b", "SECONDS"),
    (r'"seconds": [\d.]+', "SECONDS"),
    (r"log-events/\S+", "STREAM"),
]


def alike(text: str) -> str:
    for pattern, word in VARIES:
        text = re.sub(pattern, word, text)
    return text


def test_a_run_submitted_through_it_and_one_of_run_read_alike(served: Served, ran: tuple[str, str]) -> None:
    document = served.machine.run(ORDERS).json
    own = questions(document["run_id"], document["trace_id"])
    for mine, theirs in zip(own, questions(*ran), strict=True):
        here, there = served.machine.call(*mine), served.call(*theirs)
        lines = [sorted(alike(one.out.decode("utf-8", "replace")).splitlines()) for one in (here, there)]
        assert lines[0] == lines[1], mine


def test_a_log_is_followed_live_and_ends_with_its_order(served: Served, tmp_path: Path) -> None:
    go_on, said = tmp_path / "go-on", tmp_path / "said"
    waits = f"echo begun; touch {said}; while ! test -e {go_on}; do sleep 0.1; done; echo done"
    run_id = served.submit([order("slow", waits, timeout=600)])
    follower = served.start("logs", run_id, "slow", "--follow")
    until(said.exists)
    first = follower.stdout.readline()
    assert (first, follower.poll()) == (b"begun\n", None), "it comes while its order goes on, or never"
    go_on.touch()
    rest = finish(follower)
    assert (rest.code, rest.out) == (0, b"done\n")


def test_a_run_is_cancelled_and_retried_through_it(served: Served, tmp_path: Path) -> None:
    ok = tmp_path / "ok"
    run_id = served.submit([order("a"), order("b", f"test -e {ok} || sleep 300", timeout=400, dependencies=["a"])])
    until(lambda: served.ask("GET", f"/runs/{run_id}?order=b")[1]["orders"][0]["status"] == "running")
    assert served.call("cancel", run_id).code == 0
    assert served.machine.call("status", run_id, "--json").json["status"] == "failed"
    ok.touch()
    again = served.call("retry", run_id, "--json")
    assert (again.code, again.json["retry_of"], list(again.orders)) == (0, run_id, ["b"])
    assert served.call("retry", again.json["run_id"]).code == 2
    runs = served.ask("GET", "/orders/b")[1]["runs"]
    assert [(one["run_id"], one["status"]) for one in runs] == [(again.json["run_id"], "succeeded"), (run_id, "failed")]


def test_a_repeated_key_is_the_same_run(served: Served) -> None:
    key, job = "served-key", {"username": "ann", "orders": [order("a")]}
    status, first = served.ask("POST", "/init", {"job": job, "idempotency_key": key})
    assert (status, first["status"]) == (200, "ok")
    assert served.ask("POST", "/init", {"job": job, "idempotency_key": key}) == (200, {**first, "replayed": True})
    other = {**job, "orders": [order("b")]}
    assert served.ask("POST", "/init", {"job": other, "idempotency_key": key})[0] == 409
    assert served.call("wait", first["run_id"]).code == 0


def test_the_function_itself_answers_alike_under_its_own_role(served: Served, ran: tuple[str, str]) -> None:
    run_id, trace_id = ran
    for path in (
        f"/runs/{run_id}",
        f"/traces/{trace_id}",
        f"/runs/{run_id}/orders/0001/log",
        "/orders/build?limit=1",
        f"/runs/{run_id}?logs=100",
        f"/runs/{run_id}?order=test",
        "/runs/nobody",
        "/openapi.json",
    ):
        place, _, query = path.partition("?")
        asked = dict(one.split("=") for one in query.split("&")) if query else None
        found = served.view.invoke("history", http_event("GET", place, query=asked))
        status, answer = served.ask("GET", path)
        assert found["statusCode"] == status, path
        if not found["isBase64Encoded"]:
            assert json.loads(found["body"]) == answer, path


def test_a_run_of_two_days_ago_still_tells_its_story(served: Served, tmp_path: Path) -> None:
    run_id = served.submit([order("nightly", "exit 4")])
    assert served.call("wait", run_id).code == 1
    trace_id = served.ask("GET", f"/runs/{run_id}")[1]["trace_id"]
    before = served.call("history", trace_id)
    for num in ("0000", "0001"):  # as TTL does it
        served.view.client("dynamodb").delete_item(
            TableName=served.view.name("ORDERS_TABLE"), Key={"pk": {"S": f"{run_id}:{num}"}}
        )
    status, gone = served.ask("GET", f"/runs/{run_id}")
    assert status == 404
    assert run_id in gone["error"] and "90 days" in gone["error"] and "trace_id" in gone["error"]
    assert served.ask("GET", f"/runs/{run_id}/orders/0001/log")[0] == 404
    for ask in (served.call, served.machine.call):
        asked = ask("status", run_id)
        assert (asked.code, "trace_id" in asked.err) == (2, True)
        told = ask("history", trace_id)
        assert (told.code, told.out) == (0, before.out)
    assert "exit_code=4" in before.out.decode()
    (run,) = served.ask("GET", "/orders/nightly")[1]["runs"]
    assert (run["run_id"], run["status"], run["exit_code"], run["seconds"] is not None) == (run_id, "failed", 4, True)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/traces/a%2Fb", None, 404),
        ("GET", "/traces/a%252Fb", None, 404),
        ("GET", "/runs/%2e%2e", None, 404),
        ("GET", "/runs/..%2f..%2fetc", None, 404),
        ("GET", "/runs/%00", None, 400),
        ("GET", "/runs/a%0d%0aX: y", None, 400),
        ("GET", "/runs/%ff%fe", None, 404),
        ("GET", "/runs/" + "a" * 5_000, None, 404),
        ("GET", "/runs/" + "a" * 100_000, None, 414),
        ("GET", "/traces/t?limit=99999999999999999999", None, 400),
        ("GET", "/traces/t?limit=-1&since=x&next=%00", None, 400),
        ("GET", "/traces/t?order_name=%ff", None, 404),
        ("GET", "/openapi.json/", None, 404),
        ("PUT", "/init", b"{}", 405),
        ("POST", "/init", None, 400),
        ("POST", "/init", b"", 400),
        ("POST", "/init", b"\xff\xfe", 400),
        ("POST", "/init", b"[" * 100_000, 400),
        ("POST", "/init", b'{"job": {}, "job": {}}', 400),
        ("POST", "/init", b'{"job": {"username": "a", "orders": [{"cmds": ["x"], "timeout": 1e999}]}}', 400),
        ("POST", "/init", b" " * (11 * 1024 * 1024), 413),
        ("POST", "/runs/nobody/cancel", None, 404),
        ("POST", "/runs/nobody/retry", b"junk", 404),
    ],
)  # fmt: skip
def test_bad_requests_are_refused_in_one_shape(
    served: Served, method: str, path: str, body: bytes | None, status: int
) -> None:
    found, answer = served.ask(method, path.replace(" ", "%20"), body)
    assert (found, answer["status"], answer["error"] != "") == (status, "error", True)


def test_no_other_name_and_no_other_page_is_answered(served: Served) -> None:
    assert served.ask("GET", "/openapi.json", Host="rebound.example")[0] == 403
    assert served.ask("POST", "/init", b"{}", Origin="https://page.example")[0] == 403


def test_a_first_look_by_schemathesis(tmp_path: Path) -> None:
    """A few cases of each operation, always the same; `tox -e api` tries thousands, and others each time."""
    state = tmp_path / "state"
    with at_rest(state), serving(state) as url:
        found = fuzz(url, tmp_path, examples=5, phases="examples,fuzzing", seed="1")
    assert found.code == 0, found.told
    assert found.cases >= 20, found.told
