"""``serve`` and ``submit``, and what ``--api`` changes in other commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.time_and_ids import FakeClock, SequentialIdentifiers
from unit.cli.stand import JOB, RUN, TRACE, Stand

from execution_engine.cli import remote_machine, serve_command
from execution_engine.cli.addresses import Address
from execution_engine.cli.api_client import ApiClient, Reply
from execution_engine.cli.calls import WrongUsage
from execution_engine.cli.remote_machine import RemoteMachine
from execution_engine.errors import SettingsError

URL = "http://127.0.0.1:8080"


class Api:
    """Answers by method and path, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        what = f"{method} {url.removeprefix(URL)}"
        self.asked.append((what, json.loads(body) if body else None))
        status, answer = self.answers[what]
        return Reply(status, {}, json.dumps(answer).encode())


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    monkeypatch.setattr(remote_machine, "_send", lambda address: made)
    return made


@pytest.fixture
def job(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    return path


ANSWER = {"status": "ok", "run_id": RUN, "trace_id": TRACE, "flow_id": "f", "done_endpt": "s3://d/k"}


def test_a_job_is_submitted_and_its_run_named(stand: Stand, api: Api, job: Path) -> None:
    api.answers["POST /init"] = (200, ANSWER)
    result = stand.call("submit", job, "--api", URL, "--idempotency-key", "k")
    assert (result.exit_code, result.stdout) == (0, f"{RUN}\n")
    ((what, sent),) = api.asked
    assert (what, sent["idempotency_key"], sent["job"]["username"]) == ("POST /init", "k", "ann")
    assert f"execution-engine --api {URL} wait {RUN}" in result.stderr
    assert stand.opened == []


def test_a_submission_is_named_so_that_it_may_be_repeated(stand: Stand, api: Api, job: Path) -> None:
    api.answers["POST /init"] = (200, {**ANSWER, "replayed": True})
    result = stand.call("submit", job, "--api", URL, "--json")
    assert json.loads(result.stdout) == {**ANSWER, "replayed": True}
    assert len(api.asked[0][1]["idempotency_key"]) >= 16
    assert "submitted before" in result.stderr


def test_a_job_for_instances_takes_the_other_door(stand: Stand, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    order = {"cmds": ["true"], "timeout": 5, "ssm_targets": {"instance_ids": ["web-1"]}}
    path.write_text(json.dumps({"username": "ann", "orders": [order]}))
    api.answers["POST /ssm"] = (200, ANSWER)
    assert stand.call("submit", path, "--api", URL).exit_code == 0


def test_faults_are_told_wherever_they_are_found(stand: Stand, api: Api, job: Path, tmp_path: Path) -> None:
    fault = {"where": "orders[0].git_repo", "message": "is on no host that is allowed"}
    api.answers["POST /init"] = (400, {"status": "error", "error": "x", "errors": [fault]})
    result = stand.call("submit", job, "--api", URL)
    assert (result.exit_code, "orders[0].git_repo: is on no host" in result.stderr) == (2, True)
    (tmp_path / "bad.yaml").write_text("username: ann")
    assert stand.call("submit", tmp_path / "bad.yaml", "--api", URL).exit_code == 2
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("submit", "JOB"), "needs --api"),
        (("submit", "JOB", "--api", URL, "--code", "."), "takes no code"),
        (("status", RUN, "--sign"), "--api"),
        (("status", RUN, "--api", "nonsense"), "no address"),
        (("status", RUN, "--api", URL, "--state", "/s"), "exclude"),
        (("--api", URL, "validate", "JOB"), "leave out --api"),
        (("retry", RUN, "--api", URL, "--instances", "web-1:Role=web"), "--instances"),
        (("serve", "--aws", "--state", "/s"), "exclude"),
    ],
)
def test_what_can_not_be_meant_is_refused(
    stand: Stand, api: Api, job: Path, arguments: tuple[str, ...], told: str
) -> None:
    outline = {"run_id": RUN, "trace_id": TRACE, "completed_at": 1.0, "status": "failed"}
    api.answers[f"GET /runs/{RUN}?orders=false"] = (200, outline)
    result = stand.call(*[str(job) if one == "JOB" else one for one in arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert not [what for what, _ in api.asked if what.startswith("POST")]


def test_the_address_may_be_named_before_the_command(stand: Stand, api: Api) -> None:
    api.answers["GET /traces/t"] = (200, {"events": [], "next": None})
    assert stand.call("--api", URL, "history", "t", "--json").exit_code == 0
    assert stand.call("history", "t", "--json", "--api", URL).exit_code == 0
    assert (len(api.asked), stand.opened) == (2, [])


@pytest.fixture
def machine(api: Api) -> RemoteMachine:
    client = ApiClient(URL, api, FakeClock(0), lambda: 0.0)
    return RemoteMachine(client, FakeClock(0), SequentialIdentifiers())


def test_a_place_behind_an_api_is_steered_by_its_routes(machine: RemoteMachine, api: Api) -> None:
    api.answers[f"POST /runs/{RUN}/cancel"] = (200, {"status": "ok"})
    api.answers[f"POST /runs/{RUN}/retry"] = (200, ANSWER)
    machine.cancel(RUN)
    assert machine.retry(RUN).run_id == RUN
    assert (machine.is_abandoned(RUN), machine.is_alone(), machine.remains(RUN), machine.declared()) == (
        False,
        False,
        None,
        None,
    )


def test_what_only_this_machine_has_is_refused_there(machine: RemoteMachine) -> None:
    for ask in (
        lambda: machine.environment,
        lambda: machine.stored_code("", None),  # type: ignore[arg-type]
        lambda: machine.lent({}, {}),
        lambda: machine.declare([]),
    ):
        with pytest.raises(WrongUsage):
            ask()


def test_serve_loads_what_lambda_would() -> None:
    names = {"a": {"handler": "json.dumps"}}
    loaded = serve_command.load(names, {"a"})
    assert loaded == {"a": json.dumps}


def test_a_missing_setting_is_told_with_where_settings_come_from(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise SettingsError("AWS_EXE_SYS_LOCKS_TABLE is not set; this function needs it")

    monkeypatch.setattr(serve_command, "load", fail)
    result = stand.call("serve", "--aws")
    assert result.exit_code == 2
    assert "AWS_EXE_SYS_LOCKS_TABLE" in result.stderr
    assert "takes the names of the deployment from the environment" in result.stderr


class Listening:
    port = 8080
    url = URL

    def __init__(self, application: Any, port: int) -> None:
        self.application = application

    def serve(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(serve_command, "_server", Listening)
    monkeypatch.setattr(serve_command, "load", lambda known, functions: dict.fromkeys(functions, print))
    yield


@pytest.mark.parametrize("as_json", [False, True])
def test_serve_prints_its_address_and_nothing_else(stand: Stand, listening: None, as_json: bool) -> None:
    result = stand.call("serve", "--aws", *(["--json"] if as_json else []))
    assert result.exit_code == 0
    assert (json.loads(result.stdout) == {"url": URL}) if as_json else (result.stdout == f"{URL}\n")
    assert stand.opened == []


def test_an_address_that_was_asked_to_be_signed_is_told_so(stand: Stand) -> None:
    from execution_engine.cli.calls import Call
    from execution_engine.cli.output import Output

    call = Call(Output(as_json=False), stand.open, None, Address("https://a b", "eu-west-1", asked_to_sign=True))
    assert call.base == "execution-engine --api 'https://a b' --sign"


def test_a_run_behind_an_api_is_commented_on_as_one_of_this_machine(stand: Stand, api: Api) -> None:
    stand.begin("build")
    stand.tell("0001", "running", attempt=1)
    stand.tell("0001", "succeeded", attempt=1)
    stand.complete("succeeded", succeeded=1)
    here = stand.call("comment", "--run", RUN, "--dry-run")
    api.answers[f"GET /runs/{RUN}?orders=false"] = (200, stand.history.outline(RUN))
    api.answers[f"GET /runs/{RUN}"] = (200, {**stand.history.run(RUN), "next": None})
    opened = len(stand.opened)
    there = stand.call("comment", "--run", RUN, "--dry-run", "--api", URL)
    assert (there.exit_code, there.stdout) == (0, here.stdout), there.stderr
    assert "succeeded" in there.stdout
    assert len(stand.opened) == opened
