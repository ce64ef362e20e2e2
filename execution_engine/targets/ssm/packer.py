"""Makes what instances fetch when they are told to run an attempt, and signs where they fetch it and report."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from execution_engine.bundles.members import MEMBER_LIMIT
from execution_engine.bundles.plain import read_plain
from execution_engine.clock import Clock
from execution_engine.errors import BundleUnreadable
from execution_engine.jobs.naming import bundle_key, environment_key, launch_key, renewal_key
from execution_engine.orders.order import Order
from execution_engine.storage.addresses import CallbackAddresses
from execution_engine.storage.objects import Bucket
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.launch import launch_document

WriteLaunch = Callable[[Mapping[str, object]], bytes]

_MARGIN = 300.0
"""Seconds that addresses outlive the order's deadline, for the last upload; and those of what is fetched at the
beginning the last moment to begin, but for the environment's."""

_LONGEST_LIFE = 7 * 24 * 3600
"""Seconds; S3 takes no more."""


@dataclass(frozen=True, slots=True)
class Manner:
    """``start_limit``, ``log_interval`` in seconds; ``pass_env``: names of a host's variables that commands see."""

    start_limit: float
    log_interval: float
    pass_env: tuple[str, ...] = ()


class Packer:
    """``write``: ``launch.zip`` of a launch's document. An address lives as long as it is needed, and no longer than
    whoever signed it may sign."""

    def __init__(
        self, bucket: Bucket, addresses: CallbackAddresses, clock: Clock, manner: Manner, write: WriteLaunch
    ) -> None:
        self._bucket = bucket
        self._addresses = addresses
        self._clock = clock
        self._manner = manner
        self._write = write

    def pack(self, order: Order, roster: Iterable[str]) -> bytes:
        """``launch.zip``. One call. Raises ``BundleUnreadable``."""
        data = self._bucket.read(bundle_key(order.run_id, order.order_num), MEMBER_LIMIT)
        if data is None:
            raise BundleUnreadable(f"the bundle of order {order.order_name} is gone; bundles live a day")
        manifest, secret_names = read_plain(data, order.bundle_sha256)
        not_after = self.not_after(order)
        environment = environment_key(order.run_id, order.order_num)
        fetched = self._until(not_after + _MARGIN)
        document = launch_document(
            order,
            manifest,
            secret_names,
            not_after=not_after,
            # It holds secrets, so nobody may read it later than anybody may begin.
            environment=self._addresses.of_object(environment, self._until(not_after)) if manifest.variables else None,
            code=self._addresses.of_object(manifest.code.key, fetched) if manifest.code else None,
            renewal=self._renewal(order),
            instances=self._reporting(order, roster),
            log_interval=self._manner.log_interval,
            pass_env=self._manner.pass_env,
        )
        return self._write(document)

    def place(self, order: Order) -> str:
        """Where ``launch.zip`` is fetched, as long as anybody may begin."""
        return self._addresses.of_object(launch_key(*Attempt.of(order)), self._until(self.not_after(order) + 60.0))

    def renew(self, order: Order, instances: Iterable[str]) -> None:
        """Fresh addresses, where these instances look for them; also the one of where they look. One call."""
        document = {
            "at": self._clock.now(),
            "renewal": self._renewal(order),
            "instances": self._reporting(order, instances),
        }
        key = renewal_key(*Attempt.of(order))
        self._bucket.write(key, json.dumps(document).encode(), "application/json")

    def not_after(self, order: Order) -> float:
        return (order.dispatched_at or 0.0) + self._manner.start_limit

    def _renewal(self, order: Order) -> str:
        return self._addresses.of_object(renewal_key(*Attempt.of(order)), self._until(order.deadline + _MARGIN))

    def _reporting(self, order: Order, instances: Iterable[str]) -> dict[str, dict[str, Any]]:
        seconds = self._until(order.deadline + _MARGIN)
        return {one: self._addresses.of_instance(*Attempt.of(order), one, seconds) for one in instances}

    def _until(self, moment: float) -> int:
        return max(1, min(_LONGEST_LIFE, math.ceil(moment - self._clock.now())))
