"""CodeBuild on one machine, by plain boto3: builds that run, wait, are stopped, and can't be had."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError
from integration.machine import until

from execution_engine.local.builds.settings import AT_ONCE, MINUTE
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.names import ACCOUNT_ID, REGION, VALUES, Identity
from execution_engine.local.processes import descendants
from execution_engine.local.state_folder import StateFolder

# Stands for the worker: does what the variable DO tells it, in a process that notes what it is given.
PROBE = """
import json, os, pathlib, signal, subprocess, sys, time
notes = pathlib.Path(os.environ["NOTE"])
print("the build speaks", flush=True)

def note(what):
    notes.with_suffix(".new").write_text(json.dumps(what))
    notes.with_suffix(".new").rename(notes)

do = os.environ["DO"]
if do == "environment":
    import boto3
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    note({"environ": dict(os.environ), "cwd": os.getcwd(), "session": os.getsid(0) == os.getpid(), "arn": arn})
elif do == "commands":
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    command = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True, stdout=subprocess.PIPE)
    command.stdout.readline()
    signal.signal(signal.SIGTERM, lambda *_: (notes.with_suffix(".told").touch(), sys.exit(0)))
    note({"pid": os.getpid(), "command": command.pid})
    time.sleep(600)
else:
    note({"pid": os.getpid()})
    sys.exit(int(do))
"""
BUILDSPEC = {"version": 0.2, "phases": {"build": {"commands": ["python -m probe"]}}}
OTHER = "other"


class Builds:
    """An embedded AWS with a project of ours beside the engine's, whose role has the engine's build role's rights."""

    def __init__(self, root: Path, **environ: str) -> None:
        self.root = root
        (root / "code").mkdir(parents=True)
        (root / "code" / "probe.py").write_text(PROBE)
        self.folder = StateFolder(root / "state")
        self._environ = {**os.environ, "MINE": "x", **environ}
        self.settings: dict[str, str] = {}

    @contextlib.contextmanager
    def aws(self) -> Iterator[Builds]:
        def connect(identity: Identity) -> boto3.Session:
            return boto3.Session(identity.access_key, identity.secret_key, region_name=REGION)

        extra = {"PYTHONPATH": str(self.root / "code")}
        with EmbeddedAws(
            self.folder, environ=self._environ, connect=connect, extra_environment=extra, linger=0.5, grace=1
        ) as aws:
            self.settings = aws.settings
            self.pid = aws.pid
            yield self

    def client(self, service: str = "codebuild", **keys: str) -> Any:
        """As any tool would make one; ``keys``: of somebody else."""
        keys = keys or {
            "aws_access_key_id": self.settings["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.settings["AWS_SECRET_ACCESS_KEY"],
        }
        endpoint = self.settings["AWS_ENDPOINT_URL_CODEBUILD"]
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)

    def project(self, name: str = "probe", **changes: Any) -> str:
        role = self.client("iam").get_role(RoleName=VALUES["codebuild_project"])["Role"]["Arn"]
        environment = {
            "type": "LINUX_CONTAINER",
            "image": "probe",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "DO", "value": "0"}, {"name": "OF_THE_PROJECT", "value": "1"}],
        }
        with contextlib.suppress(ClientError):
            self.client().create_project(
                **{
                    "name": name,
                    "source": {"type": "NO_SOURCE", "buildspec": json.dumps(BUILDSPEC)},
                    "artifacts": {"type": "NO_ARTIFACTS"},
                    "environment": environment,
                    "serviceRole": role,
                    **changes,
                }
            )
        return name

    def start(self, do: str, project: str = "probe", **options: Any) -> tuple[Any, Path]:
        """The build, and where its process leaves its note."""
        note = self.root / f"note-{time.time_ns()}.json"
        variables = {"DO": do, "NOTE": str(note)}
        build = self.client().start_build(
            projectName=self.project(project),
            environmentVariablesOverride=[{"name": name, "value": value} for name, value in variables.items()],
            **options,
        )["build"]
        return build, note

    def look_up(self, build_id: str) -> Any:
        (found,) = self.client().batch_get_builds(ids=[build_id])["builds"]
        return found

    def ended(self, build_id: str) -> Any:
        def look() -> Any:
            found = self.look_up(build_id)
            return found if found["buildComplete"] else None

        return until(look)


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builds]:
    with Builds(tmp_path_factory.mktemp("builds"), **{AT_ONCE: "2", MINUTE: "0.4"}).aws() as made:
        yield made


