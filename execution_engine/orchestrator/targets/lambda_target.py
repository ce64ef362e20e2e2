"""Orders as asynchronous invocations of the worker function."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from execution_engine.errors import LaunchFailed
from execution_engine.jobs.naming import bundle_key
from execution_engine.orders.order import Order
from execution_engine.storage.functions import Functions

_FINAL = {"AccessDeniedException", "ResourceNotFoundException", "InvalidParameterValueException"}


class LambdaTarget:
    """Implements ``orders.store.Target``.

    An asynchronous invocation answers nothing that could be looked up or stopped: the worker's claim says
    where it runs. ``start_limit`` (seconds): an event delivered later than that is too late.
    """

    def __init__(self, functions: Functions, worker: str, bucket: str, start_limit: float) -> None:
        self._functions = functions
        self._worker = worker
        self._bucket = bucket
        self._start_limit = start_limit

    def launch(self, order: Order) -> None:
        event = {
            "run_id": order.run_id,
            "order_num": order.order_num,
            "order_name": order.order_name,
            "attempt": order.attempt,
            "bucket": self._bucket,
            "key": bundle_key(order.run_id, order.order_num),
            "sha256": order.bundle_sha256,
            "not_after": (order.dispatched_at or 0) + self._start_limit,
            "trace_id": order.trace_id,
            "flow_id": order.flow_id,
            "SOPS_KEY_SSM_PATH": order.sops_key_path,
        }
        try:
            self._functions.send(self._worker, event)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise LaunchFailed(
                f"Lambda refused to start order {order.order_name} on {self._worker}: {code}",
                transient=code not in _FINAL,
            ) from error
        except BotoCoreError as error:
            raise LaunchFailed(f"Lambda could not be reached: {type(error).__name__}", transient=True) from error

    def stop(self, order: Order) -> None:
        """Lambda has no way to stop an invocation; the function's own 900 s end it."""
