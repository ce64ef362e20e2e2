"""Makes the orders' bundles: commands, the pointer to the code, the sealed environment, the sealed addresses.

Those of orders for instances have neither environment nor addresses in them (``bundles.plain``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Lock

from execution_engine.bundles.bundle import write_bundle
from execution_engine.bundles.manifest import CodePointer, Manifest
from execution_engine.bundles.plain import write_plain
from execution_engine.bundles.sealing import Sealer, seal_bytes
from execution_engine.jobs.job import Job, Order
from execution_engine.storage.addresses import CallbackAddresses


@dataclass(frozen=True, slots=True)
class Names:
    """What a submission is called everywhere."""

    run_id: str
    trace_id: str
    flow_id: str


@dataclass(frozen=True, slots=True)
class Habits:
    """Seconds: how a worker ends, beats and listens."""

    grace: float
    heartbeat: float
    control_poll: float


@dataclass(frozen=True, slots=True)
class PackedBundle:
    """``exec.zip`` and its SHA-256."""

    data: bytes
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> PackedBundle:
        return cls(data, hashlib.sha256(data).hexdigest())


class BundlePacker:
    """Packs the orders of one job.

    Equal environments for the same key are sealed once, also when asked for on several threads: SOPS is a
    process of its own each time.
    """

    def __init__(
        self,
        names: Names,
        job: Job,
        sealer: Sealer,
        addresses: CallbackAddresses,
        habits: Habits,
        *,
        key_expires_at: float | None = None,
    ) -> None:
        self._names = names
        self._job = job
        self._sealer = sealer
        self._addresses = addresses
        self._habits = habits
        self._key_expires_at = key_expires_at
        self._sealed: dict[bytes, Future[bytes]] = {}
        self._lock = Lock()

    def pack(
        self,
        order: Order,
        variables: Mapping[str, str],
        secrets: frozenset[str],
        recipient: str,
        code: CodePointer | None,
    ) -> PackedBundle:
        """``secrets`` names those of the variables that were fetched and must be masked."""
        addresses = self._addresses.of_order(
            self._names.run_id, order.order_num, order.retries + 1, self._job.presign_expiry
        )
        data = write_bundle(
            replace(self._manifest(order, len(variables), code), key_expires_at=self._key_expires_at),
            self._seal(variables, recipient),
            secrets,
            seal_bytes(json.dumps(addresses).encode(), recipient),
        )
        return PackedBundle.of(data)

    def pack_plain(
        self, order: Order, variables: Mapping[str, str], secrets: frozenset[str], code: CodePointer | None
    ) -> PackedBundle:
        """As `pack`, of an order for instances: of the variables it says how many there are, of secrets the names."""
        return PackedBundle.of(write_plain(self._manifest(order, len(variables), code), secrets))

    def _manifest(self, order: Order, variables: int, code: CodePointer | None) -> Manifest:
        names = self._names
        return Manifest(
            run_id=names.run_id,
            order_num=order.order_num,
            order_name=order.order_name,
            trace_id=names.trace_id,
            flow_id=names.flow_id,
            cmds=order.cmds,
            timeout=order.timeout,
            variables=variables,
            code=code,
            grace=self._habits.grace,
            heartbeat=self._habits.heartbeat,
            control_poll=self._habits.control_poll,
        )

    def _seal(self, variables: Mapping[str, str], recipient: str) -> bytes:
        content = json.dumps([recipient, sorted(variables.items())]).encode()
        key = hashlib.sha256(content).digest()
        with self._lock:
            sealed = self._sealed.get(key)
            is_first = sealed is None
            if sealed is None:
                sealed = self._sealed[key] = Future()
        if is_first:
            try:
                sealed.set_result(self._sealer.seal_variables(variables, recipient))
            except BaseException as error:
                sealed.set_exception(error)
        return sealed.result()
