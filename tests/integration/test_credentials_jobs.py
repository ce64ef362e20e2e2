"""Whole jobs with credentials, by the command line: what their commands see, exactly, and what is refused."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.git_places import git_places
from integration.hunt import files, holds
from integration.machine import Item, Machine, Ran, finish, order, until
from integration.test_commands import PASSED_ON
from integration.view import View

from execution_engine.bundles.age import AgeKey

ROLE = "arn:aws:iam::000000000000:role/deploy"
EXTERNAL_ID = "of-this-deployment"

IN_BASE64 = base64.encodebytes(json.dumps({"FROM_BASE64": "b64 välue", "NUMBER": 17, "DEEP": {"a": [1]}}).encode())
IN_STORES = {
    "ssm": {
        "/prod/api-token": "plain t0ken-1",
        "/prod/object": {"BOTH": "of ssm", "LAST": "of ssm", "PHRASE": "two\nlines $HOME"},
        "/prod/base64": IN_BASE64.decode(),
    },
    "secretsmanager": {
        "prod/plain.value": "plain t0ken-2",
        "prod/object": {"LAST": "of secretsmanager", "FLAG": True, "NOTHING": None},
        "prod/base64": base64.b64encode(json.dumps({"ALSO": "from base64"}).encode()).decode(),
        "target/account": {
            "AWS_ACCESS_KEY_ID": "AKIATARGETACCOUNT123",
            "AWS_SECRET_ACCESS_KEY": "s3cret/of+the=target",
            "AWS_SESSION_TOKEN": "session-of-the-target",
            "AWS_REGION": "eu-central-1",
        },
    },
}
NAMED = {
    "ssm_paths": ["/prod/api-token", "aws:::ssm:/prod/object", "/prod/base64"],
    "secret_manager_paths": ["prod/plain.value", "aws:::secretsmanager:prod/object", "prod/base64", "target/account"],
}
OWN = {"MINE": "own", "BOTH": "own", "LAST": "own"}
EXPECTED = {
    "MINE": "own",
    "BOTH": "of ssm",
    "LAST": "of secretsmanager",
    "API_TOKEN": "plain t0ken-1",
    "PHRASE": "two\nlines $HOME",
    "FROM_BASE64": "b64 välue",
    "NUMBER": "17",
    "DEEP": '{"a":[1]}',
    "PLAIN_VALUE": "plain t0ken-2",
    "FLAG": "true",
    "ALSO": "from base64",
    **IN_STORES["secretsmanager"]["target/account"],  # type: ignore[dict-item]
}
OF_BASH = {"PWD", "OLDPWD", "SHLVL", "_"}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, View, str]]:
    machine = Machine(tmp_path_factory.mktemp("credentials"), grace="1", target_external_id=EXTERNAL_ID)
    with machine.aws() as aws:
        yield machine, View(aws.settings), aws.endpoint


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps(IN_STORES))
    path.chmod(0o600)
    return path


def run(machine: Machine, orders: list[Item], *options: object, **job: Any) -> Ran:
    return machine.call("run", machine.job_file(orders, **job), "--json", *options)


def seen(path: Path) -> dict[str, str]:
    return dict(entry.decode().split("=", 1) for entry in path.read_bytes().split(b"\0") if entry)


@pytest.mark.parametrize("target", ["lambda", "codebuild", "ssm"])
def test_commands_see_exactly_what_the_contract_says(
    stand: tuple[Machine, View, str], credentials: Path, tmp_path: Path, target: str
) -> None:
    machine, view, _ = stand
    where = {"ssm_targets": {"instance_ids": ["box-1"]}} if target == "ssm" else {}
    into = tmp_path / "seen"
    one = order("first", f"env -0 > {into}", env_vars=OWN, execution_target=target, **NAMED, **where)
    options = ["--instances", "box-1"] if target == "ssm" else []
    ran = run(machine, [one], "--credentials", credentials, *options)
    assert ran.code == 0, ran.err
    found = seen(into)
    host = {name: value for name, value in found.items() if PASSED_ON.fullmatch(name)}
    assert {name: value for name, value in found.items() if name not in OF_BASH | host.keys()} == {
        **EXPECTED,
        **({"AWS_SSM_INSTANCE_ID": "box-1"} if target == "ssm" else {}),
        "TRACE_ID": ran.json["trace_id"],
        "RUN_ID": ran.json["run_id"],
        "ORDER_ID": "first",
        "ORDER_NUM": "0001",
        "FLOW_ID": ran.json["flow_id"],
        "AWS_EXE_SYS_EVENTS_DIR": found["AWS_EXE_SYS_EVENTS_DIR"],
        "PATH": found["PATH"],
        "HOME": os.environ["HOME"],
        "LANG": found["LANG"],
        "TMPDIR": found["TMPDIR"],
    }
    assert found["PATH"].endswith(os.environ["PATH"])
    assert Path(found["AWS_EXE_SYS_EVENTS_DIR"]).is_relative_to(machine.state)
    assert Path(found["TMPDIR"]).is_relative_to(machine.state)
    assert not {name for name in view.parameters() if name.startswith("/prod")}
    assert view.client("secretsmanager").list_secrets()["SecretList"] == []


def test_a_worker_gives_nothing_of_its_own_aws_away(stand: tuple[Machine, View, str], tmp_path: Path) -> None:
    orders = [order(name, f"env -0 > {tmp_path}/{name}", execution_target=name) for name in ("lambda", "codebuild")]
    assert run(stand[0], orders).code == 0
    for one in orders:
        found = seen(tmp_path / one["order_name"])
        assert {name for name in found if name.startswith(("AWS", "SOPS", "LAMBDA", "CODEBUILD", "_HANDLER"))} == {
            "AWS_EXE_SYS_EVENTS_DIR"
        }


def test_a_role_is_assumed_for_the_order_and_its_session_is_the_commands(
    stand: tuple[Machine, View, str], credentials: Path, tmp_path: Path
) -> None:
    machine, view, endpoint = stand
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        },
    }
    iam = view.client("iam")
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(trust))
    allowed = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName="deploy", PolicyName="who", PolicyDocument=policy)
    who = f"{sys.executable} -c \"import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])\""
    named = {"target_role_arn": ROLE, "secret_manager_paths": ["target/account"], "env_vars": {"AWS_REGION": "x"}}
    orders = [
        order(
            "a", f"env -0 > {tmp_path}/a", f"AWS_DEFAULT_REGION=us-east-1 AWS_ENDPOINT_URL={endpoint} {who}", **named
        ),
        order("b", f"env -0 > {tmp_path}/b", target_role_arn=ROLE, execution_target="codebuild"),
        order("c", f"env -0 > {tmp_path}/c"),
    ]
    ran = run(machine, orders, "--credentials", credentials)
    assert ran.code == 0, ran.err
    session = f"arn:aws:sts::000000000000:assumed-role/deploy/execution-engine-{ran.json['run_id']}"
    assert ran.orders["a"]["log"] == f"{session}\n"
    first, second, third = (seen(tmp_path / name) for name in "abc")
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    # Both need it equally long: one session. It counts before what was fetched; the region stays that of the secret.
    assert [first[name] for name in keys] == [second[name] for name in keys]
    assert first["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert first["AWS_REGION"] == "eu-central-1"
    assert not {"AWS_REGION", *keys} & third.keys()


def test_what_can_not_be_had_is_told_at_the_order_all_at_once(
    stand: tuple[Machine, View, str], credentials: Path
) -> None:
    machine, view, _ = stand
    trust = {"Version": "2012-10-17", "Statement": []}
    iam, secrets = view.client("iam"), view.client("secretsmanager")
    iam.create_role(RoleName="trusts-nobody", AssumeRolePolicyDocument=json.dumps(trust))
    deny = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secrets.create_secret(Name="locked", SecretString="s3cret-of-others")
    secrets.put_resource_policy(
        SecretId="locked", ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": deny})
    )
    try:
        ran = run(
            machine,
            [
                order("right", **NAMED),
                order("missing", ssm_paths=["/prod/api-token", "/prod/nothing"], secret_manager_paths=["none"]),
                order("locked", secret_manager_paths=["prod/object", "locked"]),
                order("role", target_role_arn=f"{ROLE.rpartition('/')[0]}/trusts-nobody"),
                order("key", ssm_paths=["/execution-engine/runs/x/age-key"]),
            ],
            "--credentials",
            credentials,
        )
    finally:
        secrets.delete_secret(SecretId="locked", ForceDeleteWithoutRecovery=True)
    assert ran.code == 2, ran.err
    found = {fault["where"]: fault["message"] for fault in ran.json["errors"]}
    assert {where: message.partition(" ")[0] for where, message in found.items()} == {
        "orders[1].ssm_paths[1]": "/prod/nothing",
        "orders[1].secret_manager_paths[0]": "none",
        "orders[2].secret_manager_paths[1]": "locked",
        "orders[3].target_role_arn": f"{ROLE.rpartition('/')[0]}/trusts-nobody",
        "orders[4].ssm_paths[0]": "/execution-engine/runs/x/age-key",
    }
    assert "does not exist" in found["orders[1].ssm_paths[1]"]
    assert "denied" in found["orders[2].secret_manager_paths[1]"]
    assert "can't be assumed: denied" in found["orders[3].target_role_arn"]
    assert "the engine's own" in found["orders[4].ssm_paths[0]"]
    assert not holds(ran.out + ran.err.encode(), [b"s3cret", b"t0ken"])


def test_a_denied_parameter_is_told_as_such(stand: tuple[Machine, View, str], credentials: Path) -> None:
    machine, view, _ = stand
    role, iam = "execution-engine-init-job", view.client("iam")
    deny = {"Effect": "Deny", "Action": "ssm:GetParameters", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": deny})
    iam.put_role_policy(RoleName=role, PolicyName="denied", PolicyDocument=policy)
    try:
        ran = run(machine, [order("a", ssm_paths=["/prod/api-token"])], "--credentials", credentials)
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="denied")
    assert ran.code == 2, ran.err
    (fault,) = ran.json["errors"]
    assert fault["where"] == "orders[0].ssm_paths[0]"
    assert "denied (AccessDeniedException)" in fault["message"]


def test_a_retry_reads_them_again(stand: tuple[Machine, View, str], credentials: Path, tmp_path: Path) -> None:
    machine = stand[0]
    again = f'echo "$API_TOKEN" >> {tmp_path}/had; test "$API_TOKEN" != "plain t0ken-1"'
    failed = run(machine, [order("a", again, ssm_paths=["/prod/api-token"])], "--credentials", credentials)
    assert failed.code == 1, failed.err
    without = machine.call("retry", failed.json["run_id"], "--json")
    assert without.code == 2
    assert "--credentials FILE" in without.err
    credentials.write_text(json.dumps({"ssm": {"/prod/api-token": "rotated t0ken"}}))
    retried = machine.call("retry", failed.json["run_id"], "--json", "--credentials", credentials)
    assert retried.code == 0, retried.err
    assert (tmp_path / "had").read_text() == "plain t0ken-1\nrotated t0ken\n"


def test_the_file_is_no_code_and_is_warned_of_if_others_can_read_it(stand: tuple[Machine, View, str]) -> None:
    machine = stand[0]
    job = machine.job_file([order("a", "ls", ssm_paths=["/prod/api-token"])])
    given = job.parent / "credentials.json"
    given.write_text(json.dumps(IN_STORES))
    given.chmod(0o644)
    (job.parent / "code").write_text("")
    ran = machine.call("run", job, "--json", "--credentials", given)
    assert ran.orders["a"]["log"].split() == ["code", "job.yaml"]
    assert f"warning: others on this machine can read {given}" in ran.err


def test_what_lies_there_already_is_left_alone(stand: tuple[Machine, View, str], credentials: Path) -> None:
    machine, view, _ = stand
    put = "import boto3; boto3.client('ssm').put_parameter(Name='/prod/base64', Value='kept', Type='String')"
    process = machine.start("--state", machine.state, "aws", "--", sys.executable, "-c", put, named=False)
    assert finish(process).code == 0
    try:
        ran = run(machine, [order("a", ssm_paths=["/prod/base64"])], "--credentials", credentials)
        assert ran.code == 2
        assert ran.json["errors"][0]["where"] == f"{credentials}: ssm./prod/base64"
        assert "is in this machine's own AWS already" in ran.json["errors"][0]["message"]
        assert {name: value for name, value in view.parameters().items() if name.startswith("/prod")} == {
            "/prod/base64": "kept"
        }
    finally:
        view.client("ssm").delete_parameter(Name="/prod/base64")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_stays_behind_a_submission_that_is_cut_off(tmp_path: Path, how: signal.Signals) -> None:
    """A git server that never answers holds the submission up; the machine is its own, and stops with the command."""
    (tmp_path / "git").mkdir()
    with git_places(tmp_path / "git") as places:
        machine = Machine(tmp_path / "machine", grace="1", git_timeout="60", **places.settings)
        machine.environ["GIT_SSL_CAINFO"] = str(places.https.authority)
        places.https.behaviour.stall = True
        given = tmp_path / "credentials.json"
        parameters = {"/git/token": "t0ken-that-must-go", "/x": "x-t0ken-that-must-go"}
        given.write_text(json.dumps({"ssm": parameters, "secretsmanager": {"y": "y-t0ken-that-must-go"}}))
        orders = [
            order("a", git_repo=places.https.url("org/tool"), ssm_paths=["/x"], secret_manager_paths=["y"]),
        ]
        job = machine.job_file(orders, git_token_location="/git/token")
        process = machine.start("run", job, "--credentials", given)
        until(lambda: places.https.asked)
        process.send_signal(how)
        if how is signal.SIGINT:
            time.sleep(2)  # or the two are one to the kernel
            process.send_signal(how)  # the first one asks, and waits for the submission
        ran = finish(process)
        assert ran.code == (130 if how is signal.SIGINT else -signal.SIGKILL)
        until(lambda: (machine.state / "aws.saved").exists())
        places.https.over.set()
    left = [where for where, data in files(machine.state) if holds(data, [b"t0ken-that-must-go", b"dDBrZW4tdGhhdC1"])]
    assert left == []
    with machine.aws() as aws:
        view = View(aws.settings)
        assert view.parameters() == {}
        assert view.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"] == []


def test_bundles_are_opened_by_a_callers_own_key_and_the_worker_has_it_for_the_run(
    stand: tuple[Machine, View, str], tmp_path: Path
) -> None:
    machine, view, _ = stand
    own, other = AgeKey.generate(), AgeKey.generate()
    given = tmp_path / "credentials.json"
    given.write_text(json.dumps({"ssm": {"/callers/age": f"# created: today\n{own.identity}\n"}}))
    sealed = order("a", 'test "$WORD" = s3cret-word', env_vars={"WORD": "s3cret-word"}, sops_key=own.recipient)
    ran = run(machine, [sealed, order("b")], "--credentials", given, sops_key_ssm_path="/callers/age")
    assert ran.code == 0, ran.err
    assert view.parameters() == {}
    wrong = run(
        machine, [{**sealed, "sops_key": other.recipient}], "--credentials", given, sops_key_ssm_path="/callers/age"
    )
    assert wrong.code == 2
    assert wrong.json["errors"][0]["where"] == "orders[0].sops_key"
    assert "is not the public key" in wrong.json["errors"][0]["message"]
