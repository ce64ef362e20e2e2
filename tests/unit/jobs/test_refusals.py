"""Every way a job can be wrong, and the place that the refusal names."""

from __future__ import annotations

import math
from typing import Any

import pytest

from execution_engine.errors import JobRefused
from execution_engine.jobs.faults import MAX_SHOWN
from execution_engine.jobs.specification import MIB, Door, parse_job


def order(**fields: Any) -> dict[str, Any]:
    return {"cmds": ["true"], "timeout": 60, **fields}


def job(*orders: Any, **fields: Any) -> dict[str, Any]:
    return {"username": "ada", "orders": list(orders) or [order()], **fields}


def faults_of(document: object, door: Door = "init", **limits: int) -> list[tuple[str, str]]:
    with pytest.raises(JobRefused) as refused:
        parse_job(document, door=door, **limits)
    return [(fault.where, fault.message) for fault in refused.value.faults]


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


# The fault of a field of the job: field, value, part of the message.
JOB_FIELDS: list[tuple[str, Any, str]] = [
    ("username", 5, "must be text, not a number"),
    ("username", "", "is empty"),
    ("username", "a:b", "without :"),
    ("username", " ada", "blanks"),
    ("username", "a\nb", "printable"),
    ("username", "a" * 129, "129 characters"),
    ("username", "\ud800", "UTF-8"),
    ("orders", [], "at least one order"),
    ("orders", {}, "must be a list of orders, not an object"),
    ("orders", [order()] * 10_000, "at most 9,999"),
    ("ordres", [], 'is no field of the job; did you mean "orders"?'),
    ("git_repo", "repo", "org/repo"),
    ("git_repo", "-org/repo", "org/repo"),
    ("git_repo", "../repo", "does not name a repository"),
    ("git_repo", "http://git.example.com/org/repo", "https or ssh"),
    ("git_repo", "file:///etc/repo", "https or ssh"),
    ("git_repo", "ext::sh -c id", "org/repo"),
    ("git_repo", "https://user:hunter2@git.example.com/org/repo", "git_token_location"),
    ("git_repo", "https://hunter2@git.example.com/org/repo", "git_token_location"),
    ("git_repo", "https://git.example.com/org/repo?token=hunter2", "no query"),
    ("git_repo", "https:///org/repo", "no usable host"),
    ("git_repo", "https://[::1/org/repo", "is no URL"),
    ("git_repo", "https://git.example.com/../repo", "does not name a repository"),
    ("git_repo", "ssh://git:hunter2@git.example.com/org/repo", "git_token_location"),
    ("git_repo", "ssh://-oProxyCommand=id/org/repo", "no usable host"),
    ("git_repo", "git@-oProxyCommand=id:org/repo", "org/repo"),
    ("git_repo", "git@host:-org/repo", "does not name a repository"),
    ("git_provider", "Git Hub", "must be a name"),
    ("git_token_location", "aws:::vault:x", "aws:::ssm:<path>"),
    ("git_ssh_key_location", "a b", "aws:::ssm:<path>"),
    ("commit_hash", "--upload-pack=id", "not starting with -"),
    ("commit_hash", "a..b", "must be a sha"),
    ("commit_hash", 1234567, "in quotes"),
    ("flow_label", "a b", "must be 1–64"),
    ("job_timeout", 0, "more than 0"),
    ("job_timeout", 0.5, "at least 1 second"),
    ("job_timeout", 86_401, "at most 86,400"),
    ("job_timeout", "3600", "must be a number of seconds, not text"),
    ("presign_expiry", -1, "more than 0"),
    ("presign_expiry", 359, "at least 360 seconds"),
    ("presign_expiry", 604_801, "at most 604,800"),
    ("sops_key_ssm_path", "aws:::secretsmanager:x", "Parameter Store"),
    ("pr_number", 0, "from 1 to"),
    ("issue_number", True, "must be a whole number, not true"),
    ("issue_number", 1.0, "must be a whole number"),
]

