"""CodeBuild's API as the engine speaks it: an operation's JSON → the shop → its JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from execution_engine.local.api import Answer, Caller, Operation, answer
from execution_engine.local.builds.errors import InvalidInput, NotFound
from execution_engine.local.builds.request import build_request
from execution_engine.local.builds.shop import Shop

TARGET = "CodeBuild_20161006"
"""What ``X-Amz-Target`` names before the dot."""

PAGE = 100


class Protocol:
    """``project(name)``: its definition, None if there is none."""

    def __init__(self, shop: Shop, project: Callable[[str], Mapping[str, Any] | None]) -> None:
        self._shop = shop
        self._project = project
        self._operations: dict[str, Operation] = {
            "StartBuild": self._start,
            "StopBuild": self._stop,
            "BatchGetBuilds": self._look_up,
            "ListBuilds": self._list,
            "ListBuildsForProject": self._list_of_project,
        }

    def knows(self, operation: str) -> bool:
        return operation in self._operations

    def answer(self, operation: str, body: bytes, caller: Caller) -> Answer:
        return answer(self._operations[operation], body, caller, InvalidInput)

    def _start(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        request = build_request(self._known_project(asked), asked)
        return {
            "build": self._shop.start(
                request, asked, region=caller.region, account=caller.account, initiator=caller.name
            )
        }

    def _stop(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        return {"build": self._shop.stop(build_id(_text(asked, "id")))}

    def _look_up(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        ids = asked.get("ids")
        if not isinstance(ids, list) or not 1 <= len(ids) <= PAGE or not all(isinstance(one, str) for one in ids):
            raise InvalidInput(f"ids must be 1 to {PAGE} strings")
        found = {one: self._shop.describe(build_id(one)) for one in ids}
        return {
            "builds": [build for build in found.values() if build is not None],
            "buildsNotFound": [one for one, build in found.items() if build is None],
        }

    def _list(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        return _page(self._shop.ids(), asked)

    def _list_of_project(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        return _page(self._shop.ids(self._known_project(asked)["name"]), asked)

    def _known_project(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        name = _text(asked, "projectName")
        project = self._project(name)
        if project is None:
            raise NotFound(f"Project cannot be found: {name}")
        return project


def build_id(name: str) -> str:
    """A build may be named by its id or by its ARN."""
    return name.rpartition(":build/")[2] if name.startswith("arn:") else name


def project_of(asked: Any) -> str | None:
    """The one project whose builds a request names by their ids; None if it names none, or several."""
    if not isinstance(asked, dict):
        return None
    ids = [asked["id"]] if "id" in asked else asked.get("ids")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        return None
    projects = {build_id(one).rpartition(":")[0] for one in ids}
    return projects.pop() or None if len(projects) == 1 else None


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{name} is required, as a string")
    return value


def _page(ids: list[str], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The token is where the next page begins."""
    if asked.get("sortOrder", "DESCENDING") == "ASCENDING":
        ids = ids[::-1]
    token = asked.get("nextToken", "0")
    if not isinstance(token, str) or not token.isdecimal():
        raise InvalidInput("nextToken is none that was given out")
    begin = int(token)
    more = {"nextToken": str(begin + PAGE)} if len(ids) > begin + PAGE else {}
    return {"ids": ids[begin : begin + PAGE], **more}