def noted(note: Path) -> Any:
    until(note.exists)
    return json.loads(note.read_text())


def phases(build: Any) -> dict[str, str | None]:
    return {phase["phaseType"]: phase.get("phaseStatus") for phase in build["phases"]}


def said(build: Any, phase: str) -> Any:
    (context,) = next(one for one in build["phases"] if one["phaseType"] == phase)["contexts"]
    return context


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


ALL = [
    "SUBMITTED",
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
]


def test_a_build_runs_and_has_all_its_phases(builds: Builds) -> None:
    started, _ = builds.start("0")
    assert started["buildStatus"] == "IN_PROGRESS"
    assert started["arn"] == f"arn:aws:codebuild:{REGION}:{ACCOUNT_ID}:build/{started['id']}"
    ended = builds.ended(started["id"])
    assert ended["buildStatus"] == "SUCCEEDED"
    assert phases(ended) == {**dict.fromkeys(ALL, "SUCCEEDED"), "COMPLETED": None}
    assert ended["startTime"] <= ended["endTime"]
    log = Path(unquote(urlsplit(ended["logs"]["deepLink"]).path))
    assert log.read_text() == "the build speaks\n"
    assert builds.client().batch_get_builds(ids=[ended["arn"], "probe:unknown"])["buildsNotFound"] == ["probe:unknown"]
    assert builds.client().list_builds_for_project(projectName="probe")["ids"][0] == ended["id"]


def test_a_build_sees_what_a_container_sees_and_acts_as_its_role(builds: Builds) -> None:
    started, note = builds.start("environment")
    seen = noted(note)
    environ = seen["environ"]
    assert environ["CODEBUILD_BUILD_ID"] == started["id"]
    assert environ["CODEBUILD_BUILD_ARN"] == started["arn"]
    assert environ["CODEBUILD_LOG_PATH"] == started["logs"]["streamName"]
    assert environ["OF_THE_PROJECT"] == "1"
    assert environ["AWS_REGION"] == REGION
    assert environ["AWS_SECRET_ACCESS_KEY"] != builds.settings["AWS_SECRET_ACCESS_KEY"]
    assert builds.settings["AWS_SECRET_ACCESS_KEY"] not in environ.values()
    assert not {"MINE", "AUTH", "STATE_DIR"} & environ.keys()
    assert f":assumed-role/{VALUES['codebuild_project']}/" in seen["arn"]
    assert seen["cwd"] == environ["CODEBUILD_SRC_DIR"]
    assert seen["session"]
    builds.ended(started["id"])
    until(lambda: not Path(seen["cwd"]).exists())
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    stale = builds.client("sts", **{name.lower(): environ[name] for name in keys})
    assert refusal(stale.get_caller_identity)[1] == 403


def test_what_a_build_returns_is_what_it_ends_as(builds: Builds) -> None:
    ended = builds.ended(builds.start("7")[0]["id"])
    assert ended["buildStatus"] == "FAILED"
    assert phases(ended)["BUILD"] == "FAILED"
    assert phases(ended)["POST_BUILD"] == "SUCCEEDED"
    assert said(ended, "BUILD") == {
        "statusCode": "COMMAND_EXECUTION_ERROR",
        "message": "Error while executing command: python -m probe. Reason: exit status 7",
    }


def test_stopping_tells_the_worker_and_ends_all_below_it(builds: Builds) -> None:
    started, note = builds.start("commands")
    at_work = noted(note)
    assert builds.look_up(started["id"])["currentPhase"] == "BUILD"
    assert builds.client().stop_build(id=started["id"])["build"]["buildStatus"] == "IN_PROGRESS"
    ended = builds.ended(started["id"])
    assert (ended["buildStatus"], phases(ended)["BUILD"]) == ("STOPPED", "STOPPED")
    assert note.with_suffix(".told").exists()
    assert not {at_work["pid"], at_work["command"]} & set(descendants(0))
    assert builds.client().stop_build(id=started["id"])["build"]["buildStatus"] == "STOPPED"
    assert refusal(builds.client().stop_build, id="probe:unknown") == ("ResourceNotFoundException", 400)


