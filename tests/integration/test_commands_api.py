"""Run Command on one machine, by plain boto3: scripts that really run, on instances that are there or are not."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError
from fakes.botocore_service import validate
from integration.machine import until

from execution_engine.local.commands.settings import AT_ONCE, SECOND
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.instances import Instance, declare, parse_instances
from execution_engine.local.names import ACCOUNT_ID, REGION, VALUES, Identity
from execution_engine.local.processes import descendants
from execution_engine.local.state_folder import StateFolder

FLEET = "web-1:Role=web:Name=first,web-2:Role=web,db-1:Role=db,away:offline,theirs:denied,gone:Role=web:terminated"
OVER = ("Success", "Failed", "TimedOut", "Cancelled")

CONTENT: dict[str, Any] = {
    "schemaVersion": "2.2",
    "description": "does what it is told",
    "parameters": {
        "Do": {"type": "String", "default": "true"},
        "Say": {"type": "String", "default": "", "interpolationType": "ENV_VAR"},
        "Word": {"type": "String", "default": "x", "allowedPattern": "^[a-z]+$"},
        "Seconds": {"type": "String", "default": "60"},
    },
    "mainSteps": [
        {
            "action": "aws:runShellScript",
            "name": "obey",
            "inputs": {
                "timeoutSeconds": "{{ Seconds }}",
                "runCommand": ["#!/bin/bash", "word={{ Word }}", "{{ Do }}"],
            },
        }
    ],
}

# As the engine's agent does it: in a session of its own, told when its parent dies, with a command in another one.
GUEST = """
import ctypes, os, pathlib, signal, subprocess, sys, time
note = pathlib.Path(sys.argv[1])
if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    command = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True, stdout=subprocess.PIPE)
    command.stdout.readline()
    def told(*_):
        note.with_suffix(".told").touch()
        command.kill()
        command.wait()
        os._exit(0)
    signal.signal(signal.SIGTERM, told)
    note.with_suffix(".new").write_text(f"{os.getpid()} {command.pid}")
    note.with_suffix(".new").rename(note)