# The fault of a field of an order: its place below orders[0], the field, its value, part of the message.
ORDER_FIELDS: list[tuple[str, str, Any, str]] = [
    ("timeuot", "timeuot", 1, 'is no field of an order; did you mean "timeout"?'),
    ("1", "1", 1, "is no field"),
    ("cmds", "cmds", [], "is empty"),
    ("cmds", "cmds", "true", "must be a list of commands, not text"),
    ("cmds[1]", "cmds", ["true", " \n"], "is empty"),
    ("cmds[0]", "cmds", [True], "in YAML, put it in quotes"),
    ("cmds[0]", "cmds", ["a\0b"], "NUL"),
    ("cmds[0]", "cmds", ["echo \ud800"], "UTF-8"),
    ("cmds", "cmds", ["ä" * 131_073], "at most 262,144"),
    ("cmds", "cmds", ["x" * 131_072, "x" * 131_073], "are 262,145 bytes together"),
    ("timeout", "timeout", 0, "more than 0"),
    ("timeout", "timeout", -1.5, "more than 0"),
    ("timeout", "timeout", "60", "must be a number of seconds, not text"),
    ("timeout", "timeout", True, "must be a number of seconds, not true"),
    ("timeout", "timeout", math.nan, "finite"),
    ("timeout", "timeout", math.inf, "finite"),
    ("timeout", "timeout", 10**400, "at most 86,400"),
    ("timeout", "timeout", None, "is missing"),
    ("order_name", "order_name", "a:b", "A–Z"),
    ("order_name", "order_name", "a" * 129, "1–128"),
    ("order_name", "order_name", "name\n", "A–Z"),
    ("order_name", "order_name", "_job", "reserved"),
    ("execution_target", "execution_target", "lamda", 'did you mean "lambda"?'),
    ("execution_target", "execution_target", "ssm", "POST /ssm"),
    ("git_folder", "git_folder", "a", "needs a git_repo"),
    ("git_folder", "git_folder", "/a", "relative"),
    ("git_folder", "git_folder", "a/../../b", "without .."),
    ("git_folder", "git_folder", "a/.git/hooks", ".git"),
    ("s3_location", "s3_location", "https://bucket/key.zip", "s3://bucket/key.zip"),
    ("s3_location", "s3_location", "s3://bucket/", "s3://bucket/key.zip"),
    ("s3_location", "s3_location", "s3://Bad_Bucket/key.zip", "s3://bucket/key.zip"),
    ("env_vars", "env_vars", [], "must be an object of names and values, not a list"),
    ("env_vars", "env_vars", {1: "x"}, "text as its names"),
    ("env_vars.A", "env_vars", {"A": 1}, "text as its value"),
    ("env_vars.A", "env_vars", {"A": "a\0b"}, "NUL"),
    ("env_vars.A", "env_vars", {"A": "\udfff"}, "UTF-8"),
    ("env_vars.A", "env_vars", {"A": "x" * 131_070}, "131,072 bytes"),
    ("env_vars.sops", "env_vars", {"sops": "x"}, "SOPS"),
    ("ssm_paths[0]", "ssm_paths", ["aws:::secretsmanager:x"], "secret_manager_paths"),
    ("ssm_paths[0]", "ssm_paths", ["a b"], "aws:::ssm:<path>"),
    ("secret_manager_paths[1]", "secret_manager_paths", ["x", "aws:::ssm:/x"], "ssm_paths"),
    ("target_role_arn", "target_role_arn", "arn:aws:iam::1:role/x", "12 digits"),
    ("sops_key", "sops_key", "AGE-SECRET-KEY-1XYZ", "age public key"),
    ("queue_id", "queue_id", 1, "in quotes"),
    ("dependencies", "dependencies", "other", "must be a list of names, not text"),
    ("dependencies[0]", "dependencies", [["a"]], "must be text, not a list"),
    ("dependencies[0]", "dependencies", ["tru"], 'did you mean "true"?'),
    ("dependencies[0]", "dependencies", ["0001"], "the order itself"),
    ("must_succeed", "must_succeed", "yes", "must be true or false, not text"),
    ("must_succeed", "must_succeed", 1, "must be true or false"),
    ("retries", "retries", 11, "from 0 to 10"),
    ("retries", "retries", -1, "from 0 to 10"),
    ("retries", "retries", True, "whole number"),
    ("ssm_targets", "ssm_targets", {"instance_ids": ["i-1"]}, "POST /ssm"),
    ("ssm_document_name", "ssm_document_name", "Doc", "POST /ssm"),
]

# The fault of ssm_targets: its place below ssm_targets, the value, part of the message.
SSM_TARGETS: list[tuple[str, Any, str]] = [
    ("", None, "is missing"),
    ("", ["i-1"], "must be an object"),
    ("", {}, "either instance_ids or tags"),
    ("", {"instance_ids": ["i-1"], "tags": {"A": "b"}}, "not both"),
    (".instance_id", {"instance_id": ["i-1"]}, 'did you mean "instance_ids"?'),
    (".instance_ids", {"instance_ids": []}, "is empty"),
    (".instance_ids", {"instance_ids": "i-1"}, "must be a list"),
    (".instance_ids", {"instance_ids": [f"i-{n}" for n in range(501)]}, "501 instances; an order takes at most 500"),
    (".instance_ids[1]", {"instance_ids": ["i-1", "--all"]}, "no instance id"),
    (".tags", {"tags": []}, "must be an object"),
    (".tags", {"tags": {}}, "1–5 keys"),
    (".tags", {"tags": {f"k{n}": "v" for n in range(6)}}, "1–5 keys"),
    (".tags.A", {"tags": {"A": []}}, "is empty"),
    (".tags.A[1]", {"tags": {"A": ["x", 3]}}, "must be text"),
    (".tags.A", {"tags": {"A": [f"v{n}" for n in range(51)]}}, "at most 50"),
    (".tags.A", {"tags": {"A": ""}}, "is empty"),
    (".instance_ids[0]", {"instance_ids": ["../web-1"]}, "no instance id"),
    (".instance_ids[0]", {"instance_ids": ["web.1"]}, "no instance id"),
]


