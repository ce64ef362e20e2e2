"""Orders as builds of the engine's own CodeBuild project, whose one command is the worker."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from execution_engine.errors import LaunchFailed
from execution_engine.orders.order import Order
from execution_engine.orders.target import Found
from execution_engine.settings import ASSIGNMENT, PREFIX
from execution_engine.targets.assignment import assignment
from execution_engine.targets.builds import address, found
from execution_engine.targets.context import TargetContext

_INVALID, _UNKNOWN = "InvalidInputException", "ResourceNotFoundException"
_FINAL = {_INVALID, _UNKNOWN, "AccessDeniedException"}

BUILD_MINUTES = (5, 2_160)
QUEUE_MINUTES = (5, 480)
"""The least and the most that CodeBuild takes."""

_AROUND_THE_ORDER = 300.0
"""Seconds that a build may need for fetching and unpacking before the commands, and for the last upload after."""


class CodeBuildTarget:
    """Implements ``orders.target.Target``. ``client`` makes (or finds) CodeBuild's when it is first needed.

    The token of a launch is the attempt: for 5 minutes a second launch is the first one's build; later it is a
    second build, which finds the claim. CodeBuild's own limits lie beyond the engine's, for what nobody ends.
    """

    def __init__(
        self, client: Callable[[], Any], project: str, bucket: str, *, start_limit: float, grace: float
    ) -> None:
        self._client = client
        self._project = project
        self._bucket = bucket
        self._start_limit = start_limit
        self._grace = grace

    def launch(self, order: Order) -> tuple[str, str | None]:
        told = assignment(order, self._bucket, self._start_limit)
        variables = {ASSIGNMENT: json.dumps(told, sort_keys=True), "SOPS_KEY_SSM_PATH": order.sops_key_path}
        try:
            build = self._client().start_build(
                projectName=self._project,
                idempotencyToken=f"{order.run_id}-{order.order_num}-{order.attempt}",
                environmentVariablesOverride=[
                    {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()
                ],
                timeoutInMinutesOverride=_minutes(order.timeout + 2 * self._grace + _AROUND_THE_ORDER, BUILD_MINUTES),
                queuedTimeoutInMinutesOverride=_minutes(self._start_limit, QUEUE_MINUTES),
            )["build"]
        except ClientError as error:
            raise self._refused(order, error) from error
        except BotoCoreError as error:
            raise LaunchFailed(
                f"CodeBuild could not be asked to start order {order.order_name}: {type(error).__name__}",
                transient=not isinstance(error, ParamValidationError),
            ) from error
        return build["id"], address(build)

    def look_up(self, order: Order) -> Found | None:
        """A build that CodeBuild does not know may be too new to be found, or was deleted by hand: that says
        nothing of its worker, whose claim and heartbeat go on saying it."""
        builds = self._client().batch_get_builds(ids=[order.execution_id]).get("builds")
        return found(builds[0]) if builds else None

    def stop(self, order: Order) -> None:
        """The id is one that CodeBuild gave, so what it refuses to stop is over, or gone."""
        if order.execution_id is None:
            return
        try:
            self._client().stop_build(id=order.execution_id)
        except ClientError as error:
            if error.response["Error"]["Code"] not in (_UNKNOWN, _INVALID):
                raise

    def _refused(self, order: Order, error: ClientError) -> LaunchFailed:
        code = error.response["Error"]["Code"]
        said = " ".join(str(error.response["Error"].get("Message", "")).split())
        # A second launch may be refused because the first one took the token with other limits: the engine's
        # settings were changed in between. Its build is on its way then.
        taken = code == _INVALID and order.launches > 1
        return LaunchFailed(
            f"CodeBuild refused to start order {order.order_name} in project {self._project} "
            f"({PREFIX}CODEBUILD_PROJECT): {code}: {said[:500]}",
            transient=taken or code not in _FINAL,
        )


def codebuild_target(context: TargetContext) -> CodeBuildTarget | None:
    """None without ``AWS_EXE_SYS_CODEBUILD_PROJECT``."""
    settings = context.settings
    if not settings.codebuild_project:
        return None
    settings.need("internal_bucket")
    return CodeBuildTarget(
        lambda: context.client("codebuild"),
        settings.codebuild_project,
        settings.internal_bucket,
        start_limit=settings.start_limit,
        grace=settings.grace,
    )


def _minutes(seconds: float, limits: tuple[int, int]) -> int:
    least, most = limits
    return min(most, max(least, math.ceil(seconds / 60)))
