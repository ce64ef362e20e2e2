"""A right job is read with every default; what a wrong one is refused for is in test_refusals."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from execution_engine.errors import JobRefused
from execution_engine.jobs.specification import Job, Order, SsmTargets, door_of, parse_job


def order(**fields: Any) -> dict[str, Any]:
    return {"cmds": ["true"], "timeout": 60, **fields}


def job(*orders: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"username": "ada", "orders": list(orders) or [order()], **fields}


def parse(*orders: dict[str, Any], **fields: Any) -> Job:
    return parse_job(job(*orders, **fields), door="init")


def test_the_smallest_job_gets_every_default() -> None:
    assert parse() == Job(
        door="init",
        username="ada",
        flow_label="exec",
        job_timeout=3600,
        presign_expiry=3900,
        git_provider="github",
        orders=(
            Order(
                order_num="0001",
                order_name="true",
                queue_id="0001",
                cmds=("true",),
                timeout=60,
                execution_target="codebuild",
            ),
        ),
    )


def test_every_field_that_init_knows_arrives() -> None:
    made = parse(
        order(order_name="first"),
        order(
            order_name="second",
            execution_target="lambda",
            git_repo="https://git.example.com/org/other.git",
            git_folder="./a//b/",
            commit_hash="v1.2",
            env_vars={"GREETING": "hello", "AWS_REGION": "eu-central-1"},
            ssm_paths=["/prod/token", "aws:::ssm:/prod/db"],
            secret_manager_paths=["prod/key", "aws:::secretsmanager:prod/other"],
            target_role_arn="arn:aws:iam::123456789012:role/path/deployer",
            sops_key="age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            queue_id="two",
            dependencies=["first", "0001"],
            must_succeed=False,
            retries=3,
            timeout=0.5,
        ),
        order(s3_location="s3://bucket/some/key.zip"),
        git_repo="org/repo",
        git_provider="gitlab",
        git_token_location="aws:::secretsmanager:git",
        git_ssh_key_location="/git/key",
        commit_hash="main",
        flow_label="deploy",
        job_timeout=100.5,
        presign_expiry=500.2,
        sops_key_ssm_path="aws:::ssm:/keys/age",
        pr_number=7,
        issue_number=8,
    )
    assert (made.git_repo, made.git_provider, made.commit_hash) == ("org/repo", "gitlab", "main")
    assert (made.git_token_location, made.git_ssh_key_location) == ("aws:::secretsmanager:git", "/git/key")
    assert (made.flow_label, made.job_timeout, made.presign_expiry) == ("deploy", 100.5, 501)
    assert (made.sops_key_ssm_path, made.pr_number, made.issue_number) == ("/keys/age", 7, 8)
    first, second, third = made.orders
    assert (first.git_repo, first.commit_hash) == ("org/repo", "main")
    assert (second.git_repo, second.git_folder) == ("https://git.example.com/org/other.git", "a/b")
    assert (second.commit_hash, second.execution_target, second.timeout) == ("v1.2", "lambda", 0.5)
    assert second.env_vars == {"GREETING": "hello", "AWS_REGION": "eu-central-1"}
    assert second.ssm_paths == ("/prod/token", "aws:::ssm:/prod/db")
    assert second.secret_manager_paths == ("prod/key", "aws:::secretsmanager:prod/other")
    assert second.target_role_arn == "arn:aws:iam::123456789012:role/path/deployer"
    assert second.sops_key is not None and second.sops_key.startswith("age1")
    assert (second.queue_id, second.must_succeed, second.retries) == ("two", False, 3)
    assert (second.dependencies, second.needs) == (("first", "0001"), ("0001",))
    assert (third.s3_location, third.git_repo, third.commit_hash) == ("s3://bucket/some/key.zip", None, None)


def test_a_job_for_instances() -> None:
    document = job(
        order(ssm_targets={"instance_ids": ["i-0123", "mi-0456", "i-0123"]}, ssm_document_name="Acme-Run"),
        order(ssm_targets={"tags": {"Role": "web", "Stage": ["prod", "test"]}}, execution_target="ssm"),
    )
    assert door_of(document) == "ssm"
    made = parse_job(document, door="ssm")
    assert made.flow_label == "ssm"
    assert [order.execution_target for order in made.orders] == ["ssm", "ssm"]
    assert made.orders[0].ssm_targets == SsmTargets(instance_ids=("i-0123", "mi-0456"))
    assert made.orders[0].ssm_document_name == "Acme-Run"
    assert made.orders[1].ssm_targets == SsmTargets(tags={"Role": ("web",), "Stage": ("prod", "test")})


@pytest.mark.parametrize("document", [None, [], {}, {"orders": 3}, {"orders": [3, {"execution_target": []}]}, job()])
def test_whatever_is_not_for_instances_goes_to_init(document: object) -> None:
    assert door_of(document) == "init"


def test_a_null_counts_as_not_given() -> None:
    assert parse(order(git_repo=None, env_vars=None, retries=None), job_timeout=None) == parse()


def test_nothing_in_a_job_can_be_changed() -> None:
    made = parse(order(env_vars={"A": "b"}))
    with pytest.raises(FrozenInstanceError):
        made.orders[0].timeout = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        made.orders[0].env_vars["A"] = "c"  # type: ignore[index]


def test_variables_do_not_show_in_a_printed_job() -> None:
    assert "hunter2" not in repr(parse(order(env_vars={"PASSWORD": "hunter2"})))


def test_the_job_outlives_its_longest_path() -> None:
    chain = [order(timeout=3000), order(timeout=2000, dependencies=["0001"]), order(timeout=4000)]
    made = parse(*chain)
    assert (made.job_timeout, made.presign_expiry) == (5300, 5600)
    assert parse(*chain, job_timeout=10).job_timeout == 10, "a given deadline may end orders early"


def test_dependencies_may_use_names_numbers_and_derived_names() -> None:
    made = parse(
        order(git_folder="infra/network", git_repo="org/repo"),
        order(cmds=["make test"]),
        order(dependencies=["network", "make-test", "0002", "network"]),
    )
    assert made.orders[2].needs == ("0001", "0002")
    assert made.graph().dependents() == {"0001": ("0003",), "0002": ("0003",), "0003": ()}


def test_queue_ids_may_be_swapped() -> None:
    made = parse(order(queue_id="0002"), order(queue_id="0001", dependencies=["0002"]))
    assert made.orders[1].needs == ("0001",)


def test_a_chain_of_9999_orders() -> None:
    chain = [order(timeout=5, dependencies=[f"{place:04d}"] if place else []) for place in range(9_999)]
    made = parse(*chain)
    assert made.job_timeout == 9_999 * 5 + 300
    assert made.orders[-1].needs == ("9998",)
    assert len({order.order_name for order in made.orders}) == 9_999


def test_a_cycle_of_9999_orders_is_shortened() -> None:
    chain = [order(order_name=f"n{place}", dependencies=[f"n{place - 1}"]) for place in range(1, 9_999)]
    with pytest.raises(JobRefused) as refused:
        parse(order(order_name="n0", dependencies=["n9998"]), *chain)
    (fault,) = refused.value.faults
    assert fault.where == "orders[0].dependencies"
    assert "n0 → n9998 → n9997 → n9996 → … 9,994 more … → n1 → n0" in fault.message
