"""The embedded AWS as the engine uses it: shared, guarded, least privilege, and never left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from execution_engine.local.adaptations import OTHER_PROCESSES
from execution_engine.local.clients import Clients
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.names import FUNCTIONS, REGION, VALUES, Identity
from execution_engine.local.processes import descendants
from execution_engine.local.provisioning import Provisioning
from execution_engine.local.running_aws import EmbeddedAwsFailed
from execution_engine.local.state_folder import StateFolder

INTERNAL = str(VALUES["internal_bucket"])
CALLBACKS = "tmp/callbacks/runs/11111111-1111-1111-1111-111111111111"

# Stands for every handler: notes what woke it, does what it is told, says what came of it.
PROBE = """
import json, os, pathlib, subprocess, time, uuid
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

NOTES = pathlib.Path(os.environ["PROBE_NOTES"])

def client(service):
    return boto3.client(service, config=Config(signature_version="s3v4" if service == "s3" else None))

def attempt(service, call, arguments):
    try:
        getattr(client(service), call)(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"

def handler(event, context):
    function = context.function_name
    note = NOTES / f"{function}.{time.time_ns()}.{uuid.uuid4().hex}"
    note.with_suffix(".new").write_text(json.dumps(event))
    note.with_suffix(".new").rename(note)
    if "environment" in event:
        return dict(os.environ)
    if "attempts" in event:
        return [attempt(*one) for one in event["attempts"]]
    if "presign" in event:
        return client("s3").generate_presigned_url("put_object", Params=event["presign"])
    if "hang" in event:
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        pathlib.Path(event["hang"]).write_text(str(child.pid))
        child.wait()
    if "wait" in event:
        seen = len(list(NOTES.glob(f"{function}.*")))
        if seen == 1:
            raise RuntimeError("a check that fails")
        return {**event, "done": seen > 3}
    return None
"""

USER = """
import os, sys, time, boto3
from pathlib import Path
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.state_folder import StateFolder
connect = lambda identity: boto3.Session(identity.access_key, identity.secret_key, region_name="us-east-1")
with EmbeddedAws(StateFolder(Path(sys.argv[1])), environ=os.environ, connect=connect, linger=0.5) as aws:
    print(aws.pid, flush=True)
    time.sleep(600)
"""


def connect(identity: Identity) -> boto3.Session:
    return boto3.Session(identity.access_key, identity.secret_key, region_name=REGION)


class Machine:
    """One state folder whose functions are all the probe."""

    def __init__(self, root: Path) -> None:
        self.folder = StateFolder(root / "state")
        self.notes = root / "notes"
        self.notes.mkdir(parents=True)
        (root / "code").mkdir()
        (root / "code" / "probe.py").write_text(PROBE)
        self._extra = {
            "PYTHONPATH": str(root / "code"),
            "PROBE_NOTES": str(self.notes),
            "SFN_WAIT_SCALE": "0.01",
        }

    def aws(self, **options: Any) -> EmbeddedAws:
        return EmbeddedAws(
            self.folder,
            environ={**os.environ, "PIP_INDEX_URL": "https://index.invalid", "MINE": "x"},
            connect=connect,
            handlers=dict.fromkeys(FUNCTIONS, "probe.handler"),
            **{"linger": 0.5, "grace": 0.5, "extra_environment": self._extra, **options},
        )

    @contextlib.contextmanager
    def clients(self, aws: EmbeddedAws) -> Iterator[Clients]:
        made = Clients(
            boto3.Session(aws.settings["AWS_ACCESS_KEY_ID"], aws.settings["AWS_SECRET_ACCESS_KEY"], None, REGION),
            aws.endpoint,
        )
        yield made
        made.close()

    def woken(self, function: str) -> list[Any]:
        paths = sorted(path for path in self.notes.glob(f"{VALUES[f'{function}_function']}.*"))
        return [json.loads(path.read_text()) for path in paths if path.suffix != ".new"]


def until(true: Callable[[], Any], seconds: float = 300) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)
    return found


def invoke(clients: Clients, function: str, event: dict[str, Any]) -> Any:
    answer = clients("lambda").invoke(FunctionName=VALUES[f"{function}_function"], Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def attempts(clients: Clients, function: str, *tried: tuple[str, str, dict[str, Any]]) -> Any:
    return invoke(clients, function, {"attempts": tried})


def exists(pid: int) -> bool:
    """Lives, and is not just waiting for its parent to notice that it is dead."""
    return pid in descendants(0)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, EmbeddedAws, Clients]]:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    with machine.aws() as aws, machine.clients(aws) as clients:
        yield machine, aws, clients


Shared = tuple[Machine, EmbeddedAws, Clients]


def put(key: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return "s3", "put_object", {"Bucket": INTERNAL, "Key": f"{CALLBACKS}/{key}", "Body": "{}", **more}


def test_a_result_wakes_the_orchestrator_and_a_heartbeat_does_not(shared: Shared) -> None:
    machine, _, clients = shared
    for name in ("heartbeat.json", "control.json", "result.json"):
        clients("s3").put_object(Bucket=INTERNAL, Key=f"{CALLBACKS}/0001/{name}", Body=b"{}", IfNoneMatch="*")
    until(lambda: machine.woken("orchestrator"))
    records = [record for event in machine.woken("orchestrator") for record in event["Records"]]
    keys = [record["s3"]["object"]["key"] for record in records]
    assert [key for key in keys if "/0001/" in key] == [f"{CALLBACKS}/0001/result.json"]


def test_claims_and_results_are_written_once_or_not_at_all(shared: Shared) -> None:
    _, _, clients = shared
    for name in ("claim.json", "result.json"):
        assert attempts(
            clients,
            "worker",
            put(f"0002/{name}"),
            put(f"0002/{name}", IfNoneMatch="*"),
            put(f"0002/{name}", IfNoneMatch="*"),
        ) == ["AccessDenied", "ok", "PreconditionFailed"]
    assert attempts(clients, "worker", put("0002/heartbeat.json")) == ["ok"]


def test_a_presigned_claim_needs_its_header_too(shared: Shared) -> None:
    _, _, clients = shared
    event = {"presign": {"Bucket": INTERNAL, "Key": f"{CALLBACKS}/0003/claim.json", "IfNoneMatch": "*"}}
    url = invoke(clients, "init_job", event)
    pool = urllib3.PoolManager()
    answers = [
        pool.request("PUT", url, body=b"{}", headers=headers).status
        for headers in ({}, {"If-None-Match": "*"}, {"If-None-Match": "*"})
    ]
    assert answers == [403, 200, 412]


def test_a_function_may_do_what_its_policy_says_and_nothing_else(shared: Shared) -> None:
    _, _, clients = shared
    row = {"TableName": VALUES["orders_table"], "Key": {"pk": {"S": "x"}}}
    key = {"Name": f"{VALUES['ssm_prefix']}/runs/x/age-key"}
    secret = {**key, "Value": "x", "Type": "SecureString"}
    tried = (
        ("dynamodb", "get_item", row),
        ("dynamodb", "put_item", {"TableName": VALUES["orders_table"], "Item": {"pk": {"S": "x"}}}),
        ("ssm", "put_parameter", {**secret, "Overwrite": True}),
        ("ssm", "get_parameter", key),
        ("s3", "put_object", {"Bucket": INTERNAL, "Key": "tmp/exec/x/0001/exec.zip", "Body": "x"}),
        ("s3", "get_object", {"Bucket": INTERNAL, "Key": "tmp/exec/x/0001/exec.zip"}),
        ("s3", "put_object", {"Bucket": VALUES["done_bucket"], "Key": "x/done", "Body": "x"}),
    )

    def allowed(function: str) -> list[bool]:
        return [code == "ok" for code in attempts(clients, function, *tried)]

    assert allowed("init_job") == [False, True, True, False, True, False, False]
    assert allowed("worker") == [False, False, False, True, False, True, False]
    assert allowed("orchestrator") == [False, False, False, False, True, True, True]
    assert allowed("watchdog_check") == [False, False, False, False, True, True, False]


def test_kept_jobs_are_sealed_by_who_takes_them_and_opened_by_control_alone(shared: Shared) -> None:
    _, _, clients = shared
    key = {"KeyId": VALUES["kms_key_arn"], "EncryptionContext": {"run_id": "r"}}
    tried = (
        ("kms", "encrypt", {**key, "Plaintext": "x"}),
        ("kms", "decrypt", {**key, "CiphertextBlob": "x"}),
        ("kms", "encrypt", {**key, "KeyId": clients("kms").create_key()["KeyMetadata"]["Arn"], "Plaintext": "x"}),
    )
    denied = "AccessDeniedException"
    found = {function: attempts(clients, function, *tried) for function in FUNCTIONS}
    assert found.pop("control") == ["ok", "InvalidCiphertextException", denied]
    assert found.pop("init_job") == found.pop("ssm_config") == ["ok", denied, denied]
    assert all(one == [denied] * 3 for one in found.values())


def test_a_function_sees_its_settings_and_nothing_of_the_users_environment(shared: Shared) -> None:
    _, aws, clients = shared
    seen = invoke(clients, "worker", {"environment": True})
    assert seen["AWS_EXE_SYS_INTERNAL_BUCKET"] == INTERNAL
    assert seen["AWS_EXE_SYS_HEARTBEAT"] == "5"
    assert "PIP_INDEX_URL" in seen["AWS_EXE_SYS_PASS_ENV"].split(",")
    assert seen["PIP_INDEX_URL"] == "https://index.invalid"
    assert seen["PATH"].split(":")[0] == str(Path(sys.executable).parent)
    assert "MINE" not in seen
    assert "AWS_EXE_SYS_ORDERS_TABLE" not in seen
    assert seen["AWS_ENDPOINT_URL"] == aws.endpoint
    assert aws.settings["AWS_SECRET_ACCESS_KEY"] not in seen.values()


def test_the_watchdog_survives_a_failing_check_and_ends_when_it_says_done(shared: Shared) -> None:
    machine, aws, clients = shared
    state = {"run_id": "r", "order_num": "0001", "attempt": 1, "wait": 1}
    arn = clients("stepfunctions").start_execution(
        stateMachineArn=aws.settings["AWS_EXE_SYS_WATCHDOG_SFN"], name="r-0001-1", input=json.dumps(state)
    )["executionArn"]

    def ended() -> Any:
        found = clients("stepfunctions").describe_execution(executionArn=arn)
        return found if found["status"] != "RUNNING" else None

    found = until(ended)
    assert found["status"] == "SUCCEEDED"
    assert json.loads(found["output"]) == {**state, "done": True}
    assert len(machine.woken("watchdog_check")) == 4


def test_invocations_wait_for_a_process_and_none_is_lost(shared: Shared) -> None:
    machine, _, clients = shared
    for number in range(30):
        clients("lambda").invoke(
            FunctionName=VALUES["ssm_config_function"],
            InvocationType="Event",
            Payload=json.dumps({"number": number}).encode(),
        )

    def seen() -> list[int]:
        return sorted(event["number"] for event in machine.woken("ssm_config") if "number" in event)

    until(lambda: len(seen()) >= 30)
    assert seen() == list(range(30))
    folders = [path for path in machine.folder.tmp.iterdir() if "-ssm-config-" in path.name]
    assert 1 <= len(folders) <= OTHER_PROCESSES


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_gets_nowhere(shared: Shared) -> None:
    _, aws, _ = shared
    port = aws.endpoint.rpartition(":")[2]
    asks = rf"exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET / HTTP/1.0\r\n\r\n' >&3; head -n 1 <&3"
    stranger = subprocess.run(
        ["/bin/bash", "-c", asks], user=65534, capture_output=True, text=True, cwd="/", check=False
    )
    assert " 403" in stranger.stdout, stranger.stderr


def test_the_same_user_looks_with_any_tool(shared: Shared) -> None:
    _, aws, _ = shared
    plain = Clients(boto3.Session("test", "test", region_name=REGION), aws.endpoint)
    assert VALUES["orders_table"] in plain("dynamodb").list_tables()["TableNames"]


def test_the_retries_and_the_indexes_are_those_of_the_resources(shared: Shared) -> None:
    _, _, clients = shared
    worker = clients("lambda").get_function_event_invoke_config(FunctionName=VALUES["worker_function"])
    assert worker["MaximumRetryAttempts"] == 0
    table = clients("dynamodb").describe_table(TableName=VALUES["order_events_table"])["Table"]
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {
        "order_name-epoch-index",
        "trace_id-epoch-index",
    }
    ttl = clients("dynamodb").describe_time_to_live(TableName=VALUES["locks_table"])
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "ttl"


def test_provisioning_twice_is_provisioning_once(shared: Shared) -> None:
    machine, _, clients = shared
    identity = Identity(**json.loads(machine.folder.identity.read_text()))
    again = Provisioning(clients, identity, tunings={}, handlers=dict.fromkeys(FUNCTIONS, "probe.handler"))
    before = clients("s3").get_bucket_notification_configuration(Bucket=INTERNAL)
    aliases = clients("kms").list_aliases()["Aliases"]
    again.apply()
    after = clients("s3").get_bucket_notification_configuration(Bucket=INTERNAL)
    assert after["LambdaFunctionConfigurations"] == before["LambdaFunctionConfigurations"]
    assert aliases == clients("kms").list_aliases()["Aliases"]


def test_what_was_written_is_there_after_a_restart(machine: Machine) -> None:
    item = {"pk": {"S": "lock:x"}}
    with machine.aws() as aws, machine.clients(aws) as clients:
        first = aws.pid
        clients("dynamodb").put_item(TableName=VALUES["locks_table"], Item=item)
        clients("s3").put_object(Bucket=INTERNAL, Key="tmp/exec/x", Body=b"content")
        clients("ssm").put_parameter(Name="/execution-engine/runs/x", Value="v", Type="SecureString")
        sealed = clients("kms").encrypt(KeyId=VALUES["kms_key_arn"], Plaintext=b"v")["CiphertextBlob"]
    assert not exists(first)
    with machine.aws() as aws, machine.clients(aws) as clients:
        assert aws.pid != first
        assert clients("dynamodb").get_item(TableName=VALUES["locks_table"], Key=item)["Item"] == item
        assert clients("s3").get_object(Bucket=INTERNAL, Key="tmp/exec/x")["Body"].read() == b"content"
        assert clients("ssm").get_parameter(Name="/execution-engine/runs/x")["Parameter"]["Value"]
        assert clients("kms").decrypt(KeyId=VALUES["kms_key_arn"], CiphertextBlob=sealed)["Plaintext"] == b"v"
        assert len(clients("kms").list_keys()["Keys"]) == 1
        assert attempts(clients, "worker", put("0001/result.json", IfNoneMatch="*")) == ["ok"]
        until(lambda: machine.woken("orchestrator"))


def test_commands_that_overlap_share_one_and_the_last_one_stops_it(machine: Machine) -> None:
    first = machine.aws()
    with machine.aws() as second:
        with first:
            assert first.pid == second.pid
            assert first.endpoint == second.endpoint
            assert first.settings == second.settings
        assert exists(second.pid)
        with machine.clients(second) as clients:
            assert clients("dynamodb").list_tables()["TableNames"]
    assert not exists(second.pid)


def test_what_ran_when_it_ended_has_a_free_name_afterwards(machine: Machine) -> None:
    state = {"run_id": "r", "order_num": "0001", "attempt": 1, "wait": 86_400}
    with machine.aws() as aws:
        asked = {"stateMachineArn": aws.settings["AWS_EXE_SYS_WATCHDOG_SFN"], "name": "r", "input": json.dumps(state)}
        with machine.clients(aws) as clients:
            clients("stepfunctions").start_execution(**asked)
    with machine.aws() as aws, machine.clients(aws) as clients:
        states = clients("stepfunctions")
        assert states.list_executions(stateMachineArn=asked["stateMachineArn"])["executions"] == []
        assert states.start_execution(**asked)["executionArn"]


def test_it_lives_on_when_the_one_that_started_it_leaves_first(machine: Machine) -> None:
    starter, other = machine.aws(), machine.aws()
    starter.__enter__()
    other.__enter__()
    starter.__exit__(None, None, None)
    with machine.clients(other) as clients:
        assert clients("dynamodb").list_tables()["TableNames"]
    other.__exit__(None, None, None)
    assert not exists(other.pid)


def test_stopping_ends_functions_at_work_and_their_commands(machine: Machine, tmp_path: Path) -> None:
    with machine.aws() as aws, machine.clients(aws) as clients:
        clients("lambda").invoke(
            FunctionName=VALUES["worker_function"],
            InvocationType="Event",
            Payload=json.dumps({"hang": str(tmp_path / "command")}).encode(),
        )
        command = int(until(lambda: (tmp_path / "command").exists() and (tmp_path / "command").read_text()))
        below = descendants(aws.pid)
        assert command in below
    assert [pid for pid in (aws.pid, *below) if exists(pid)] == []


def test_nothing_is_left_when_its_only_user_is_killed(machine: Machine) -> None:
    user = subprocess.Popen([sys.executable, "-c", USER, str(machine.folder.root)], stdout=subprocess.PIPE, text=True)
    assert user.stdout is not None
    with user:
        pid = int(user.stdout.readline())
        user.send_signal(signal.SIGKILL)
    until(lambda: not exists(pid))
    assert machine.folder.saved.exists()


def test_a_killed_one_is_replaced_also_while_others_use_it(machine: Machine) -> None:
    with machine.aws() as killed:
        with machine.clients(killed) as clients:
            clients("s3").put_object(Bucket=INTERNAL, Key="tmp/exec/x", Body=b"content")
        os.kill(killed.pid, signal.SIGKILL)
        until(lambda: not exists(killed.pid))
        with machine.aws() as fresh, machine.clients(fresh) as clients:
            assert fresh.pid != killed.pid
            assert len(clients("dynamodb").list_tables()["TableNames"]) == 3
            assert clients("s3").get_object(Bucket=INTERNAL, Key="tmp/exec/x")["Body"].read() == b"content"
            assert fresh.is_alone() is False
            assert attempts(clients, "worker", put("0001/result.json", IfNoneMatch="*")) == ["ok"]
            until(lambda: machine.woken("orchestrator"))


def test_everything_it_writes_lies_in_the_owners_folder(machine: Machine) -> None:
    with machine.aws() as aws, machine.clients(aws) as clients:
        invoke(clients, "worker", {})
        assert machine.folder.root.stat().st_mode & 0o777 == 0o700
        assert list(machine.folder.tmp.iterdir())
        environ = Path(f"/proc/{aws.pid}/environ")
        if environ.exists():
            assert f"TMPDIR={machine.folder.tmp}".encode() in environ.read_bytes().split(b"\0")
    with machine.aws():
        assert not [path for path in machine.folder.tmp.iterdir() if "lambda" in path.name]


def test_a_start_that_fails_says_so_with_the_end_of_the_log(machine: Machine, tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "ministack"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('no ministack today')")
    with pytest.raises(EmbeddedAwsFailed, match=r"ministack\.log[^$]*no ministack today"):
        machine.aws(extra_environment={"PYTHONPATH": str(broken.parent)}).__enter__()
    with machine.aws() as aws:
        assert exists(aws.pid)
