"""Terraform and the embedded AWS read the same files and come to the same things."""

from __future__ import annotations

import json
from typing import Any

import pytest
from infra.stacks import Stacks

from execution_engine import resources
from execution_engine.local.names import VALUES

PLACE = "modules/definitions"
SETTINGS = {"AWS_EXE_SYS_TICK": "30"}
GIVEN = {
    "prefix": "engine",
    "region": "eu-central-1",
    "account_id": "123456789012",
    "engine_image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/engine:1",
    "kms_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/0b1",
    "code_object_arns": ["arn:aws:s3:::code-of-mine/*"],
    "credential_parameter_arns": ["arn:aws:ssm:eu-central-1:123456789012:parameter/prod/*"],
    "credential_secret_arns": ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/*"],
    "target_role_arns": ["arn:aws:iam::210987654321:role/deployer"],
    "event_bus": "news",
    "metrics_namespace": "Engine",
    "settings": SETTINGS,
}

NO_RESOURCE = {
    "secretsmanager:BatchGetSecretValue",
    "ssm:CancelCommand",
    "ssm:DescribeInstanceInformation",
    "ssm:ListCommandInvocations",
}
"""IAM knows no resource of these by which it could tell one from the other: AWS allows nothing but ``*``."""

Said = dict[str, Any]


@pytest.fixture(scope="module")
def said(copied: Stacks) -> Said:
    """What the module says, all of it known without any provider."""
    (copied.root / "given.tfvars.json").write_text(json.dumps(GIVEN))
    state = f"-state={copied.root / 'definitions.tfstate'}"
    copied.init(PLACE)
    copied.terraform(PLACE, "apply", "-auto-approve", state, f"-var-file={copied.root / 'given.tfvars.json'}")
    return copied.outputs(PLACE, state)


@pytest.fixture(scope="module")
def values(said: Said) -> dict[str, Any]:
    """Its names, as the engine's own reader takes them."""
    names = said["names"]
    lists = {name: json.loads(value) for name, value in names.items() if name.endswith("_arns")}
    return {**names, **lists, "kms_key_arn": GIVEN["kms_key_arn"]}


def test_it_names_all_that_one_machine_names(values: dict[str, Any]) -> None:
    """And so every file can be filled in by either."""
    assert values.keys() >= VALUES.keys()


@pytest.mark.parametrize("name", ["tables", "buckets"])
def test_whole_files_are_equal(said: Said, values: dict[str, Any], name: str) -> None:
    assert said[name] == resources.load(name, **values)


def test_policies_are_the_very_files(said: Said, values: dict[str, Any]) -> None:
    names = [name for name in resources.names() if name.startswith("policies/")]
    assert {f"policies/{name}" for name in said["policies"]} == set(names)
    for name in names:
        assert json.loads(said["policies"][name.removeprefix("policies/")]) == resources.load(name, **values), name


def test_who_may_take_a_role_is_equal(said: Said, values: dict[str, Any]) -> None:
    assert {name: json.loads(text) for name, text in said["trust"].items()} == resources.load("trust", **values)


def test_functions_are_equal_and_have_the_settings_they_ask_for(said: Said, values: dict[str, Any]) -> None:
    loaded = resources.load("functions", **values)
    assert said["functions"].keys() == loaded["functions"].keys()
    for key, function in loaded["functions"].items():
        ours = said["functions"][key]
        assert {name: ours[name] for name in function} == function
        assert ours["environment"] == _environment(function["settings"], loaded["settings"])
        assert json.loads(ours["policy_document"]) == resources.load(f"policies/{function['policy']}", **values)


def test_projects_are_equal_and_have_the_settings_they_ask_for(said: Said, values: dict[str, Any]) -> None:
    settings = resources.load("functions", **values)["settings"]
    for key, project in resources.load("codebuild", **values).items():
        ours = said["projects"][key]
        assert {name: ours[name] for name in project} == project
        assert ours["environment"] == _environment(project["settings"], settings)
        assert json.loads(ours["policy_document"]) == resources.load(f"policies/{project['policy']}", **values)


def test_the_watchdog_is_equal(said: Said, values: dict[str, Any]) -> None:
    machine = said["state_machine"]
    assert machine["name"] == values["watchdog_state_machine"]
    assert json.loads(machine["definition"]) == resources.load("state_machine", **values)
    assert json.loads(machine["policy_document"]) == resources.load("policies/watchdog", **values)


def test_the_document_of_instances_is_equal(said: Said) -> None:
    assert json.loads(said["ssm_document"]["content"]) == resources.ssm_document()


def test_routes_are_those_of_functions_that_there_are(said: Said, values: dict[str, Any]) -> None:
    functions = resources.load("functions", **values)["functions"]
    routes = resources.load("api")["routes"]
    assert said["routes"] == {
        f"{route['method']} {route['path']}": route["function"] for route in routes if route["function"] in functions
    }


def test_the_worker_and_builds_have_no_table(said: Said) -> None:
    for policy in (said["policies"]["worker"], said["policies"]["build"]):
        assert "dynamodb" not in policy


def test_what_only_aws_itself_needs_has_reasons_and_names_what_it_is_for(copied: Stacks, said: Said) -> None:
    listed = json.loads((copied.root / "infrastructure" / PLACE / "aws_only.json").read_text("utf-8"))
    sids = {one["statement"]["Sid"] for group in listed.values() for one in group}
    assert all(len(one["reason"]) > 20 for group in listed.values() for one in group)
    for thing in (*said["functions"].values(), *said["projects"].values()):
        for statement in json.loads(thing["aws_only_document"])["Statement"]:
            assert statement["Sid"] in sids
            assert statement["Resource"] != "*" or statement["Action"] == "ecr:GetAuthorizationToken"


def test_no_role_may_do_everything_or_to_everything(said: Said) -> None:
    for name, document in said["policies"].items():
        for statement in json.loads(document)["Statement"]:
            if statement["Effect"] == "Deny":
                continue
            actions, things = _list(statement["Action"]), _list(statement["Resource"])
            assert not [action for action in actions if "*" in action], (name, statement["Sid"])
            everything = [thing for thing in things if thing.split(":")[-1] == "*"]
            assert not everything or set(actions) <= NO_RESOURCE, (name, statement["Sid"])


def _environment(wanted: list[str], settings: dict[str, str]) -> dict[str, str]:
    return {
        **{f"AWS_EXE_SYS_{name}": settings[name] for name in wanted},
        **SETTINGS,
        "POWERTOOLS_METRICS_NAMESPACE": "Engine",
        "POWERTOOLS_SERVICE_NAME": "engine",
    }


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
