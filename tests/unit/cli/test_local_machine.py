"""This machine: what of the user's environment counts, and what its failures say."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from execution_engine.cli import local_machine
from execution_engine.cli.local_machine import LocalMachine, attempts, open_machine, tunings
from execution_engine.cli.machine import MachineLost, Submitted
from execution_engine.errors import Fault, JobRefused, SettingsError
from execution_engine.local.instances import Instance, declared
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import Engine


class NoAws:
    """An embedded AWS that only opens and closes."""

    opened: NoAws

    def __init__(self, folder: Any, **options: Any) -> None:
        self.folder = folder
        self.options = options
        self.settings: dict[str, str] = {}
        self.log_path = folder.log
        self.left = False
        self.is_alone = lambda: True
        self.failure: Exception | None = None
        NoAws.opened = self

    def __enter__(self) -> NoAws:
        if self.folder.root.name == "unusable":
            raise PermissionError(13, "Permission denied")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.left = True


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_machine, "EmbeddedAws", NoAws)
    monkeypatch.setattr(local_machine, "LocalMachine", lambda engine, folder, is_alone: engine)
    for name in (*local_machine.NOT_OURS, *local_machine.OUR_OWN, "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # what the code changes is put back


def test_settings_of_the_engine_are_the_users_to_choose_and_names_are_not() -> None:
    environ = {
        "AWS_EXE_SYS_GRACE": "2",
        "AWS_EXE_SYS_MAX_IN_FLIGHT": "3",
        "AWS_EXE_SYS_ORDERS_TABLE": "somebody-elses",
        "AWS_EXE_SYS_PASS_ENV": "SECRET",
        "PATH": "/bin",
    }
    assert tunings(environ) == {"AWS_EXE_SYS_GRACE": "2", "AWS_EXE_SYS_MAX_IN_FLIGHT": "3"}
    with pytest.raises(SettingsError, match="AWS_EXE_SYS_GRACE"):
        tunings({"AWS_EXE_SYS_GRACE": "soon"})


@pytest.mark.usefixtures("no_aws")
def test_no_profile_key_or_proxy_of_the_user_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere")
    with open_machine(tmp_path):
        assert "AWS_PROFILE" not in os.environ
        assert "AWS_ENDPOINT_URL" not in os.environ
        assert os.environ["AWS_CONFIG_FILE"] == os.devnull
        assert "127.0.0.1" in os.environ["NO_PROXY"]


@pytest.mark.usefixtures("no_aws")
def test_the_state_folder_is_the_named_one_else_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_machine(Path("here")):
        assert NoAws.opened.folder.root == tmp_path / "here"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    with open_machine(None):
        assert NoAws.opened.folder.root == tmp_path / "own" / "execution-engine"


@pytest.mark.usefixtures("no_aws")
def test_silence_is_said_with_the_log_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(MachineLost, match=rf"stopped answering .*{tmp_path}/ministack.log"), open_machine(tmp_path):
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert NoAws.opened.left


@pytest.mark.usefixtures("no_aws")
def test_a_refused_call_is_said_as_it_is(tmp_path: Path) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")
    with pytest.raises(MachineLost, match="AccessDenied"), open_machine(tmp_path):
        raise denied


@pytest.mark.usefixtures("no_aws")
def test_a_state_folder_that_can_not_be_used(tmp_path: Path) -> None:
    with pytest.raises(MachineLost, match="--state DIR names another"), open_machine(tmp_path / "unusable"):
        raise AssertionError("it never opens")


@pytest.mark.usefixtures("no_aws")
def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), open_machine(tmp_path):
        raise PermissionError(13, "of the command itself")


class FakeEngine:
    """Notes what the machine asks of the engine's services."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.answer = answer
        self.clock = self.history = None
        self.done = self.internal = self.identifiers = self
        self.name = "internal"

    def exists(self, run_id: str) -> bool:
        return run_id == "over"

    def write(self, key: str, body: object, content_type: str) -> None:
        self.calls.append(("write", key, content_type))

    def delete(self, keys: list[str]) -> None:
        self.calls.append(("delete", keys))

    def nonce(self) -> str:
        return "once"

    def client(self, service: str, *, once: bool = False) -> FakeEngine:
        assert service == "lambda"
        return self

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.calls.append((request["FunctionName"], request["InvocationType"], json.loads(request["Payload"])))
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode())}


