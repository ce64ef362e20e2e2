"""What Terraform gives to roles beside the files that one machine has, too: no more than the reviewed list."""

from __future__ import annotations

import json
import re
from pathlib import Path

from policies.reviewed import ADDED_BY_TERRAFORM, OF_RESOURCES

INFRASTRUCTURE = Path(__file__).resolve().parents[2] / "infrastructure"
FILES = {
    str(path.relative_to(INFRASTRUCTURE)): path.read_text("utf-8")
    for path in sorted(INFRASTRUCTURE.rglob("*.tf"))
    if ".terraform" not in path.parts
}


def test_every_statement_that_only_aws_needs_is_reviewed_and_has_its_reason() -> None:
    groups = json.loads((INFRASTRUCTURE / "modules/definitions/aws_only.json").read_text("utf-8")).values()
    listed = [one for group in groups for one in group]
    assert sorted(one["statement"]["Sid"] for one in listed) == sorted(ADDED_BY_TERRAFORM)
    assert all(len(one["reason"]) > 20 for one in listed)


def test_roles_get_policies_by_one_module_only_and_it_is_told_which() -> None:
    """Neither managed policies, nor documents that anybody writes into Terraform's own files."""
    made = {(name, kind) for name, text in FILES.items() for kind in re.findall(r'"(aws_iam_\w+)"', text)}
    assert made == {("modules/role/main.tf", "aws_iam_role"), ("modules/role/main.tf", "aws_iam_role_policy")}
    given = {
        (name, word.rpartition(".")[2])
        for name, text in FILES.items()
        if re.search(r'source\s*=\s*"[./]*(?:modules/)?role"', text)
        for policies in re.findall(r"^  policies\s*=(.*?)^\}", text, re.M | re.S)
        for word in re.findall(r"[a-z_]+\.[a-z_.]+", policies)
    }
    assert given == {
        (name, word)
        for name in ("02-deploy/targets.tf", "modules/function/main.tf")
        for word in ("policy", "policy_document", "aws_only_document")
    }


def test_statements_in_terraforms_own_files_are_about_things_and_not_about_roles() -> None:
    found = {(name, effect) for name, text in FILES.items() for effect in re.findall(r'Effect\s*=\s*"(\w+)"', text)}
    assert found == OF_RESOURCES
    for name, _ in OF_RESOURCES:
        assert FILES[name].count("Effect") == len(re.findall(r"\bPrincipal\b", FILES[name])), name


def test_requests_come_in_by_the_routes_of_one_resource_only() -> None:
    """That each of them asks who comes the module's own tests see. An API that is made with a target has one route
    more, which does not."""
    kinds = re.compile(
        r'^resource "(aws_apigatewayv2_(?:api|route)|aws_api_gateway_\w+|aws_lambda_function_url)"', re.M
    )
    made = sorted((name, kind) for name, text in FILES.items() for kind in kinds.findall(text))
    place = "modules/api/main.tf"
    assert made == [(place, "aws_apigatewayv2_api"), (place, "aws_apigatewayv2_route")]
    (api,) = re.findall(r'^resource "aws_apigatewayv2_api" "\w+" \{\n(.*?)^\}', FILES[place], re.M | re.S)
    assert set(re.findall(r"^ +(\w+)", api, re.M)).isdisjoint({"target", "route_key", "body"})
