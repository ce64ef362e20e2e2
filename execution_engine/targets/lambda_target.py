"""Orders as asynchronous invocations of the worker function."""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from execution_engine.errors import LaunchFailed
from execution_engine.orders.order import Order
from execution_engine.storage.functions import Functions
from execution_engine.targets.assignment import assignment
from execution_engine.targets.context import TargetContext

_FINAL = {"AccessDeniedException", "ResourceNotFoundException", "InvalidParameterValueException"}


class LambdaTarget:
    """Implements ``orders.target.Target``.

    An asynchronous invocation answers nothing that could be looked up or stopped: the worker's claim says
    where it runs. ``start_limit`` (seconds): an event delivered later than that is too late.
    """

    def __init__(self, functions: Callable[[], Functions], worker: str, bucket: str, start_limit: float) -> None:
        self._functions = functions
        self._worker = worker
        self._bucket = bucket
        self._start_limit = start_limit

    def launch(self, order: Order) -> None:
        event = assignment(order, self._bucket, self._start_limit)
        try:
            self._functions().send(self._worker, event)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise LaunchFailed(
                f"Lambda refused to start order {order.order_name} on {self._worker}: {code}",
                transient=code not in _FINAL,
            ) from error
        except BotoCoreError as error:
            raise LaunchFailed(f"Lambda could not be reached: {type(error).__name__}", transient=True) from error

    def look_up(self, order: Order) -> None:
        """There is no id to ask for."""

    def stop(self, order: Order) -> None:
        """Lambda has no way to stop an invocation; the function's own 900 s end it."""


def lambda_target(context: TargetContext) -> LambdaTarget | None:
    """None without ``AWS_EXE_SYS_WORKER_LAMBDA``."""
    settings = context.settings
    if not settings.worker_lambda:
        return None
    settings.need("internal_bucket")
    return LambdaTarget(
        lambda: Functions(context.client("lambda")),
        settings.worker_lambda,
        settings.internal_bucket,
        settings.start_limit,
    )
