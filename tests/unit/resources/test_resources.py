"""The resource files: what the contract fixes about them, and that filling them in is strict."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from execution_engine import resources
from execution_engine.local.names import VALUES
from execution_engine.resources import ResourceError, substitute

POLICIES = [name for name in resources.names() if name.startswith("policies/")]


def load(name: str) -> dict[str, Any]:
    return resources.load(name, **VALUES)


@pytest.mark.parametrize("name", resources.names())
def test_every_resource_can_be_filled_in_with_the_names_of_one_machine(name: str) -> None:
    assert "${" not in json.dumps(load(name))


@pytest.mark.parametrize("name", resources.names())
def test_a_missing_value_is_named(name: str) -> None:
    for placeholder in resources.placeholders(name):
        rest = {key: value for key, value in VALUES.items() if key != placeholder}
        with pytest.raises(ResourceError, match=rf"{name}.*\$\{{{placeholder}\}}"):
            resources.load(name, **rest)


def test_an_unknown_resource_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ResourceError, match=r"tabels.*tables"):
        resources.load("tabels")


def test_text_is_escaped_and_other_values_are_json() -> None:
    filled = substitute("x", '{"a": "${text}!", "b": ${list}}', {"text": 'say "hi"\\', "list": ["x", 1]})
    assert json.loads(filled) == {"a": 'say "hi"\\!', "b": ["x", 1]}


def test_what_is_no_placeholder_name_is_refused_too() -> None:
    with pytest.raises(ResourceError, match=r"\$\{aws:username\}"):
        substitute("x", '"${aws:username}"', dict(VALUES))


def test_keys_and_indexes_are_the_contracts() -> None:
    tables = load("tables")
    shape = {
        name: (table["hash_key"], table["range_key"], table["ttl"], table["billing"]) for name, table in tables.items()
    }
    assert shape == {
        "orders": ("pk", None, "ttl", "PAY_PER_REQUEST"),
        "order_events": ("trace_id", "sk", "ttl", "PAY_PER_REQUEST"),
        "locks": ("pk", None, "ttl", "PAY_PER_REQUEST"),
    }
    indexes = {
        (name, index["name"]): (index["hash_key"], index["range_key"], index["projection"])
        for name, table in tables.items()
        for index in table["indexes"]
    }
    assert indexes == {
        ("orders", "run_id-order_num-index"): ("run_id", "order_num", "ALL"),
        ("order_events", "order_name-epoch-index"): ("order_name", "epoch", "ALL"),
        ("order_events", "trace_id-epoch-index"): ("trace_id", "epoch", "ALL"),
    }


@pytest.mark.parametrize("name", ["orders", "order_events", "locks"])
def test_exactly_the_key_attributes_are_declared(name: str) -> None:
    table = load("tables")[name]
    used = {keys[part] for keys in (table, *table["indexes"]) for part in ("hash_key", "range_key")}
    assert set(table["attributes"]) == used - {None}


def test_epoch_is_a_number() -> None:
    assert load("tables")["order_events"]["attributes"]["epoch"] == "N"


def test_only_claims_and_results_wake_the_orchestrator() -> None:
    woken = [
        (notification["function"], notification["prefix"], notification["suffix"])
        for notification in load("buckets")["internal"]["notifications"]
    ]
    assert woken == [
        ("orchestrator", "tmp/callbacks/runs/", "claim.json"),
        ("orchestrator", "tmp/callbacks/runs/", "result.json"),
    ]
    assert load("buckets")["done"]["notifications"] == []


def test_objects_live_a_day() -> None:
    assert {bucket["expire_days"] for bucket in load("buckets").values()} == {1}


def test_every_function_has_a_policy_and_only_known_settings() -> None:
    functions = load("functions")
    for key, function in functions["functions"].items():
        assert f"policies/{function['policy']}" in POLICIES, key
        assert set(function["settings"]) <= functions["settings"].keys(), key
        assert function["handler"] == f"execution_engine.handlers.{key}.handler"


def test_a_worker_is_never_run_twice_by_lambda_and_loops_are_allowed_where_the_engine_loops() -> None:
    functions = load("functions")["functions"]
    retries = {key: function["async_retries"] for key, function in functions.items()}
    assert retries.pop("worker") == 0
    assert set(retries.values()) == {2}
    loops = {key for key, function in functions.items() if function["recursive_loop"] == "Allow"}
    assert loops == {"orchestrator", "worker"}


def statements(policy: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = load(policy)["Statement"]
    return found


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


ALL_OR_NOTHING = {
    "ssm:CancelCommand",
    "ssm:DescribeInstanceInformation",
    "ssm:ListCommandInvocations",
    "secretsmanager:BatchGetSecretValue",
}
"""Actions that IAM grants for no resource in particular ("Actions, resources, and condition keys for AWS Systems
Manager", and "… for AWS Secrets Manager", Service Authorization Reference)."""

OPERATORS = {
    "credential_parameter_arns": ["parameters"],
    "credential_secret_arns": ["secrets"],
    "target_role_arns": ["roles"],
}
"""Lists that whoever deploys fills in, so that they are no more than that one needs; with a mark in their place."""


@pytest.mark.parametrize("policy", POLICIES)
def test_every_statement_says_why_and_names_exact_actions_and_resources(policy: str) -> None:
    found = list(resources.load(policy, **{**VALUES, **OPERATORS})["Statement"])
    sids = [statement["Sid"] for statement in found]
    assert len(set(sids)) == len(sids)
    for statement in found:
        assert statement["Effect"] == "Allow" or statement["Sid"] == "ButNoKeyOfAnyRun"
        assert not [action for action in as_list(statement["Action"]) if "*" in action]
        if set(as_list(statement["Action"])) <= ALL_OR_NOTHING:
            assert statement["Resource"] == "*"
            continue
        assert not [arn for arn in as_list(statement["Resource"]) if arn == "*" or arn.endswith(":*")]


@pytest.mark.parametrize("policy", ["policies/init_job", "policies/ssm_config", "policies/control"])
def test_who_takes_jobs_reads_the_credentials_that_it_may_and_no_key_of_a_run(policy: str) -> None:
    found = {one["Sid"]: one for one in resources.load(policy, **{**VALUES, **OPERATORS})["Statement"]}
    granted = {
        action: found[sid]["Resource"]
        for sid in ("CredentialsInParameterStore", "CredentialsInSecretsManager", "SessionsInTargetAccounts")
        for action in as_list(found[sid]["Action"])
    }
    assert granted == {
        "ssm:GetParameters": ["parameters"],
        "secretsmanager:GetSecretValue": ["secrets"],
        "sts:AssumeRole": ["roles"],
    }
    denied = found["ButNoKeyOfAnyRun"]
    assert denied["Effect"] == "Deny"
    assert "ssm:GetParameters" in denied["Action"]
    assert denied["Resource"].endswith(":parameter/execution-engine/runs/*")


@pytest.mark.parametrize("policy", ["policies/init_job", "policies/ssm_config", "policies/control"])
@pytest.mark.parametrize(
    ("store", "context", "which"),
    [
        ("ssm", "PARAMETER_ARN", "parameters"),
        ("secretsmanager", "SecretARN", "secrets"),
    ],
)
def test_keys_of_kms_open_these_credentials_through_their_store_and_nothing_else(
    policy: str, store: str, context: str, which: str
) -> None:
    conditions = [
        one["Condition"]
        for one in resources.load(policy, **{**VALUES, **OPERATORS})["Statement"]
        if one["Action"] == "kms:Decrypt" and one["Resource"].endswith(":key/*")
    ]
    assert len(conditions) == 2
    assert {
        "StringEquals": {"kms:ViaService": f"{store}.us-east-1.amazonaws.com"},
        "StringLike": {f"kms:EncryptionContext:{context}": [which]},
    } in conditions


def test_the_worker_touches_objects_and_its_key_and_nothing_else() -> None:
    actions = {action for statement in statements("policies/worker") for action in as_list(statement["Action"])}
    assert actions == {"s3:GetObject", "s3:PutObject", "ssm:GetParameter"}


def test_a_builds_worker_may_do_what_the_functions_may_and_write_its_log() -> None:
    own = [one for one in statements("policies/build") if one not in statements("policies/worker")]
    assert [one["Sid"] for one in own] == ["WriteItsLog"]
    assert len(statements("policies/build")) == len(statements("policies/worker")) + 1
    project = load("codebuild")["build"]
    assert own[0]["Resource"].endswith(f":log-group:{project['log_group']}:log-stream:{project['log_stream']}/*")


def test_a_builds_one_command_is_the_worker_with_its_functions_settings() -> None:
    project, worker = load("codebuild")["build"], load("functions")["functions"]["worker"]
    assert project["name"] == VALUES["codebuild_project"]
    assert f"policies/{project['policy']}" in POLICIES
    assert project["settings"] == worker["settings"]
    (command,) = project["buildspec"]["phases"]["build"]["commands"]
    assert command == "python -m execution_engine.handlers.build"
    assert not project["privileged"]


def test_who_starts_looks_up_or_stops_builds_may_do_so_in_the_engines_project_only() -> None:
    named = f"arn:aws:codebuild:{VALUES['region']}:{VALUES['account_id']}:project/{VALUES['codebuild_project']}"
    found = {
        policy.removeprefix("policies/"): (as_list(statement["Action"]), statement["Resource"])
        for policy in POLICIES
        for statement in statements(policy)
        if "codebuild:" in str(statement["Action"])
    }
    assert found == {
        "orchestrator": (["codebuild:StartBuild", "codebuild:StopBuild"], named),
        "watchdog_check": (["codebuild:BatchGetBuilds", "codebuild:StopBuild"], named),
    }


def test_who_may_send_to_instances_may_send_documents_of_the_engines_name_only() -> None:
    here = f"{VALUES['region']}:{VALUES['account_id']}"
    found = {
        policy.removeprefix("policies/"): statement["Resource"]
        for policy in POLICIES
        for statement in statements(policy)
        if "ssm:SendCommand" in as_list(statement["Action"])
    }
    assert found == {
        "orchestrator": [
            f"arn:aws:ssm:{here}:document/{VALUES['ssm_document']}",
            f"arn:aws:ssm:{here}:document/{VALUES['ssm_document']}-*",
            f"arn:aws:ec2:{here}:instance/*",
            f"arn:aws:ssm:{here}:managed-instance/*",
        ]
    }


def test_who_packs_for_instances_has_s3_encrypt_variables_and_who_signs_for_them_has_it_open_these() -> None:
    """By themselves they do neither: kept jobs are sealed by the same key."""
    via = {"StringEquals": {"kms:ViaService": f"s3.{VALUES['region']}.amazonaws.com"}}
    found = {
        (policy.removeprefix("policies/"), action)
        for policy in POLICIES
        for statement in statements(policy)
        for action in as_list(statement["Action"])
        if action.startswith("kms:") and statement.get("Condition") == via
    }
    assert found == {
        ("ssm_config", "kms:GenerateDataKey"),
        ("control", "kms:GenerateDataKey"),
        ("orchestrator", "kms:Decrypt"),
    }


def test_whoever_sends_to_instances_looks_at_them_or_takes_jobs_for_them_knows_of_the_document_and_the_key() -> None:
    functions = load("functions")["functions"]
    told = {key for key, function in functions.items() if {"SSM_DOCUMENT", "KMS_KEY"} <= set(function["settings"])}
    assert told == {"ssm_config", "control", "orchestrator", "watchdog_check"}


def test_whoever_takes_jobs_or_has_their_orders_run_knows_of_the_project() -> None:
    functions = load("functions")["functions"]
    told = {key for key, function in functions.items() if "CODEBUILD_PROJECT" in function["settings"]}
    assert told == functions.keys() - {"worker", "history"}


def test_each_role_is_for_its_own_service() -> None:
    trusted = {
        service: [statement["Principal"]["Service"] for statement in trust["Statement"]]
        for service, trust in load("trust").items()
    }
    assert trusted == {service: [f"{service}.amazonaws.com"] for service in ("lambda", "codebuild", "states")}


def test_the_watch_ends_only_by_the_checks_word() -> None:
    machine = load("state_machine")
    states = machine["States"]
    ends = [name for name, state in states.items() if state["Type"] in ("Succeed", "Fail") or state.get("End")]
    assert ends == ["Done"]
    leads_to_done = [name for name, state in states.items() if '"Next": "Done"' in json.dumps(state)]
    assert leads_to_done == ["Over"]
    assert states["Check"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Sleep"}]


def test_the_document_is_the_script_in_one_step() -> None:
    document = resources.ssm_document()
    (step,) = document["mainSteps"]
    lines = step["inputs"]["runCommand"]
    assert (document["schemaVersion"], step["action"]) == ("2.2", "aws:runShellScript")
    assert lines[0] == "#!/bin/bash"  # else SSM's agent runs it by sh
    assert not [line for line in lines if line != line.rstrip()]


def test_every_parameter_is_bounded_and_used() -> None:
    document = resources.ssm_document()
    used = re.findall(r"\{\{ (\w+) \}\}", json.dumps(document["mainSteps"]))
    assert set(used) == document["parameters"].keys()
    for name, parameter in document["parameters"].items():
        pattern = parameter["allowedPattern"]
        assert (pattern[0], pattern[-1]) == ("^", "$"), name
    values = {name: parameter["allowedPattern"] for name, parameter in document["parameters"].items()}
    # An older agent pastes these into double quotes.
    for bad in ('"', "$", "`", "\\", "\n", " ", "'", "{"):
        assert not re.search(values["BundleUrl"], f"https://b/{bad}x")
    url = (
        "https://b.s3.eu-west-1.amazonaws.com/tmp/exec/r/0001/launch.zip?X-Amz-Date=2&X-Amz-Credential=A%2FB&t=a-b_c~d"
    )
    assert re.search(values["BundleUrl"], url)
    assert re.search(values["BundleSha256"], "0f" * 32) and not re.search(values["BundleSha256"], "0F" * 32)
    assert re.search(values["ExecutionTimeout"], "172800") and not re.search(values["ExecutionTimeout"], "0")


def test_only_what_can_be_is_a_variable_of_the_script() -> None:
    parameters = resources.ssm_document()["parameters"]
    as_variables = {name for name, parameter in parameters.items() if parameter.get("interpolationType") == "ENV_VAR"}
    assert as_variables == {"BundleUrl", "BundleSha256"}  # timeoutSeconds is no part of the script


def test_the_digest_names_the_content() -> None:
    assert resources.digest() == resources.digest()
    assert len(resources.digest()) == 64