time.sleep(600)
"""


class Fleet:
    """An embedded AWS with instances, and a document that does what a command tells it."""

    def __init__(self, root: Path, **environ: str) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        (root / "guest.py").write_text(GUEST)
        self.folder = StateFolder(root / "state")
        self._environ = {**os.environ, "MINE": "x", **environ}
        self.settings: dict[str, str] = {}

    @contextlib.contextmanager
    def aws(self) -> Iterator[Fleet]:
        def connect(identity: Identity) -> boto3.Session:
            return boto3.Session(identity.access_key, identity.secret_key, region_name=REGION)

        with EmbeddedAws(self.folder, environ=self._environ, connect=connect, linger=0.5, grace=1) as aws:
            self.settings = aws.settings
            self.pid = aws.pid
            self.declare(*parse_instances(FLEET))
            with contextlib.suppress(ClientError):
                self.client().create_document(Name="obey", Content=json.dumps(CONTENT), DocumentType="Command")
            yield self

    def declare(self, *instances: Instance) -> None:
        declare(self.folder.instances, instances)

    def client(self, service: str = "ssm", **keys: str) -> Any:
        """As any tool would make one; ``keys``: of somebody else. What SSM answers is what its model allows."""
        keys = keys or {
            "aws_access_key_id": self.settings["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.settings["AWS_SECRET_ACCESS_KEY"],
        }
        endpoint = self.settings["AWS_ENDPOINT_URL_SSM"]
        client = boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)
        if service == "ssm":
            client.meta.events.register("before-parse.ssm", _check)
        return client

    def send(self, do: str, ids: Sequence[str] = ("web-1",), **asked: Any) -> str:
        parameters = {"Do": [do], **{name: [value] for name, value in asked.pop("parameters", {}).items()}}
        named = {"InstanceIds": list(ids)} if ids else {}
        request = {"DocumentName": "obey", "Parameters": parameters, **named, **asked}
        return str(self.client().send_command(**request)["Command"]["CommandId"])

    def look_up(self, command_id: str) -> dict[str, Any]:
        pages = self.client().get_paginator("list_command_invocations").paginate(CommandId=command_id, Details=True)
        return {one["InstanceId"]: one for page in pages for one in page["CommandInvocations"]}

    def states(self, command_id: str) -> dict[str, str]:
        return {name: one["StatusDetails"] for name, one in self.look_up(command_id).items()}

    def ended(self, command_id: str) -> dict[str, str]:
        def look() -> Any:
            found = self.look_up(command_id)
            return all(one["Status"] in OVER for one in found.values())

        until(look)
        return self.states(command_id)

    def result(self, command_id: str, instance_id: str = "web-1") -> Any:
        self.ended(command_id)
        return self.client().get_command_invocation(CommandId=command_id, InstanceId=instance_id)

    def printed(self, do: str, **asked: Any) -> str:
        result = self.result(self.send(do, **asked))
        assert result["Status"] == "Success", result
        return str(result["StandardOutputContent"])

    def with_guest(self, **asked: Any) -> tuple[str, Path, list[int]]:
        """The command, where its guest leaves its notes, and which processes must be gone in the end."""
        note = self.root / f"note-{time.time_ns()}"
        command_id = self.send(f"echo $$ > {note}.script; {sys.executable} {self.root}/guest.py {note}", **asked)
        until(note.exists)
        pids = [*note.read_text().split(), Path(f"{note}.script").read_text()]
        return command_id, note, [int(pid) for pid in pids]


def _check(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] == 200:
        validate(json.loads(response_dict["body"] or b"{}"), operation_model)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet"), **{AT_ONCE: "4", SECOND: "0.05"}).aws() as made:
        yield made


def alive(pids: Sequence[int]) -> set[int]:
    return set(pids) & set(descendants(0))


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_script_runs_on_each_instance_in_a_folder_of_its_own(fleet: Fleet) -> None:
    command_id = fleet.send("pwd; cat there 2>&1; echo $AWS_SSM_INSTANCE_ID > there; cat there", ["web-1", "web-2"])
    assert fleet.ended(command_id) == {"web-1": "Success", "web-2": "Success"}
    printed = [fleet.result(command_id, name)["StandardOutputContent"].splitlines() for name in ("web-1", "web-2")]
    assert [lines[-1] for lines in printed] == ["web-1", "web-2"]
    assert printed[0][0] != printed[1][0]
    until(lambda: not any(Path(lines[0]).exists() for lines in printed))


def test_a_script_sees_no_key_of_aws_and_nothing_of_the_users(fleet: Fleet) -> None:
    environ = dict(line.split("=", 1) for line in fleet.printed("env -0 | tr '\\n\\0' ' \\n'").splitlines())
    ours = {name for name in environ if name.startswith(("AWS", "SSM_", "MINI"))}
    assert ours == {"AWS_SSM_INSTANCE_ID", "AWS_SSM_REGION_NAME", "AWS_EXE_SYS_COMMAND_URL", "SSM_Say"}
    assert environ["AWS_SSM_REGION_NAME"] == REGION
    assert not {"MINE", "AUTH", "STATE_DIR", "GATEWAY_PORT"} & environ.keys()
    assert fleet.settings["AWS_SECRET_ACCESS_KEY"] not in environ.values()
    assert {"PATH", "HOME", "LANG", "TMPDIR"} <= environ.keys()
    log = Path(unquote(urlsplit(environ["AWS_EXE_SYS_COMMAND_URL"]).path))
    assert "AWS_SSM_INSTANCE_ID=web-1" in log.read_text()


@pytest.mark.parametrize("said", ['it\'s "so"', "a\nb\n", "$(id) `id` ${HOME} \\ !", "☃ é", "{{ Word }}", ""])
def test_what_goes_by_the_environment_arrives_exactly(fleet: Fleet, said: str) -> None:
    assert fleet.printed('printf %s "$SSM_Say"', parameters={"Say": said}) == said


def test_what_is_pasted_is_checked_first(fleet: Fleet) -> None:
    assert fleet.printed("echo $word", parameters={"Word": "hello"}) == "hello\n"
    for word in ("$(id)", "a b", "a\n"):
        asked = {"DocumentName": "obey", "InstanceIds": ["web-1"], "Parameters": {"Word": [word]}}
        assert refusal(fleet.client().send_command, **asked) == ("InvalidParameters", 400)


def test_how_a_script_ends_is_how_its_invocation_does(fleet: Fleet) -> None:
    command_id = fleet.send("echo out; echo err >&2; exit 7", ["web-1", "db-1"])
    assert fleet.ended(command_id) == {"web-1": "Failed", "db-1": "Failed"}
    result = fleet.result(command_id)
    assert (result["ResponseCode"], result["StandardOutputContent"], result["StandardErrorContent"]) == (
        7,
        "out\n",
        "err\n",
    )
    (command,) = fleet.client().list_commands(CommandId=command_id)["Commands"]
    assert (command["Status"], command["ErrorCount"], command["CompletedCount"]) == ("Failed", 2, 2)
    assert command["Parameters"] == {"Do": ["echo out; echo err >&2; exit 7"]}
    assert fleet.look_up(command_id)["web-1"]["InstanceName"] == "first"


def test_so_much_is_kept_of_much_output(fleet: Fleet) -> None:
    command_id = fleet.send(f"{sys.executable} -c 'print(\"a\" * 50_000_000)'; head -c 9000 /dev/zero | tr '\\0' b >&2")
    result = fleet.result(command_id)
    assert result["StandardOutputContent"] == "a" * 24_000
    assert result["StandardErrorContent"] == "b" * 8_000
    assert (fleet.folder.command_logs / f"{command_id}.web-1.log").stat().st_size == 50_009_001


def test_a_script_that_hangs_is_killed_with_its_group(fleet: Fleet) -> None:
    note = fleet.root / "hangs"
    command_id = fleet.send(
        f"trap '' TERM INT; sleep 600 & echo $! $$ > {note}; wait; wait", parameters={"Seconds": "5"}
    )
    assert fleet.ended(command_id) == {"web-1": "ExecutionTimedOut"}
    result = fleet.result(command_id)
    assert (result["Status"], result["ResponseCode"]) == ("TimedOut", 137)
    until(lambda: not alive([int(pid) for pid in note.read_text().split()]))


def test_cancelling_kills_the_group_and_lets_a_guest_end_by_itself(fleet: Fleet) -> None:
    command_id, note, pids = fleet.with_guest()
    fleet.client().cancel_command(CommandId=command_id)
    assert fleet.states(command_id) == {"web-1": "Cancelled"}
    until(lambda: not alive(pids))
    assert note.with_suffix(".told").exists()


def test_a_terminated_instance_takes_everything_with_it_and_nobody_hears_of_it(fleet: Fleet) -> None:
    fleet.declare(Instance("short-lived"))
    command_id, note, pids = fleet.with_guest(ids=["short-lived"])
    fleet.declare(Instance("short-lived", {}, "terminated"))
    until(lambda: not alive(pids))
    assert fleet.states(command_id) == {"short-lived": "InProgress"}
    assert not note.with_suffix(".told").exists()
    fleet.client().cancel_command(CommandId=command_id)
    assert fleet.states(command_id) == {"short-lived": "Cancelled"}


def test_who_does_not_answer_or_may_not_be_told(fleet: Fleet) -> None:
    command_id = fleet.send("true", ["away", "theirs", "web-1"], TimeoutSeconds=100)
    assert fleet.states(command_id)["away"] == "Pending"
    assert fleet.ended(command_id) == {"away": "DeliveryTimedOut", "theirs": "AccessDenied", "web-1": "Success"}
    found = fleet.look_up(command_id)
    assert {name: one["Status"] for name, one in found.items()} == {
        "away": "TimedOut",
        "theirs": "Failed",
        "web-1": "Success",
    }


def test_who_is_unknown_or_terminated_is_refused_for_the_whole_call(fleet: Fleet) -> None:
    for ids in (["web-1", "nobody"], ["gone"]):
        assert refusal(fleet.client().send_command, DocumentName="obey", InstanceIds=ids) == ("InvalidInstanceId", 400)
    asked = {"DocumentName": "nothing", "InstanceIds": ["web-1"]}
    assert refusal(fleet.client().send_command, **asked) == ("InvalidDocument", 400)


def test_tags_choose(fleet: Fleet) -> None:
    targets = [{"Key": "tag:Role", "Values": ["web", "mail"]}]
    assert fleet.ended(fleet.send("true", (), Targets=targets)) == {"web-1": "Success", "web-2": "Success"}


def test_sixty_instances_so_many_at_once(fleet: Fleet) -> None:
    fleet.declare(*(Instance(f"many-{number:02d}", {"Many": "yes"}) for number in range(60)))
    here = fleet.root / "here"
    here.mkdir()
    do = f"touch {here}/$AWS_SSM_INSTANCE_ID; ls {here} | wc -l; sleep 0.1; rm {here}/$AWS_SSM_INSTANCE_ID"
    command_id = fleet.send(do, (), Targets=[{"Key": "tag:Many", "Values": ["yes"]}])
    until(lambda: len(fleet.look_up(command_id)) == 60)
    first = fleet.client().list_command_invocations(CommandId=command_id)
    assert (len(first["CommandInvocations"]), "NextToken" in first) == (50, True)
    assert set(fleet.ended(command_id).values()) == {"Success"}
    together = {int(one["CommandPlugins"][0]["Output"]) for one in fleet.look_up(command_id).values()}
    assert max(together) <= 4
    pages = (
        fleet.client()
        .get_paginator("describe_instance_information")
        .paginate(Filters=[{"Key": "tag:Many", "Values": ["yes"]}], PaginationConfig={"PageSize": 50})
    )
    assert [len(page["InstanceInformationList"]) for page in pages] == [50, 10]
    asked = {"DocumentName": "obey", "InstanceIds": [f"many-{number:02d}" for number in range(51)]}
    assert refusal(fleet.client().send_command, **asked) == ("ValidationException", 400)


def test_instances_are_told_of(fleet: Fleet) -> None:
    found = fleet.client().describe_instance_information(
        Filters=[{"Key": "InstanceIds", "Values": ["web-1", "away", "gone", "nobody"]}]
    )["InstanceInformationList"]
    assert {one["InstanceId"]: one["PingStatus"] for one in found} == {"web-1": "Online", "away": "ConnectionLost"}


def test_the_engines_document_is_there_and_as_strict_as_it_says(fleet: Fleet) -> None:
    name = VALUES["ssm_document"]
    assert fleet.client().describe_document(Name=name)["Document"]["Status"] == "Active"
    good = {"BundleUrl": ["http://127.0.0.1:1/x?y=%20z"], "BundleSha256": ["0" * 64], "ExecutionTimeout": ["60"]}
    for changed in ({"BundleUrl": ['http://x/"$(id)']}, {"BundleSha256": ["x"]}, {"ExecutionTimeout": ["60; id"]}):
        asked = {"DocumentName": name, "InstanceIds": ["web-1"], "Parameters": {**good, **changed}}
        assert refusal(fleet.client().send_command, **asked) == ("InvalidParameters", 400)


def test_parameter_store_is_as_ever(fleet: Fleet) -> None:
    client = fleet.client()
    client.put_parameter(Name="/of/mine", Value="v", Type="SecureString", Tags=[{"Key": "a", "Value": "b"}])
    assert client.get_parameter(Name="/of/mine", WithDecryption=True)["Parameter"]["Value"] == "v"
    tags = client.list_tags_for_resource(ResourceType="Parameter", ResourceId="/of/mine")["TagList"]
    assert tags == [{"Key": "a", "Value": "b"}]
    assert client.get_parameters_by_path(Path="/of")["Parameters"]
    client.delete_parameter(Name="/of/mine")
    assert refusal(client.get_parameter, Name="/of/mine") == ("ParameterNotFound", 400)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM"])
def test_either_variable_leads_here(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM"):
        monkeypatch.delenv(name, raising=False)
    for name in (variable, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, fleet.settings[name])
    assert boto3.Session().client("ssm").describe_document(Name="obey")["Document"]["Name"] == "obey"


DOCUMENT = f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:document/obey"
WEB = f"arn:aws:ec2:{REGION}:{ACCOUNT_ID}:instance/web-1"
DENIED = ("AccessDeniedException", 400)


@pytest.fixture(scope="module")
def guest_with(fleet: Fleet) -> Callable[..., Any]:
    """SSM in the hands of a user who may do what it is called with, to what."""
    iam = fleet.client("iam")
    iam.create_user(UserName="guest")
    keys = iam.create_access_key(UserName="guest")["AccessKey"]

    def allowed(action: str, *resources: str) -> Any:
        statement = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_user_policy(UserName="guest", PolicyName="guest", PolicyDocument=json.dumps(document))
        return fleet.client(aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"])

    return allowed


def test_sending_needs_a_right_to_the_document_and_to_every_instance(
    fleet: Fleet, guest_with: Callable[..., Any]
) -> None:
    asked = {"DocumentName": "obey", "InstanceIds": ["web-1"]}
    guest = guest_with("ssm:SendCommand", DOCUMENT, WEB)
    command_id = guest.send_command(**asked)["Command"]["CommandId"]
    assert fleet.ended(command_id) == {"web-1": "Success"}
    assert refusal(guest.send_command, **{**asked, "InstanceIds": ["web-1", "web-2"]}) == DENIED
    assert refusal(guest.send_command, **{**asked, "DocumentName": VALUES["ssm_document"]}) == DENIED
    assert refusal(guest.list_command_invocations, CommandId=command_id) == DENIED
    found = guest.send_command(DocumentName="obey", Targets=[{"Key": "tag:Role", "Values": ["web"]}])["Command"]
    assert fleet.ended(found["CommandId"]) == {"web-1": "Success", "web-2": "AccessDenied"}
    assert refusal(guest_with("ssm:SendCommand", WEB).send_command, **asked) == DENIED
    assert refusal(guest_with("ssm:SendCommand", DOCUMENT).send_command, **asked) == DENIED


def test_a_documents_right_is_no_parameters(fleet: Fleet, guest_with: Callable[..., Any]) -> None:
    guest = guest_with("ssm:*", DOCUMENT)
    assert guest.describe_document(Name="obey")
    assert guest.list_tags_for_resource(ResourceType="Document", ResourceId="obey")["TagList"] == []
    assert refusal(guest.describe_document, Name=VALUES["ssm_document"]) == DENIED
    assert refusal(guest.get_parameter, Name="obey") == DENIED
    theirs = guest_with("ssm:*", f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:parameter/obey")
    assert refusal(theirs.delete_document, Name="obey") == DENIED
    assert refusal(theirs.get_parameter, Name="obey") == ("ParameterNotFound", 400)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("orchestrator_function", {"send_command", "cancel_command", "describe_instance_information"}),
        ("watchdog_check_function", {"list_command_invocations", "cancel_command"}),
        ("ssm_config_function", set()),
        ("init_job_function", set()),
        ("control_function", set()),
        ("worker_function", set()),
        ("codebuild_project", set()),
    ],
)
def test_each_role_of_the_engine_may_do_what_it_has_to(fleet: Fleet, role: str, may: set[str]) -> None:
    found = fleet.client("iam").get_role(RoleName=VALUES[role])["Role"]["Arn"]
    keys = fleet.client("sts").assume_role(RoleArn=found, RoleSessionName="test")["Credentials"]
    client = fleet.client(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    calls: dict[str, Any] = {
        "send_command": {"DocumentName": VALUES["ssm_document"], "InstanceIds": ["web-1"]},
        "list_command_invocations": {"CommandId": "0" * 36},
        "cancel_command": {"CommandId": "0" * 36},
        "describe_instance_information": {},
        "list_commands": {},
        "create_document": {"Name": "theirs", "Content": json.dumps(CONTENT)},
        "update_document": {"Name": VALUES["ssm_document"], "Content": json.dumps(CONTENT)},
    }
    codes: dict[str, str] = {}
    for call, asked in calls.items():
        try:
            getattr(client, call)(**asked)
        except ClientError as error:
            codes[call] = error.response["Error"]["Code"]
    assert calls.keys() - {call for call, code in codes.items() if code == "AccessDeniedException"} == may
    assert refusal(client.send_command, DocumentName="obey", InstanceIds=["web-1"]) == DENIED


def test_everything_ends_with_the_embedded_aws_and_the_next_one_remembers(tmp_path: Path) -> None:
    made = Fleet(tmp_path, **{AT_ONCE: "1"})
    with made.aws():
        done = made.send("echo done")
        made.ended(done)
        running, note, pids = made.with_guest()
        waiting = made.send("true")
    assert not alive(pids)
    assert note.with_suffix(".told").exists()
    with made.aws():
        assert made.result(done)["StandardOutputContent"] == "done\n"
        assert made.states(running) == {"web-1": "Failed"}
        assert "was stopped" in made.look_up(running)["web-1"]["TraceOutput"]
        assert made.states(waiting) == {"web-1": "Undeliverable"}
        assert made.client().describe_document(Name="obey")["Document"]["LatestVersion"] == "1"


def test_what_instances_ran_ends_before_the_next_embedded_aws(tmp_path: Path) -> None:
    made = Fleet(tmp_path)
    with made.aws():
        command_id, _, pids = made.with_guest()
        os.kill(made.pid, signal.SIGKILL)
    with made.aws():
        assert not alive(pids)
        assert made.look_up(command_id) == {}
        assert made.printed("echo again") == "again\n"