FORBIDDEN_VARIABLES = [
    "PATH",
    "LD_PRELOAD",
    "BASH_ENV",
    "ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "BASH_FUNC_ls",
    "IFS",
    "PS4",
    "PYTHONPATH",
    "GIT_SSH",
    "TRACE_ID",
    "RUN_ID",
    "ORDER_ID",
    "ORDER_NUM",
    "FLOW_ID",
    "AWS_EXE_SYS_EVENTS_DIR",
    "SOPS_AGE_KEY",
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
    "1A",
    "A-B",
]


@pytest.mark.parametrize(("field", "value", "message"), JOB_FIELDS)
def test_a_wrong_field_of_the_job(field: str, value: Any, message: str) -> None:
    ((where, said),) = faults_of(job(**{field: value}))
    assert where == field
    assert message in said
    assert "hunter2" not in said


@pytest.mark.parametrize(("place", "field", "value", "message"), ORDER_FIELDS)
def test_a_wrong_field_of_an_order(place: str, field: str, value: Any, message: str) -> None:
    ((where, said),) = faults_of(job(order(**{field: value})))
    assert where == f"orders[0].{place}"
    assert message in said


@pytest.mark.parametrize(("place", "value", "message"), SSM_TARGETS)
def test_wrong_targets(place: str, value: Any, message: str) -> None:
    ((where, said),) = faults_of(job(order(ssm_targets=value)), door="ssm")
    assert where == f"orders[0].ssm_targets{place}"
    assert message in said


@pytest.mark.parametrize(
    "name",
    FORBIDDEN_VARIABLES,
)
def test_a_variable_that_may_not_be_set(name: str) -> None:
    ((where, said),) = faults_of(job(order(env_vars={name: "hunter2"})))
    assert where == f"orders[0].env_vars.{name}"
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("document", "where", "message"),
    [
        (None, "", "must be an object, not null"),
        ([], "", "must be an object, not a list"),
        ("{}", "", "must be an object, not text"),
        (without(job(), "username"), "username", "is missing"),
        (without(job(), "orders"), "orders", "is missing"),
        (job(order(), 3), "orders[1]", "must be an object, not a number"),
        (job(without(order(), "cmds")), "orders[0].cmds", "is missing"),
        (job(without(order(), "timeout")), "orders[0].timeout", "is missing"),
        (job(order(execution_target="lambda", timeout=841)), "orders[0].timeout", "at most 840"),
        (job(order(timeout=86_401)), "orders[0].timeout", "at most 86,400"),
        (job(order(timeout=86_101)), "job_timeout", "would have to be 86,401"),
        (job(order(timeout=5_000), presign_expiry=5_299), "presign_expiry", "at least 5,300"),
        (
            job(order(git_repo="org/repo", s3_location="s3://bucket/key.zip")),
            "orders[0].s3_location",
            "can't be combined with git_repo",
        ),
        (
            job(order(git_folder="a", s3_location="s3://bucket/key.zip"), git_repo="org/repo"),
            "orders[0].s3_location",
            "can't be combined with git_folder",
        ),
        (
            job(order(sops_key="age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")),
            "orders[0].sops_key",
            "needs the job's sops_key_ssm_path",
        ),
        (
            job(
                order(sops_key="age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
                sops_key_ssm_path="aws:::secretsmanager:x",
            ),
            "sops_key_ssm_path",
            "Parameter Store",
        ),
        (
            job(order(order_name="a"), order(order_name="a")),
            "orders[1].order_name",
            "also the name of orders[0]",
        ),
        (job(order(order_name="0002"), order()), "orders[0].order_name", "the number of orders[1]"),
        (job(order(queue_id="a"), order(queue_id="a")), "orders[1].queue_id", "ambiguous"),
        (job(order(order_name="a"), order(queue_id="a")), "orders[1].queue_id", "also means orders[0]"),
        (job(order(queue_id="0002"), order()), "orders[0].queue_id", "orders[1] has by default"),
        (
            job(order(order_name="a", dependencies=["b"]), order(order_name="b", dependencies=["a"])),
            "orders[0].dependencies",
            "a → b → a",
        ),
    ],
)
def test_a_job_that_is_wrong_in_one_place(document: object, where: str, message: str) -> None:
    ((place, said),) = faults_of(document)
    assert place == where
    assert message in said


