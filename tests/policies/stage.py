"""One embedded AWS on which flows run, with a record of what each role asked for, and roles that can be cut short."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from integration.machine import Item, Machine, order
from integration.view import View
from policies.roles import Document, Part, document, roles_of, without

from execution_engine.cli.local_machine import tunings
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.instances import declare, parse_instances
from execution_engine.local.names import VALUES
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import Engine, connect

BUS = str(VALUES["event_bus_arn"]).rpartition("/")[2]
TARGET_ROLE = f"arn:aws:iam::{VALUES['account_id']}:role/deploy"
MY_DOCUMENT = f"{VALUES['ssm_document']}-mine"
INSTANCES = "i-1:Role=web,mi-1:Role=edge,i-off:offline"

PATIENCE = 2.0
"""Seconds that a flow goes on after it was denied what it needs: the engine may find another way."""

SETTINGS = {
    # Nothing comes of looking again, so that what is denied stays undone.
    "tick": "3600",
    "relaunch_after": "300",
    # A run that takes a second pass is handed over.
    "pass_seconds": "0.01",
    "control_poll": "0.5",
    "grace": "1",
    "event_bus": BUS,
}


MEANT = {
    # They may not list, so that what is not there is denied them (storage/worker_access.py).
    ("execution-engine-worker", "s3:ListBucket"),
    ("execution-engine-build", "s3:ListBucket"),
    # Flows have these denied themselves.
    *((f"execution-engine-{role}", "s3:PutObject") for role in ("init-job", "ssm-config", "control")),
    ("execution-engine-init-job", "s3:GetObject"),
    *(
        (f"execution-engine-{role}", f"ssm:{call}")
        for role in ("init-job", "ssm-config", "control")
        for call in ("GetParameter", "GetParameterHistory")
    ),
}
"""Denials that say nothing against the policies."""


class Stage:
    """``root``: a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._machine = Machine(root, **SETTINGS)
        self._machine.environ["AWS_EXE_LOCAL_DELIVERY_SECOND"] = "0.01"
        self._log = root / "decisions"
        self._watched: Part | None = None
        self._from = 0

    @contextmanager
    def open(self) -> Iterator[Stage]:
        folder = StateFolder(self._machine.state)
        inside = {"PYTHONPATH": str(Path(__file__).parent / "inside"), "DECISIONS": str(self.root)}
        environ = self._machine.environ
        with EmbeddedAws(
            folder, environ=environ, connect=connect, tunings=tunings(environ), extra_environment=inside, grace=1
        ) as aws:
            self.view, self.engine = View(aws.settings), Engine(aws.settings)
            declare(folder.instances, parse_instances(INSTANCES))
            self._furnish()
            yield self

    def _furnish(self) -> None:
        """What operators have beside the engine."""
        iam, ssm, events, sqs = (self.view.client(name) for name in ("iam", "ssm", "events", "sqs"))
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=_policy(trust))
        ssm.put_parameter(Name="/mine/word", Value="kept", Type="SecureString")
        for name in ("mine/word", "mine/other"):
            self.view.client("secretsmanager").create_secret(Name=name, SecretString="kept")
        content = ssm.get_document(Name=VALUES["ssm_document"])["Content"]
        ssm.create_document(Name=MY_DOCUMENT, Content=content, DocumentType="Command", DocumentFormat="JSON")
        self.news_url = sqs.create_queue(QueueName="news")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.news_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.create_event_bus(Name=BUS)
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["execution-engine"]}))
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])

    # Roles

    @contextmanager
    def lacking(self, part: Part) -> Iterator[None]:
        """Every role that has the policy has it without that part."""
        self._watched, self._from = part, self._log.stat().st_size
        try:
            self._put(part.policy, without(part))
            yield
        finally:
            self._put(part.policy, document(part.policy))
            self._watched = None

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Every role has all that is its own; nobody is denied anything."""
        self._watched, self._from = None, self._log.stat().st_size
        yield
        assert not self.was_denied(), self._denials()

    @contextmanager
    def also(self, policy: str, **statement: Any) -> Iterator[None]:
        """With another statement, as an operator, or a test, may have it beside the engine's own."""
        iam = self.view.client("iam")
        for role in roles_of(policy):
            iam.put_role_policy(RoleName=role, PolicyName="beside", PolicyDocument=_policy(statement))
        try:
            yield
        finally:
            for role in roles_of(policy):
                iam.delete_role_policy(RoleName=role, PolicyName="beside")

    def _put(self, policy: str, whole: Document) -> None:
        for role in roles_of(policy):
            self.view.client("iam").put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(whole))

    def as_role(self, policy: str, service: str) -> Any:
        """A client with a session of the first of the roles that have the policy."""
        role = self.view.client("iam").get_role(RoleName=roles_of(policy)[0])["Role"]["Arn"]
        keys = self.view.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            endpoint_url=self.view.client(service).meta.endpoint_url,
            region_name=str(VALUES["region"]),
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    # Decisions

    def was_denied(self) -> bool:
        """Whether anybody was denied what is taken away; while nothing is, whether anybody was denied anything."""
        part = self._watched
        if part is None:
            return bool(self._denials())
        roles = roles_of(part.policy)
        return any(
            role in roles and action == part.action and fnmatchcase(resource, part.resource)
            for role, action, resource in self._denials()
        )

    def _denials(self) -> list[tuple[str, str, str]]:
        """Role, action and resource, since the case began; without those that are meant to be."""
        found = [one for one in self._decisions(self._from) if not one["allowed"]]
        own = self._watched is not None
        return [
            (one["role"], one["action"], one["resource"])
            for one in found
            if own or (one["role"], one["action"]) not in MEANT
        ]

    def _decisions(self, start: int) -> Iterator[Item]:
        """From that byte of the record on."""
        with self._log.open("rb") as log:
            log.seek(start)
            for line in log.read().splitlines():
                yield json.loads(line)

    # What flows are made of

    def until(self, come: Callable[[], Any], seconds: float = 30.0) -> Any:
        """What ``come`` gives, as soon as it is true; ``AssertionError`` when it is clear that it won't be."""
        end, hopeless = time.monotonic() + seconds, False
        while not (found := come()):
            if not hopeless and self.was_denied():
                end, hopeless = min(end, time.monotonic() + PATIENCE), True
            assert time.monotonic() < end, "it did not come to pass"
            time.sleep(0.05)
        return found

    def begin(self, *orders: Item, function: str = "init-job", key: str | None = None, **job: Any) -> Item:
        """A submission's answer."""
        request = {"job": {"username": "ann", "orders": list(orders), **job}}
        answer = self.view.invoke(function, request | ({"idempotency_key": key} if key else {}))
        assert answer["status"] == "ok", answer
        return dict(answer)

    def ended(self, run_id: str) -> Item:
        """What ``done`` says."""
        self.until(lambda: self.view.keys("DONE_BUCKET", f"{run_id}/done"))
        return self.view.document(f"{run_id}/done", "DONE_BUCKET")

    def row(self, run_id: str, num: str = "0001") -> Item:
        return self.view.item(f"{run_id}:{num}") or {}

    def running(self, *orders: Item, **job: Any) -> str:
        """The id of a run whose first order is at work, its id known."""
        run_id = str(self.begin(*orders, **job)["run_id"])

        def at_work() -> bool:
            row = self.row(run_id)
            is_known = row["execution_target"] == "lambda" or row.get("execution_id")
            return row["status"] == "running" and bool(is_known)

        self.until(at_work)
        return run_id

    @cached_property
    def finished(self) -> Item:
        """The answer of a submission whose run is over, for whoever only reads."""
        answer = self.begin(order("told", "echo told"))
        self.ended(answer["run_id"])
        return answer

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """Of each claim that is written meanwhile, the first answer gets lost."""
        (self.root / "lost").touch()
        try:
            yield
        finally:
            (self.root / "lost").unlink()


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