def test_a_build_that_is_killed_takes_its_commands_with_it(builds: Builds) -> None:
    started, note = builds.start("commands")
    at_work = noted(note)
    until(lambda: at_work["command"] in descendants(at_work["pid"]))
    os.kill(at_work["pid"], signal.SIGKILL)
    ended = builds.ended(started["id"])
    assert said(ended, "BUILD")["message"].endswith("exit status 137")
    until(lambda: at_work["command"] not in descendants(0))


def test_more_than_may_run_wait_in_order(builds: Builds) -> None:
    first = [builds.start("commands") for _ in range(2)]
    for _, note in first:
        noted(note)
    second, third = builds.start("commands"), builds.start("0")
    assert builds.look_up(second[0]["id"])["currentPhase"] == "QUEUED"
    builds.client().stop_build(id=third[0]["id"])
    stopped = builds.look_up(third[0]["id"])
    assert phases(stopped) == {"SUBMITTED": "SUCCEEDED", "QUEUED": "STOPPED", "COMPLETED": None}
    for started, _ in first:
        builds.client().stop_build(id=started["id"])
    noted(second[1])
    assert not third[1].exists()
    builds.client().stop_build(id=second[0]["id"])
    builds.ended(second[0]["id"])


def test_a_token_is_one_build(builds: Builds) -> None:
    asked = {"projectName": builds.project(), "idempotencyToken": "t", "imageOverride": "nothing.invalid/x"}
    first = builds.client().start_build(**asked)["build"]
    assert builds.client().start_build(**asked)["build"]["id"] == first["id"]
    code = refusal(builds.client().start_build, **{**asked, "timeoutInMinutesOverride": 5})
    assert code == ("InvalidInputException", 400)


def test_limits_end_what_runs_and_what_waits(builds: Builds) -> None:
    running = [builds.start("commands", timeoutInMinutesOverride=30) for _ in range(2)]
    waiting, _ = builds.start("0", queuedTimeoutInMinutesOverride=5)
    ended = builds.ended(waiting["id"])
    assert phases(ended) == {"SUBMITTED": "SUCCEEDED", "QUEUED": "TIMED_OUT", "COMPLETED": None}
    for started, _ in running:
        ended = builds.ended(started["id"])
        assert (ended["buildStatus"], phases(ended)["BUILD"]) == ("TIMED_OUT", "TIMED_OUT")
        assert said(ended, "BUILD")["statusCode"] == "BUILD_TIMED_OUT"


def test_an_image_that_can_not_be_pulled_ends_the_build_in_provisioning(builds: Builds) -> None:
    ended = builds.ended(builds.start("0", imageOverride="registry.invalid/engine:1")[0]["id"])
    assert ended["buildStatus"] == "FAILED"
    assert phases(ended) == {
        "SUBMITTED": "SUCCEEDED",
        "QUEUED": "SUCCEEDED",
        "PROVISIONING": "FAILED",
        "COMPLETED": None,
    }
    assert said(ended, "PROVISIONING")["statusCode"] == "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"


def test_a_role_that_does_not_trust_codebuild_is_not_taken(builds: Builds) -> None:
    role = builds.client("iam").get_role(RoleName=VALUES["worker_function"])["Role"]["Arn"]
    builds.project("of-the-worker", serviceRole=role)
    ended = builds.ended(builds.start("0", project="of-the-worker")[0]["id"])
    assert said(ended, "PROVISIONING")["statusCode"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"projectName": "unknown"}, "ResourceNotFoundException"),
        ({"projectName": "probe", "timeoutInMinutesOverride": 10**6}, "InvalidInputException"),
        ({"projectName": "probe", "computeTypeOverride": "BUILD_GENERAL1_LARGE"}, "InvalidInputException"),
    ],
)
def test_what_can_not_be_is_refused_as_aws_does(builds: Builds, asked: Any, code: str) -> None:
    builds.project()
    assert refusal(builds.client().start_build, **asked) == (code, 400)


