"""The instances that one machine pretends to have: what is declared, and who finds none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from unit.cli.stand import RUN, Stand

from execution_engine.cli.simulated import missing
from execution_engine.jobs.specification import parse_job
from execution_engine.local.instances import Instance

SSM = """
username: ann
orders:
  - {order_name: patch, timeout: 30, cmds: ["patch"], ssm_targets: {tags: {Role: [web, app], Stage: prod}}}
  - {order_name: restart, timeout: 30, cmds: ["restart"], ssm_targets: {instance_ids: [web-1, web-2]}}
"""


@pytest.fixture
def ssm_job(job: Path) -> Path:
    job.write_text(SSM)
    return job


def succeed(stand: Stand) -> None:
    stand.steps(lambda: stand.complete("succeeded", succeeded=2))


def test_instances_are_declared_before_the_job_is_submitted(stand: Stand, ssm_job: Path) -> None:
    succeed(stand)
    result = stand.call("run", ssm_job, "--instances", "web-1:Role=web:Stage=prod,web-2:offline")
    assert result.exit_code == 0, result.stderr
    assert stand.the_declared == {
        "web-1": Instance("web-1", {"Role": "web", "Stage": "prod"}),
        "web-2": Instance("web-2", {}, "offline"),
    }
    assert stand.submitted[0][1] == "ssm"
    assert "warning" not in result.stderr


@pytest.mark.parametrize("command", ["run", "retry"])
def test_nothing_is_opened_for_instances_that_can_not_be_understood(stand: Stand, ssm_job: Path, command: str) -> None:
    what = ssm_job if command == "run" else RUN
    result = stand.call(command, what, "--instances", "web-1:Role=web:sleepy", "--json")
    assert result.exit_code == 2
    (fault,) = json.loads(result.stdout)["errors"]
    assert fault["where"] == "--instances"
    assert "sleepy" in fault["message"]
    assert "--instances: " in result.stderr
    assert stand.opened == []


def test_a_file_beside_the_job_declares_them_unless_the_option_does(stand: Stand, ssm_job: Path) -> None:
    beside = ssm_job.with_name("job.instances.yaml")
    beside.write_text("instances: [{id: web-1, tags: {Role: web, Stage: prod}}, {id: web-2}]")
    succeed(stand)
    result = stand.call("run", ssm_job)
    assert result.exit_code == 0, result.stderr
    assert list(stand.the_declared) == ["web-1", "web-2"]
    assert f"2 simulated instances as {beside} says\n" in result.stderr
    other = Stand()
    succeed(other)
    assert other.call("run", ssm_job, "--instances", "db-1").exit_code == 0
    assert list(other.the_declared) == ["db-1"]


def test_a_file_beside_the_job_that_is_wrong_refuses_it(stand: Stand, ssm_job: Path) -> None:
    ssm_job.with_name("job.instances.json").write_text('{"instances": 1}')
    result = stand.call("run", ssm_job)
    assert result.exit_code == 2
    assert "job.instances.json" in result.stderr
    assert stand.opened == []


def test_a_job_that_needs_none_declares_none(stand: Stand, job: Path) -> None:
    job.with_name("job.instances.yaml").write_text("nonsense")
    succeed(stand)
    result = stand.call("run", job, "--instances", "web-1")
    assert result.exit_code == 0, result.stderr
    assert "--instances is not used: no order runs on instances\n" in result.stderr
    assert (stand.the_declared, stand.submitted[0][1]) == ({}, "init")


def test_orders_that_find_no_instance_are_named_and_run_all_the_same(stand: Stand, ssm_job: Path) -> None:
    succeed(stand)
    result = stand.call("run", ssm_job, "--instances", "web-1:Role=db")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr.splitlines()[:3] == [
        "warning: order patch: no declared instance has the tags Role=web|app, Stage=prod",
        "warning: order restart is for instances that are not declared: web-2",
        "instances declared on this machine: web-1; --instances ID:Key=Value,… declares more",
    ]
    assert len(stand.submitted) == 1


def test_tags_are_found_as_the_service_finds_them() -> None:
    job = parse_job({"username": "a", "orders": [ORDER]}, door="ssm")
    found = {"web-1": Instance("web-1", {"Role": "app", "Stage": "prod", "Other": "x"})}
    assert missing(job, found) == []
    for tags in ({}, {"Role": "web"}, {"Role": "db", "Stage": "prod"}, {"Role": "web", "Stage": "test"}):
        assert len(missing(job, {"web-1": Instance("web-1", tags)})) == 1
    assert missing(job, {}) == ["order patch: no declared instance has the tags Role=web|app, Stage=prod"]


ORDER = {
    "order_name": "patch",
    "timeout": 1,
    "cmds": ["x"],
    "ssm_targets": {"tags": {"Role": ["web", "app"], "Stage": "prod"}},
}


def test_a_retry_declares_what_it_is_told_to(stand: Stand) -> None:
    stand.begin("patch")
    stand.complete("failed", failed=1)
    stand.steps(lambda: stand.complete("succeeded", succeeded=1))
    assert stand.call("retry", RUN, "--instances", "web-1").exit_code == 0
    assert list(stand.the_declared) == ["web-1"]
