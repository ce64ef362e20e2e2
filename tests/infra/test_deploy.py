"""All three stacks, really applied: to an embedded AWS, by the scripts that people call, and torn down again."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tarfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from infra.bare_aws import BareAws
from infra.stacks import Stacks, no_provider

from execution_engine.local.instances import Instance
from execution_engine.local.names import REGION

FORGOTTEN = {
    "aws_cloudwatch_metric_alarm": {
        "actions_enabled", "alarm_actions", "alarm_description", "dimensions", "ok_actions", "period", "statistic",
        "treat_missing_data",
    },
    "aws_codebuild_project": {"logs_config", "queued_timeout"},
}  # fmt: skip
"""What the embedded AWS takes and does not tell again, by the type of resource."""

Item = dict[str, Any]


class Deployment:
    """The stacks as applied: their outputs, and the API behind them."""

    def __init__(self, stacks: Stacks, aws: BareAws, bucket: str) -> None:
        self.stacks = stacks
        self.aws = aws
        self.bucket = bucket
        self.outputs = stacks.outputs("02-deploy")

    def ask(self, method: str, path: str, body: Item | None = None) -> tuple[int, Item]:
        """Signed, as IAM wants it."""
        keys = self.aws.settings
        url, data = self.outputs["api_url"] + path, json.dumps(body).encode() if body is not None else None
        signed = AWSRequest(method, url, data=data, headers={"content-type": "application/json"})
        credentials = Credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, "execute-api", REGION).add_auth(signed)
        where = urlsplit(url)
        # Not every resolver knows that all of .localhost is here.
        connection = HTTPConnection("127.0.0.1", where.port, timeout=60)
        try:
            connection.request(method, where.path, data, {**dict(signed.headers.items()), "Host": where.netloc})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def done(self, run_id: str, seconds: float) -> Item:
        """What the done bucket says of the run, once it does."""
        s3 = self.aws.clients()("s3")
        end = time.monotonic() + seconds
        while not s3.list_objects_v2(Bucket=self.outputs["done_bucket"], Prefix=f"{run_id}/done")["KeyCount"]:
            assert time.monotonic() < end, f"run {run_id} is not over after {seconds:g} s"
            time.sleep(0.2)
        found = s3.get_object(Bucket=self.outputs["done_bucket"], Key=f"{run_id}/done")
        document: Item = json.loads(found["Body"].read())
        return document

    def quiet(self, seconds: float) -> None:
        """Waits until no watchdog has another look to take."""
        machines, end = self.aws.clients()("stepfunctions"), time.monotonic() + seconds
        asked = {"stateMachineArn": self.outputs["state_machine_arn"], "statusFilter": "RUNNING"}
        while machines.list_executions(**asked)["executions"]:
            assert time.monotonic() < end, f"watchdogs look after what is over, after {seconds:g} s"
            time.sleep(0.5)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Made once; the last of the tests tears it down."""
    if reason := no_provider():
        pytest.skip(reason)
    if missing := [name for name in ("curl", "jq") if shutil.which(name) is None]:
        pytest.skip(f"there is no {missing[0]} on this machine, which the scripts need")
    root = tmp_path_factory.mktemp("deploy")
    with BareAws(root / "state", dict(os.environ)) as aws:
        stacks = Stacks(root / "checkout", aws.settings)
        stacks.environ |= {"DOCKER": str(_no_docker(root)), "TAG": "1a2b"}
        bucket = stacks.script("scripts/publish.sh", REGION).stdout.strip()
        # No image runs here: functions get a zip, and builds the interpreter of the tests.
        assert stacks.script("scripts/publish.sh", "--zip", REGION).stdout.strip() == bucket
        (stacks.root / "infrastructure/02-deploy/terraform.tfvars").write_text(_own_settings(aws))
        stacks.script("scripts/deploy.sh", bucket, REGION)
        yield Deployment(stacks, aws, bucket)


