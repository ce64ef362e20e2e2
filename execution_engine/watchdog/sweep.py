"""Removes what a submission left that died before its start signal (law 15)."""

from __future__ import annotations

import structlog

from execution_engine.jobs.naming import EXEC_PREFIX, order_num
from execution_engine.orders.first_events import first_events
from execution_engine.orders.run import Phase, Run
from execution_engine.orders.store import Keys, Records
from execution_engine.storage.objects import Bucket

log = structlog.get_logger()

_PAGE = 100


class Sweep:
    def __init__(self, records: Records, keys: Keys, bucket: Bucket) -> None:
        self._records = records
        self._keys = keys
        self._bucket = bucket

    def __call__(self, run: Run) -> None:
        """The run's record goes last, so that a sweep that dies is done again. Raises ``ConditionLost`` if the
        run has just begun after all."""
        if run.phase is not Phase.WITHDRAWN:
            self._records.withdraw(run.run_id)
        self._bucket.delete(key for key, _ in self._bucket.keys(f"{EXEC_PREFIX}/{run.run_id}/"))
        self._keys.delete(run.sops_key_path)
        nums = [order_num(place) for place in range(1, run.total + 1)]
        orders = [
            order
            for start in range(0, len(nums), _PAGE)
            for order in self._records.read(run.run_id, nums[start : start + _PAGE]).orders
        ]
        by_place = sorted(orders, key=lambda order: order.order_num)
        # A line of history follows from its order's place, so only a gapless beginning can be matched.
        whole = [order for place, order in enumerate(by_place, 1) if order.order_num == order_num(place)]
        self._records.discard(run.run_id, nums, first_events(run, whole))
        log.warning("swept a submission that died", run_id=run.run_id, orders=len(orders))
