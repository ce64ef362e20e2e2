"""What a StartBuild asks for: a project's definition under the overrides of one request. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from execution_engine.local.builds.errors import InvalidInput

KNOWN = frozenset(
    {
        "projectName",
        "environmentVariablesOverride",
        "imageOverride",
        "buildspecOverride",
        "timeoutInMinutesOverride",
        "queuedTimeoutInMinutesOverride",
        "idempotencyToken",
    }
)

_ENTRY = re.compile(r"(?:exec +)?python3? +-m +([A-Za-z_][\w.]*)")


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """``variables``: the project's, with the request's over them. Limits in minutes."""

    project: str
    image: str
    compute: str
    kind: str
    role: str
    buildspec: str
    variables: Mapping[str, str]
    timeout: int
    queued_timeout: int

    @property
    def module(self) -> str | None:
        """The Python module that the buildspec's only command runs; None if it is anything else."""
        try:
            commands = yaml.safe_load(self.buildspec)["phases"]["build"]["commands"]
            (command,) = commands
        except (yaml.YAMLError, KeyError, TypeError, ValueError):
            return None
        found = _ENTRY.fullmatch(command.strip()) if isinstance(command, str) else None
        return found[1] if found else None

    def describe(self) -> dict[str, Any]:
        """CodeBuild's ``ProjectEnvironment``."""
        return {
            "type": self.kind,
            "image": self.image,
            "computeType": self.compute,
            "environmentVariables": [
                {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in self.variables.items()
            ],
            "privilegedMode": False,
        }


def build_request(project: Mapping[str, Any], asked: Mapping[str, Any]) -> BuildRequest:
    """Raises ``InvalidInput``: also for an override that AWS knows and this does not, rather than ignoring it."""
    if unknown := sorted(asked.keys() - KNOWN):
        raise InvalidInput(f"builds on one machine do not know {', '.join(unknown)}")
    environment = project.get("environment") or {}
    return BuildRequest(
        project=project["name"],
        image=_text(asked, "imageOverride") or str(environment.get("image", "")),
        compute=str(environment.get("computeType", "BUILD_GENERAL1_SMALL")),
        kind=str(environment.get("type", "LINUX_CONTAINER")),
        role=str(project.get("serviceRole", "")),
        buildspec=_text(asked, "buildspecOverride") or str((project.get("source") or {}).get("buildspec", "")),
        variables={
            **_variables(environment.get("environmentVariables") or [], project["name"]),
            **_variables(asked.get("environmentVariablesOverride", []), "environmentVariablesOverride"),
        },
        timeout=_minutes(asked, "timeoutInMinutesOverride", 2_160, int(project.get("timeoutInMinutes") or 60)),
        queued_timeout=_minutes(
            asked, "queuedTimeoutInMinutesOverride", 480, int(project.get("queuedTimeoutInMinutes") or 480)
        ),
    )


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be a string")
    return value


def _minutes(asked: Mapping[str, Any], name: str, most: int, otherwise: int) -> int:
    value = asked.get(name, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not 5 <= value <= most:
        raise InvalidInput(f"Invalid timeout: {name} must be between 5 and {most} minutes")
    return value


def _variables(listed: Any, where: str) -> dict[str, str]:
    found = {}
    for one in listed if isinstance(listed, list) else [None]:
        if not (isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("value"), str)):
            raise InvalidInput(f"{where}: every environment variable needs a name and a value")
        if one.get("type", "PLAINTEXT") != "PLAINTEXT":
            raise InvalidInput(f"{where}: {one['name']} is {one['type']!r}; on one machine only PLAINTEXT is known")
        if not one["name"] or "=" in one["name"] or "\0" in one["name"] + one["value"]:
            raise InvalidInput(f"{where}: {one['name']!r} can't be an environment variable")
        found[one["name"]] = one["value"]
    return found
