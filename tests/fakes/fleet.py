"""The SSM target on fakes, and instances that do what guests do: read their launch, claim once, beat, report once."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contracts.targets_contract import reserved
from fakes.bucket import MemoryBucket
from fakes.calls import Calls
from fakes.objects import Objects
from fakes.ssm import DOCUMENT, FakeSsm
from fakes.time_and_ids import FakeClock, SequentialIdentifiers
from unit.intake.stand import signer

from execution_engine.bundles.manifest import CodePointer, Manifest
from execution_engine.bundles.members import read_members, write_members
from execution_engine.bundles.plain import write_plain
from execution_engine.jobs.naming import (
    bundle_key,
    claim_key,
    environment_key,
    events_key,
    heartbeat_key,
    launch_key,
    parse_callback,
    result_key,
)
from execution_engine.orders.order import Order
from execution_engine.orders.report import Claim, Result, parse_claim, parse_result
from execution_engine.orders.status import Status
from execution_engine.settings import Settings
from execution_engine.storage.addresses import CallbackAddresses
from execution_engine.storage.objects import Bucket
from execution_engine.targets.context import TargetContext
from execution_engine.targets.ssm.target import SsmTarget, made

RUN = "00000000-0000-4000-8000-000000000001"
START_LIMIT = 1_800.0
HEARTBEAT = 10.0


def write_launch(document: Mapping[str, object]) -> bytes:
    """Without the agent: nothing here runs it."""
    return write_members({"launch.json": json.dumps(document).encode()})


class Stored:
    """A real bucket, for what instances do with one."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self.put = bucket.write
        self.put_once = bucket.write_once

    def get(self, key: str) -> bytes | None:
        return self._bucket.read(key, 2**25)