def machine_of(engine: FakeEngine) -> LocalMachine:
    return LocalMachine(cast(Engine, engine), StateFolder(Path("/nowhere")), lambda: True)


def test_runs_are_steered_through_the_function_that_the_api_has() -> None:
    body = {"status": "ok", "run_id": "r", "trace_id": "t", "flow_id": "f"}
    engine = FakeEngine({"statusCode": 200, "body": json.dumps(body)})
    machine_of(engine).cancel("run")
    assert machine_of(engine).retry("run") == Submitted("r", "t", "f")
    asked = [(function, kind, event["rawPath"]) for function, kind, event in engine.calls]
    assert asked == [
        ("execution-engine-control", "RequestResponse", "/runs/run/cancel"),
        ("execution-engine-control", "RequestResponse", "/runs/run/retry"),
    ]


def test_a_watchdog_is_due_to_what_is_out_and_to_what_is_to_be_tried_again() -> None:
    statuses = [("succeeded", 1), ("running", 1), ("dispatched", 3), ("queued", 0), ("queued", 2), ("failed", 0)]
    orders = [
        {"order_num": f"{place:04d}", "status": status, "attempt": attempt}
        for place, (status, attempt) in enumerate(statuses)
    ]
    assert attempts(orders) == {"0001": 1, "0002": 3, "0004": 3}


def test_a_job_goes_to_the_function_of_its_door() -> None:
    engine = FakeEngine({"status": "ok", "run_id": "r", "trace_id": "t", "flow_id": "f"})
    machine = machine_of(engine)
    assert machine.submit({"username": "ann"}, "init") == Submitted("r", "t", "f")
    machine.submit({"username": "ann"}, "ssm")
    (init, *first), (ssm, *second) = engine.calls
    assert (init, ssm) == ("execution-engine-init-job", "execution-engine-ssm-config")
    assert first == second == ["RequestResponse", {"job": {"username": "ann"}}]


def test_code_lies_where_intake_may_read_it_while_it_is_submitted() -> None:
    engine = FakeEngine()
    with machine_of(engine).stored_code("ab", io.BytesIO(b"zip")) as location:
        assert location == "s3://internal/tmp/exec/uploads/once/ab.zip"
        assert engine.calls == [("write", "tmp/exec/uploads/once/ab.zip", "application/zip")]
    assert engine.calls[1:] == [("delete", ["tmp/exec/uploads/once/ab.zip"])]


def test_code_is_gone_also_when_the_job_is_refused() -> None:
    engine = FakeEngine()
    with pytest.raises(JobRefused), machine_of(engine).stored_code("ab", io.BytesIO(b"zip")):
        raise JobRefused([Fault("orders[0]", "no")])
    assert engine.calls[-1][0] == "delete"


def test_a_run_is_over_when_its_marker_is_there() -> None:
    machine = machine_of(FakeEngine())
    assert [machine.is_done(run_id) for run_id in ("over", "going")] == [True, False]


def test_instances_are_declared_in_the_state_folder(tmp_path: Path) -> None:
    machine = LocalMachine(cast(Engine, FakeEngine()), StateFolder(tmp_path), lambda: True)
    assert machine.declared() == {}
    machine.declare([Instance("web-1", {"Role": "web"})])
    machine.declare([Instance("web-2")])
    assert machine.declared() == declared(StateFolder(tmp_path).instances)
    assert list(machine.declared()) == ["web-1", "web-2"]
