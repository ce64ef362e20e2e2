"""Puts the builds into ministack, in the place of its own, which claim success at once and run nothing.

Projects stay ministack's.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from execution_engine.identifiers import Identifiers
from execution_engine.local.api import Answer, Caller
from execution_engine.local.builds.errors import ProvisioningFailed
from execution_engine.local.builds.protocol import TARGET, Protocol, project_of
from execution_engine.local.builds.shop import Shop
from execution_engine.local.in_ministack import Headers, judge, take_over

SERVICE = "codebuild.amazonaws.com"
_NAME_BUILDS = ("StopBuild", "BatchGetBuilds")


def install(shop: Shop) -> None:
    """Before the first request."""
    codebuild: Any = importlib.import_module("ministack.services.codebuild")
    responses: Any = importlib.import_module("ministack.core.responses")
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    protocol = Protocol(shop, codebuild._projects.get)

    def answer(operation: str, headers: Headers, body: bytes, query: Any) -> Answer:
        who = evaluator.caller_arn().rpartition(":")[2].removeprefix("assumed-role/")
        return protocol.answer(operation, body, Caller(who, responses.get_account_id(), responses.get_region()))

    take_over(codebuild, TARGET, lambda operation, body: protocol.knows(operation), answer)
    judge(TARGET, arn_of)
    _delete_projects_by_arn(codebuild)


def arn_of(operation: str, asked: Any, region: str, account: str) -> str | None:
    """AWS judges a call that names builds by their project's ARN; ministack knows only a project named as such.

    Builds of several projects in one call are judged as "all", which is stricter than AWS.
    """
    if operation not in _NAME_BUILDS:
        return None
    project = project_of(asked)
    return f"arn:aws:codebuild:{region}:{account}:project/{project}" if project else "*"


def _delete_projects_by_arn(codebuild: Any) -> None:
    """AWS takes a project's ARN for its name there, and Terraform gives it; ministack knows the name only."""
    delete: Callable[[Mapping[str, Any]], Any] = codebuild._delete_project

    def by_name_or_arn(asked: Mapping[str, Any]) -> Any:
        return delete({**asked, "name": str(asked.get("name", "")).rpartition(":project/")[2]})

    codebuild._delete_project = by_name_or_arn


class RoleSessions:
    """ministack's sessions of roles that trust CodeBuild. They end with their build, as AWS renews a container's."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._roles: Any = importlib.import_module("ministack.services.iam")._roles
        self._sts: Any = importlib.import_module("ministack.services.sts")

    def open(self, role: str, name: str) -> dict[str, str]:
        account, _, path = role.removeprefix("arn:aws:iam::").partition(":")
        role_name = path.rpartition("/")[2]
        known = self._roles.get_scoped(account, None, role_name) if role_name else None
        if known is None or known.get("Arn") != role or not trusts(known.get("AssumeRolePolicyDocument")):
            raise ProvisioningFailed(
                "ACCESS_DENIED", f"CodeBuild is not authorized to perform: sts:AssumeRole on {role or 'no role'}"
            )
        access_key = "ASIA" + self._identifiers.nonce().upper()
        secret, token = self._identifiers.trace_id(), self._identifiers.trace_id() + self._identifiers.trace_id()
        self._sts.register_session(
            access_key,
            {
                "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
                "UserId": f"{known.get('RoleId', role_name)}:{name}",
                "SecretAccessKey": secret,
                "SessionToken": token,
            },
        )
        return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}

    def close(self, credentials: Mapping[str, str]) -> None:
        self._sts._sessions.pop(credentials["AWS_ACCESS_KEY_ID"], None)


def trusts(document: Any) -> bool:
    """Whether a trust policy lets CodeBuild take the role."""
    try:
        policy = json.loads(document) if isinstance(document, str) else document
        return any(_lets_in(one) for one in policy["Statement"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _lets_in(statement: Mapping[str, Any]) -> bool:
    services, actions = statement.get("Principal", {}).get("Service", []), statement.get("Action", [])
    return (
        statement.get("Effect") == "Allow"
        and SERVICE in ([services] if isinstance(services, str) else services)
        and "sts:AssumeRole" in ([actions] if isinstance(actions, str) else actions)
    )
