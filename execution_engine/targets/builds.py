"""What CodeBuild says of a build, in the engine's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from execution_engine.orders.target import Found, State

_BEFORE_THE_WORKER = frozenset({"SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD"})
_IN_PROGRESS = "IN_PROGRESS"
_ENDS = {
    "FAILED": "failed",
    "FAULT": "failed by a fault of CodeBuild",
    "TIMED_OUT": "timed out",
    "STOPPED": "was stopped",
}
_LONGEST = 1_000
_ARN = re.compile(r"arn:[\w-]+:codebuild:(?P<region>[\w-]+):(?P<account>\d+):build/(?P<id>(?P<project>[^:/]+):[^:/]+)")


def found(build: Mapping[str, Any]) -> Found:
    """``build``: one of ``BatchGetBuilds``. A build whose status is told while it still puts away what it used
    has not ended yet."""
    status = build.get("buildStatus", _IN_PROGRESS)
    if build.get("buildComplete", status != _IN_PROGRESS):
        return Found(State.ENDED, _why(build, status))
    return Found(State.WAITING if build.get("currentPhase") in _BEFORE_THE_WORKER else State.RUNNING)


def address(build: Mapping[str, Any]) -> str | None:
    """Where an operator finds the build: its log, or else its page, which leads to the log when there is one.

    A build that has only just been accepted has no log yet; the link that CodeBuild gives then names ``null``.
    """
    link = (build.get("logs") or {}).get("deepLink")
    if link and not re.search(r"\bnull\b", link):
        return str(link)
    return console(build.get("arn") or "")


def console(arn: str) -> str | None:
    """The console's page of a build; None if that is no build's ARN."""
    named = _ARN.fullmatch(arn)
    if named is None:
        return None
    region, project = named["region"], quote(named["project"], safe="")
    return (
        f"https://{region}.console.aws.amazon.com/codesuite/codebuild/{named['account']}/projects/{project}"
        f"/build/{quote(named['id'], safe='')}/?region={region}"
    )


def _why(build: Mapping[str, Any], status: str) -> str:
    """One line: the first phase that did not end well, and what CodeBuild says of that."""
    for phase in build.get("phases") or ():
        if phase.get("phaseStatus") in _ENDS:
            how = f"{phase.get('phaseType')} {_ENDS[phase['phaseStatus']]}"
            said = "; ".join(_contexts(phase))
            return _one_line(f"{how}: {said}" if said else how)
    return _one_line(f"the build {_ENDS.get(status, 'ended as ' + status)}, and no phase of it says why")


def _contexts(phase: Mapping[str, Any]) -> Iterator[str]:
    for context in phase.get("contexts") or ():
        code, message = context.get("statusCode") or "", context.get("message") or ""
        if code or message:
            yield f"{message} ({code})" if code and message else message or code


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