class Fleet:
    """``bucket``: another than the one in memory. ``hears``: notifications of instances reach the engine, when they
    are delivered. ``process`` makes another process of the engine, which remembers nothing."""

    def __init__(self, *, hears: bool = True, bucket: Bucket | None = None, **settings: Any) -> None:
        self.calls = Calls()
        self.clock = FakeClock()
        self.objects = Objects(self.clock)
        self.bucket: Any = bucket or MemoryBucket(self.calls, self.objects)
        self._store: Any = Stored(bucket) if bucket else self.objects
        self.ssm = FakeSsm(self.calls)
        self.identifiers = SequentialIdentifiers()
        self.settings = Settings(
            ssm_document=DOCUMENT, internal_bucket="internal", kms_key="key", start_limit=START_LIMIT, **settings
        )
        self.notifications: deque[str] = deque()
        self.hears = hears
        self.objects.on_created = self._notify
        self.target = self.process()

    def process(self) -> SsmTarget:
        context = TargetContext(self.settings, {}, lambda _: self.ssm.client, self.clock, self.identifiers)
        return made(context, bucket=self.bucket, addresses=CallbackAddresses(signer(), "internal"), write=write_launch)

    def restart(self) -> None:
        self.target = self.process()

    def _notify(self, key: str) -> None:
        callback = parse_callback(key)
        if self.hears and callback is not None and callback.instance is not None:
            self.notifications.append(key)

    def deliver(self) -> None:
        while self.notifications:
            key = self.notifications.popleft()
            callback = parse_callback(key)
            assert callback is not None
            self.target.gathering.hear(callback, len(self.objects.get(key) or b""))

    # Orders

    def order(
        self, *names: str, variables: int = 0, code: CodePointer | None = None, run_id: str = RUN, **changes: Any
    ) -> Order:
        """Reserved, its bundle (and its environment) in place; for these instances, which SSM manages."""
        self.ssm.manage(*[name for name in names if name not in self.ssm.instances])
        made_up: dict[str, Any] = {
            "attempt": 1,
            "status": Status.DISPATCHED,
            "execution_target": "ssm",
            "ssm_targets": {"instance_ids": list(names)},
        }
        now = self.clock.now()
        times = {"dispatched_at": now, "launched_at": now, "deadline": now + 3_600.0}
        return self.submitted(reserved(run_id, **{**made_up, **times, **changes}), variables, code)

    def submitted(self, order: Order, variables: int = 0, code: CodePointer | None = None) -> Order:
        """With its bundle, and its environment, in place."""
        manifest = Manifest(
            run_id=order.run_id,
            order_num=order.order_num,
            order_name=order.order_name,
            trace_id=order.trace_id,
            flow_id=order.flow_id,
            cmds=order.cmds,
            timeout=order.timeout,
            variables=variables,
            code=code,
            heartbeat=HEARTBEAT,
        )
        bundle = write_plain(manifest, ["TOKEN"] if variables else [])
        self._store.put(bundle_key(order.run_id, order.order_num), bundle)
        if variables:
            self._store.put(environment_key(order.run_id, order.order_num), b'{"TOKEN": "hunter2"}')
        return order_with(order, bundle_sha256=hashlib.sha256(bundle).hexdigest())

    def launched(self, *names: str, **changes: Any) -> Order:
        order = self.order(*names, **changes)
        return order_with(order, **_recorded(self.target.launch(order)))

    def relaunch(self, order: Order) -> Order:
        again = order_with(order, launches=order.launches + 1, launched_at=self.clock.now())
        return order_with(again, **_recorded(self.target.launch(again)))

    # Instances

    def document(self, order: Order) -> dict[str, Any] | None:
        data = self._store.get(launch_key(order.run_id, order.order_num, order.attempt))
        return None if data is None else dict(json.loads(read_members(data, ["launch.json"])["launch.json"]))

    def claim(self, order: Order, *names: str, **more: Any) -> list[bool]:
        """Whether each may begin. Who was not told finds no launch of its own."""
        launch = self.document(order)
        assert launch is not None
        assert set(names) <= set(launch["instances"])
        return [self._store.put_once(self.key(claim_key, order, name), as_json(nonce=name, **more)) for name in names]

    def beat(self, order: Order, *names: str) -> None:
        for name in names:
            self._store.put(self.key(heartbeat_key, order, name), b"{}")

    def report(self, order: Order, name: str, status: str = "succeeded", **more: Any) -> bool:
        """As a guest's result is; its events, if any, come first."""
        events = more.pop("events", [])
        if events:
            self._store.put(self.key(events_key, order, name), json.dumps(events).encode())
        told = {
            "run_id": order.run_id,
            "order_num": order.order_num,
            "attempt": order.attempt,
            "instance_id": name,
            "status": status,
            "log": f"log of {name}\n",
            "exit_code": 0 if status == "succeeded" else None,
            "reason": None,
            "started_at": self.clock.now() - 5,
            "ended_at": self.clock.now(),
            "log_bytes": 10,
            "events": len(events),
            "execution_url": None,
            **more,
        }
        return self._store.put_once(self.key(result_key, order, name), as_json(**told))

    def work(self, order: Order, *names: str) -> None:
        for name in names:
            if self.claim(order, name) == [True]:
                self.report(order, name)

    def key(self, of: Any, order: Order, name: str | None = None) -> str:
        return str(of(order.run_id, order.order_num, order.attempt, name))

    # What there is

    def result(self, order: Order) -> Result | None:
        data = self._store.get(self.key(result_key, order))
        ids = {"run_id": order.run_id, "order_num": order.order_num, "attempt": order.attempt}
        return None if data is None else parse_result(data, **ids)

    def ending(self, order: Order, name: str) -> dict[str, Any] | None:
        data = self._store.get(self.key(result_key, order, name))
        return None if data is None else dict(json.loads(data))

    def claimed(self, order: Order, name: str | None = None) -> Claim | None:
        data = self._store.get(self.key(claim_key, order, name))
        return None if data is None else parse_claim(data)


def order_with(order: Order, **changes: Any) -> Order:
    return replace(order, **changes)


def as_json(**values: Any) -> bytes:
    return json.dumps(values).encode()


def _recorded(answer: tuple[str, str | None] | None) -> dict[str, Any]:
    return {} if answer is None else {"execution_id": answer[0], "execution_url": answer[1]}
