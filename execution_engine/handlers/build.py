"""``python -m execution_engine.handlers.build``: one attempt of one order, as the command of a build.

Exit code 0: nothing is left to do here (reported, somebody else's, too late). 1: its end could not be reported; the
watchdog ends it. 2: the launch names no attempt, or the process is not set up; one line on standard error says what.
Told to end (SIGTERM), it ends its commands, reports that, and ends by that signal.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

from execution_engine.errors import EngineError
from execution_engine.handlers.engine import leg, worker_engine
from execution_engine.settings import ASSIGNMENT
from execution_engine.targets.builds import console
from execution_engine.worker.assignment import Assignment, AssignmentMalformed

_KEY_PATH = "SOPS_KEY_SSM_PATH"


def main() -> int:
    try:
        assignment = _assignment(os.environ)
        engine = worker_engine()
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    from execution_engine.worker.worker import Fate

    outcome = leg(lambda: engine.worker(_address(os.environ)).work(assignment))
    return 1 if outcome.fate is Fate.UNREPORTED else 0


def _assignment(environment: Mapping[str, str]) -> Assignment:
    text = environment.get(ASSIGNMENT)
    if not text:
        raise AssignmentMalformed(f"{ASSIGNMENT} is not set; the engine sets it for each build that it starts")
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise AssignmentMalformed(f"{ASSIGNMENT} is no JSON object; the engine sets it for each build that it starts")
    try:
        return Assignment.from_payload({_KEY_PATH: environment.get(_KEY_PATH), **payload})
    except AssignmentMalformed as error:
        raise AssignmentMalformed(f"{ASSIGNMENT}: {error}") from None


def _address(environment: Mapping[str, str]) -> str | None:
    """Where CodeBuild shows this very build."""
    return environment.get("CODEBUILD_PUBLIC_BUILD_URL") or console(environment.get("CODEBUILD_BUILD_ARN", ""))


if __name__ == "__main__":
    sys.exit(main())
