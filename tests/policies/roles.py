"""The statements of the engine's roles, taken apart into what can be taken away. Pure.

A part is one action on one resource of one statement. Whoever takes away a whole statement takes away every part of
it, so what holds of each part holds of the statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from execution_engine import resources
from execution_engine.local.names import VALUES

POLICIES = sorted(name.removeprefix("policies/") for name in resources.names() if name.startswith("policies/"))

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """``resource``: as the statement has it, on one machine."""

    policy: str
    sid: str
    action: str
    resource: str

    @property
    def name(self) -> str:
        """``policy-Sid``, and behind that the action and the end of the resource where the statement has several."""
        (found,) = [one for one in document(self.policy)["Statement"] if one["Sid"] == self.sid]
        words = [self.policy, self.sid]
        if len(listed(found["Action"])) > 1:
            words.append(self.action)
        if len(listed(found["Resource"])) > 1:
            words.append([word for word in re.split("[:/]", self.resource) if word != "*"][-1])
        return "-".join(words)


def document(policy: str) -> Document:
    return resources.load(f"policies/{policy}", **VALUES)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def parts(policy: str) -> Iterator[Part]:
    for statement in document(policy)["Statement"]:
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield Part(policy, statement["Sid"], action, resource)


def without(part: Part) -> Document:
    """The policy with that part taken out of it, and nothing else."""
    whole = document(part.policy)
    return {**whole, "Statement": [one for statement in whole["Statement"] for one in _rest(statement, part)]}


def _rest(statement: Mapping[str, Any], part: Part) -> Iterator[Document]:
    if statement["Sid"] != part.sid:
        yield dict(statement)
        return
    for number, action in enumerate(listed(statement["Action"])):
        left = [one for one in listed(statement["Resource"]) if (action, one) != (part.action, part.resource)]
        if left:
            yield {**statement, "Sid": f"{statement['Sid']}{number}", "Action": action, "Resource": left}


def roles_of(policy: str) -> list[str]:
    """The names of the roles that have it."""
    functions = resources.load("functions", **VALUES)["functions"].values()
    projects = resources.load("codebuild", **VALUES).values()
    found = [str(one["name"]) for one in (*functions, *projects) if one["policy"] == policy]
    return [*found, str(VALUES["watchdog_state_machine"])] if policy == "watchdog" else found