def test_a_second_plan_changes_nothing_but_what_the_embedded_aws_forgets(deployment: Deployment) -> None:
    stacks = deployment.stacks
    given = [f"-var=region={REGION}", "-var=s3_use_path_style=true"]
    for place, arguments in {"00-bootstrap": [*given, "-var=tls_only=false"], "01-ecr": given, "02-deploy": []}.items():
        stacks.terraform(place, "plan", "-no-color", "-out=second.plan", *arguments)
        plan = json.loads(stacks.terraform(place, "show", "-json", "second.plan").stdout)
        for resource in plan["resource_changes"]:
            change = resource["change"]
            assert change["actions"] in (["no-op"], ["update"], ["read"]), resource["address"]
            before, after = change["before"] or {}, change["after"] or {}
            changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
            assert changed <= FORGOTTEN.get(resource["type"], set()), (resource["address"], before, after)


def test_the_image_was_built_and_pushed_with_the_registrys_own_token(deployment: Deployment) -> None:
    repository = deployment.stacks.outputs("01-ecr")["repository_url"]
    asked = (deployment.stacks.root.parent / "docker.log").read_text().splitlines()
    image = f"{repository}:1a2b"
    assert asked[0].startswith(f"build --file container/Dockerfile --tag {image} ")
    assert asked[1:] == [f"login --username AWS --password-stdin {repository.partition('/')[0]}", f"push {image}"]
    told = deployment.aws.clients()("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    password = (deployment.stacks.root.parent / "docker.password").read_text().strip()
    assert base64.b64decode(told).decode() == f"AWS:{password}"


def test_what_is_there_already_is_left_as_it_is(deployment: Deployment) -> None:
    ended = deployment.stacks.script("scripts/bootstrap.sh", REGION)
    assert ended.stdout.strip() == deployment.bucket
    assert "is there already" in ended.stderr


def test_the_smoke_test_passes(deployment: Deployment) -> None:
    told = deployment.stacks.script("tests/smoke/test_deploy.sh").stdout
    assert " passed, 0 failed" in told
    assert "ends well" in told


def test_the_smoke_test_leaves_no_object(deployment: Deployment) -> None:
    s3 = deployment.aws.clients()("s3")
    for bucket in (deployment.outputs["internal_bucket"], deployment.outputs["done_bucket"]):
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_the_smoke_test_tells_when_something_is_missing(deployment: Deployment, tmp_path: Path) -> None:
    told = json.loads(deployment.stacks.terraform("02-deploy", "output", "-json").stdout)
    told["tables"]["value"]["locks"] = "no-such-table"
    (tmp_path / "outputs.json").write_text(json.dumps(told))
    ended = deployment.stacks.script("tests/smoke/test_deploy.sh", str(tmp_path / "outputs.json"), allow=(1,))
    assert "FAIL  table no-such-table" in ended.stderr


def test_a_chain_of_forty_orders_ends(deployment: Deployment) -> None:
    orders = [
        {
            "order_name": f"link-{number}",
            "cmds": ["true"],
            "timeout": 30,
            "execution_target": "lambda",
            "dependencies": [f"link-{number - 1}"] if number else [],
        }
        for number in range(40)
    ]
    status, answer = deployment.ask("POST", "/init", {"job": {"username": "ann", "orders": orders}})
    assert status == 200, answer
    done = deployment.done(answer["run_id"], 300)
    assert (done["status"], done["summary"]["succeeded"]) == ("succeeded", 40)


def test_an_order_runs_in_a_build(deployment: Deployment) -> None:
    order = {"cmds": ["true"], "timeout": 60, "execution_target": "codebuild"}
    _, answer = deployment.ask("POST", "/init", {"job": {"username": "ann", "orders": [order]}})
    assert deployment.done(answer["run_id"], 120)["status"] == "succeeded"


def test_an_order_runs_on_an_instance(deployment: Deployment) -> None:
    deployment.aws.play(Instance("web-1", {"Role": "web"}))
    order = {"cmds": ["true"], "timeout": 60, "ssm_targets": {"tags": {"Role": "web"}}}
    status, answer = deployment.ask("POST", "/ssm", {"job": {"username": "ann", "orders": [order]}})
    assert status == 200, answer
    assert deployment.done(answer["run_id"], 120)["status"] == "succeeded"


def test_a_message_on_the_topic_is_a_job(deployment: Deployment) -> None:
    job = {"username": "ann", "orders": [{"cmds": ["true"], "timeout": 30, "execution_target": "lambda"}]}
    deployment.aws.clients()("sns").publish(
        TopicArn=deployment.outputs["jobs_topic_arn"], Message=json.dumps({"job": job, "trace_id": "b" * 32})
    )
    database, end = deployment.aws.clients()("dynamodb"), time.monotonic() + 60
    while True:
        found = database.query(
            TableName=deployment.outputs["tables"]["order_events"],
            KeyConditionExpression="trace_id = :trace",
            ExpressionAttributeValues={":trace": {"S": "b" * 32}},
        )
        if "job_completed" in {event["event_type"]["S"] for event in found["Items"]}:
            return
        assert time.monotonic() < end, found["Items"]
        time.sleep(0.2)


def test_the_archive_holds_what_tearing_down_needs(deployment: Deployment, tmp_path: Path) -> None:
    place = deployment.stacks.script("scripts/archive.sh", deployment.bucket, REGION).stdout.strip()
    bucket, _, key = place.removeprefix("s3://").partition("/")
    deployment.aws.clients()("s3").download_file(bucket, key, str(tmp_path / "archive.tar.gz"))
    with tarfile.open(tmp_path / "archive.tar.gz") as archive:
        names = set(archive.getnames())
    assert {"scripts/destroy.sh", "infrastructure/02-deploy/generated.auto.tfvars.json"} <= names
    assert "execution_engine/resources/policies/worker.json" in names
    assert not [name for name in names if ".terraform/" in name or "tfstate" in name]


def test_tearing_down_leaves_nothing(deployment: Deployment) -> None:
    # A function that is called while it is torn down would make its log group anew here, whatever its role may do.
    deployment.quiet(120)
    deployment.stacks.script("scripts/destroy.sh", deployment.bucket, REGION, "--state-bucket")
    ask = deployment.aws.clients()
    left = {
        "tables": ask("dynamodb").list_tables()["TableNames"],
        "buckets": ask("s3").list_buckets()["Buckets"],
        "functions": ask("lambda").list_functions()["Functions"],
        "mappings": ask("lambda").list_event_source_mappings()["EventSourceMappings"],
        "roles": [role for role in ask("iam").list_roles()["Roles"] if "/aws-service-role/" not in role["Path"]],
        "machines": ask("stepfunctions").list_state_machines()["stateMachines"],
        "projects": ask("codebuild").list_projects()["projects"],
        "queues": ask("sqs").list_queues().get("QueueUrls", []),
        "topics": ask("sns").list_topics()["Topics"],
        "apis": ask("apigatewayv2").get_apis()["Items"],
        "repositories": ask("ecr").describe_repositories()["repositories"],
        "log groups": ask("logs").describe_log_groups()["logGroups"],
        "alarms": ask("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": ask("cloudwatch").list_dashboards().get("DashboardEntries", []),
        "aliases": [
            one for one in ask("kms").list_aliases()["Aliases"] if not one["AliasName"].startswith("alias/aws/")
        ],
        "parameters": ask("ssm").describe_parameters()["Parameters"],
    }
    assert {what: found for what, found in left.items() if found} == {}
    keys = [ask("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in ask("kms").list_keys()["Keys"]]
    assert [key["KeyState"] for key in keys if key["KeyManager"] == "CUSTOMER"] == ["PendingDeletion"]


def _own_settings(aws: BareAws) -> str:
    """The engine's, as it is set on one machine: what is lost is missed soon."""
    tunings = {"AWS_EXE_SYS_TICK": "20", "AWS_EXE_SYS_HEARTBEAT": "5", "AWS_EXE_SYS_MAX_IN_FLIGHT": "8"}
    return f"settings = {json.dumps(tunings).replace(':', ' =')}\n"


def _no_docker(root: Path) -> Path:
    """Writes down what is asked of it, and which password it is given."""
    path = root / "docker"
    path.write_text(f'#!/bin/sh\necho "$*" >> {root}/docker.log\n[ "$1" != login ] || cat > {root}/docker.password\n')
    path.chmod(0o755)
    return path