@pytest.mark.parametrize("target", ["lambda", "codebuild"])
def test_the_ssm_door_takes_no_other_orders(target: str) -> None:
    ((where, said),) = faults_of(job(order(execution_target=target, timeout=1_000)), door="ssm")
    assert where == "orders[0].execution_target"
    assert "POST /init" in said


def test_a_target_that_there_is_not_is_one_fault_at_the_ssm_door_too() -> None:
    ((where, said),) = faults_of(job(order(execution_target="smm")), door="ssm")
    assert where == "orders[0].execution_target"
    assert "must be ssm" in said


@pytest.mark.parametrize("fields", [{}, {"sops_key_ssm_path": "/keys/age"}])
def test_a_key_to_seal_to_is_not_for_orders_on_instances(fields: dict[str, Any]) -> None:
    key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    one = order(ssm_targets={"instance_ids": ["i-1"]}, sops_key=key)
    ((where, said),) = faults_of(job(order(ssm_targets={"tags": {"A": "b"}}), one, **fields), door="ssm")
    assert where == "orders[1].sops_key"
    assert "KMS key" in said and said.endswith("leave it out")


@pytest.mark.parametrize("name", ["ab", "d" * 129, "a document", "doc;id"])
def test_a_name_that_no_document_has(name: str) -> None:
    one = order(ssm_targets={"instance_ids": ["i-1"]}, ssm_document_name=name)
    ((where, said),) = faults_of(job(one), door="ssm")
    assert where == "orders[0].ssm_document_name"
    assert "SSM document" in said


def test_all_faults_are_told_at_once() -> None:
    document = job(
        order(order_name="a", dependencies=["b"], timeout=0),
        order(order_name="b", dependencies=["a", "nobody"], env_vars={"PATH": "/x", "IFS": " "}),
        order(execution_target="lambda", timeout=900, cmds=["", 3]),
        order(order_name="bad:name"),
        order(dependencies=["bad:name"]),
        order(dependencies=["d2"], order_name="d1"),
        order(dependencies=["d1"], order_name="d2"),
        username="",
        unknown=1,
        job_timeout=-5,
    )
    assert sorted(where for where, _ in faults_of(document)) == [
        "job_timeout",
        "orders[0].dependencies",
        "orders[0].timeout",
        "orders[1].dependencies[1]",
        "orders[1].env_vars.IFS",
        "orders[1].env_vars.PATH",
        "orders[2].cmds[0]",
        "orders[2].cmds[1]",
        "orders[2].timeout",
        "orders[3].order_name",
        "orders[5].dependencies",
        "unknown",
        "username",
    ]


def test_very_many_faults_are_counted() -> None:
    told = faults_of(job(*[order(timeout=0) for _ in range(150)], order(cmds=[""] * 70)))
    assert len(told) == MAX_SHOWN + 1
    assert told[-1] == ("", "and 120 more faults")


def test_a_job_above_the_size_limit_is_told_its_size_and_its_other_faults() -> None:
    big = [order(cmds=["x" * 250_000]) for _ in range(5)]
    told = faults_of(job(*big, order(timeout=0)))
    assert [where for where, _ in told] == ["", "orders[5].timeout"]
    assert "at most 1,048,576" in told[0][1]
    assert parse_job(job(*big), door="init", size_limit=6 * MIB).orders[4].order_num == "0005"


def test_a_record_that_no_table_could_hold_is_refused() -> None:
    names = [f"{place:04d}" + "n" * 120 for place in range(1, 4_001)]
    document = job(*[order(order_name=name) for name in names], order(cmds=["x"], dependencies=names))
    ((where, said),) = faults_of(document, size_limit=6 * MIB)
    assert where == "orders[4000].dependencies"
    assert "its largest part is dependencies" in said


def test_hostile_nesting_is_a_fault() -> None:
    deep: object = []
    for _ in range(100_000):
        deep = [deep]
    circular: dict[str, Any] = {}
    circular["a"] = circular["b"] = circular
    for document in (deep, circular, job(order(env_vars={"A": deep})), job(x=deep)):
        ((where, said),) = faults_of(document)
        assert (where, "levels deep" in said) == ("", True)


def test_values_repeated_by_reference_count_each_time() -> None:
    line: Any = "lol"
    for _ in range(12):
        line = [line] * 10
    ((where, said),) = faults_of(job(order(cmds=line)))
    assert (where, "far larger" in said) == ("", True)


def test_names_in_faults_are_one_printable_line() -> None:
    ((where, _),) = faults_of(job(**{"a\n\ud800" + "x" * 500: 1}))
    assert where.startswith("a\\n\\ud800x")
    assert where.isprintable() and len(where) < 80