@pytest.fixture(scope="module")
def guest_with(builds: Builds) -> Callable[..., Any]:
    """CodeBuild in the hands of a user who may do with the builds of one project what it is called with."""
    iam = builds.client("iam")
    iam.create_user(UserName="guest")
    keys = iam.create_access_key(UserName="guest")["AccessKey"]
    arn = f"arn:aws:codebuild:{REGION}:{ACCOUNT_ID}:project/probe"
    actions = ["codebuild:StartBuild", "codebuild:BatchGetBuilds", "codebuild:StopBuild"]

    def allowed(*names: str) -> Any:
        statement = {"Effect": "Allow", "Action": list(names) or actions, "Resource": arn}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_user_policy(UserName="guest", PolicyName="guest", PolicyDocument=json.dumps(document))
        return builds.client(aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"])

    return allowed


def test_who_may_does_and_who_may_not_is_denied(builds: Builds, guest_with: Callable[..., Any]) -> None:
    builds.project()
    builds.project(OTHER)
    theirs, _ = builds.start("0", project=OTHER)
    guest = guest_with()
    mine = guest.start_build(projectName="probe", imageOverride="nothing.invalid/x")["build"]["id"]
    assert guest.batch_get_builds(ids=[mine])["builds"]
    assert guest.stop_build(id=mine)
    denied = ("AccessDeniedException", 403)
    assert refusal(guest.start_build, projectName=OTHER) == denied
    assert refusal(guest.batch_get_builds, ids=[theirs["id"]]) == denied
    assert refusal(guest.batch_get_builds, ids=[mine, theirs["id"]]) == denied
    assert refusal(guest.stop_build, id=theirs["id"]) == denied
    assert refusal(guest_with("codebuild:BatchGetBuilds").start_build, projectName="probe") == denied


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("orchestrator_function", {"start_build", "stop_build"}),
        ("watchdog_check_function", {"batch_get_builds", "stop_build"}),
        ("init_job_function", set()),
        ("worker_function", set()),
        ("codebuild_project", set()),
    ],
)
def test_each_role_of_the_engine_may_do_what_it_has_to(builds: Builds, role: str, may: set[str]) -> None:
    found = builds.client("iam").get_role(RoleName=VALUES[role])["Role"]["Arn"]
    keys = builds.client("sts").assume_role(RoleArn=found, RoleSessionName="test")["Credentials"]
    client = builds.client(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    project = VALUES["codebuild_project"]
    calls: dict[str, Any] = {
        "start_build": {"projectName": project, "imageOverride": "nothing.invalid/x"},
        "batch_get_builds": {"ids": [f"{project}:unknown"]},
        "stop_build": {"id": f"{project}:unknown"},
    }
    codes: dict[str, str] = {}
    for call, asked in calls.items():
        try:
            getattr(client, call)(**asked)
        except ClientError as error:
            codes[call] = error.response["Error"]["Code"]
    assert calls.keys() - {call for call, code in codes.items() if code == "AccessDeniedException"} == may


def test_a_wrong_signature_is_refused(builds: Builds) -> None:
    iam = builds.client("iam")
    iam.create_user(UserName="forged")
    key = iam.create_access_key(UserName="forged")["AccessKey"]["AccessKeyId"]
    forged = builds.client(aws_access_key_id=key, aws_secret_access_key="x" * 32)
    for call, asked in (
        (forged.start_build, {"projectName": "probe"}),
        (forged.batch_get_builds, {"ids": ["probe:x"]}),
    ):
        assert refusal(call, **asked) == ("InvalidSignatureException", 400)


def test_builds_end_with_the_embedded_aws_and_the_next_one_says_so(tmp_path: Path) -> None:
    made = Builds(tmp_path, **{AT_ONCE: "1"})
    with made.aws():
        (running, note), (waiting, _) = made.start("commands"), made.start("0")
        at_work = noted(note)
    assert not {at_work["pid"], at_work["command"]} & set(descendants(0))
    assert note.with_suffix(".told").exists()
    with made.aws():
        for started, phase in ((running, "BUILD"), (waiting, "QUEUED")):
            found = made.look_up(started["id"])
            assert (found["buildStatus"], found["buildComplete"]) == ("FAULT", True)
            assert "was stopped" in said(found, phase)["message"]


def test_builds_of_an_embedded_aws_that_was_killed_end_before_the_next(tmp_path: Path) -> None:
    made = Builds(tmp_path)
    with made.aws():
        _, note = made.start("commands")
        at_work = noted(note)
        os.kill(made.pid, signal.SIGKILL)
    with made.aws():
        assert not {at_work["pid"], at_work["command"]} & set(descendants(0))
