"""The engine on the fakes: one orchestrator, one watchdog, and a submission without its bundles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from fakes.calls import Calls
from fakes.locks import MemoryLocks
from fakes.objects import Objects
from fakes.records import MemoryRecords
from fakes.reports import MemoryReports
from fakes.services import MemoryDoneMarkers, MemoryKeys, MemoryTarget, MemoryWaker, MemoryWatchdogs
from fakes.time_and_ids import FakeClock, SequentialIdentifiers

from execution_engine.intake.packing import Names
from execution_engine.intake.records import first_orders, first_run
from execution_engine.jobs.naming import RUN_NUM, age_key_path, flow_id, parse_callback
from execution_engine.jobs.specification import parse_job
from execution_engine.orchestrator.finalization import Finalization
from execution_engine.orchestrator.hearing import Hearing
from execution_engine.orchestrator.launching import Launching
from execution_engine.orchestrator.orchestrator import Orchestrator
from execution_engine.orchestrator.run_lock import RunLock
from execution_engine.orchestrator.salvage import Salvage
from execution_engine.orchestrator.stopping import Stopping
from execution_engine.orders.concurrently import Concurrently, in_turn
from execution_engine.orders.event import Event
from execution_engine.orders.first_events import first_events
from execution_engine.orders.marks import callback_mark
from execution_engine.orders.order import Order
from execution_engine.orders.plan import Limits
from execution_engine.orders.run import Run
from execution_engine.orders.signals import SILENCE, Signals
from execution_engine.watchdog.verdict import Patience
from execution_engine.watchdog.watchdog import Watchdog

LEASE = 60.0
TICK = 60


class Platform:
    """``lock``, ``locks`` and whatever else is handed in may be replaced by what a test wants to see fail, or
    to watch. ``clock`` is the engine's; ``objects`` may go by another. What the engine does on threads comes one after
    the other here, so that a run can be repeated exactly."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        pass_seconds: float = 20.0,
        relaunch_after: float = 120.0,
        start_limit: float = 1_800.0,
        lock: type[RunLock] = RunLock,
        locks: type[MemoryLocks] = MemoryLocks,
        records: Callable[[Calls], MemoryRecords] = MemoryRecords,
        calls: Calls | None = None,
        clock: Any = None,
        objects: Objects | None = None,
        concurrently: Concurrently = in_turn,
        lease: float = LEASE,
        signals: Signals = SILENCE,
    ) -> None:
        self.clock = clock or FakeClock()
        self.identifiers = SequentialIdentifiers()
        self.calls = calls or Calls()
        self.objects = objects or Objects(self.clock)
        self.records = records(self.calls)
        self.locks = locks(self.calls)
        self.reports = MemoryReports(self.calls, self.objects)
        self.watchdogs = MemoryWatchdogs(self.calls)
        self.keys = MemoryKeys(self.calls)
        self.done = MemoryDoneMarkers(self.calls)
        self.waker = MemoryWaker(self.calls)
        self.target = MemoryTarget(self.calls)
        self.swept: list[str] = []
        self._needs: dict[str, dict[str, list[str]]] = {}
        self.lease = lease
        self.limits = limits or Limits(max_in_flight=100)
        self.on_notification: Callable[[str, str], None] | None = None
        """Told (run, mark) of each claim and result that is written."""
        self.objects.on_created = self._created
        stopping = Stopping(self.reports, self.target, self.clock, self.identifiers)
        targets = {"lambda": self.target, "codebuild": self.target}
        self.orchestrator = Orchestrator(
            records=self.records,
            reports=self.reports,
            lock=lock(self.locks, self.clock, self.identifiers, lease),
            waker=self.waker,
            hearing=Hearing(self.records, self.reports, relaunch_after, concurrently),
            launching=Launching(self.records, self.watchdogs, targets, stopping, self.clock, TICK),
            stopping=stopping,
            salvage=Salvage(self.records, self.reports, partial(age_key_path, "/engine"), self.clock),
            finalization=Finalization(self.records, self.keys, self.done, self.clock, signals),
            clock=self.clock,
            identifiers=self.identifiers,
            limits=self.limits,
            pass_seconds=pass_seconds,
            concurrently=concurrently,
            signals=signals,
        )
        self.patience = Patience(
            grace=30.0, heartbeat=10.0, start_limit=start_limit, relaunch_after=relaunch_after, tick=TICK
        )
        self.watchdog = Watchdog(
            records=self.records,
            reports=self.reports,
            done=self.done,
            locks=self.locks,
            waker=self.waker,
            services=self.target,
            sweep=self.sweep,
            clock=self.clock,
            identifiers=self.identifiers,
            patience=self.patience,
            signals=signals,
        )

    def submit(self, document: dict[str, Any]) -> str:
        """Queues a job as intake does, and signals its start. Answers the run's id."""
        job = parse_job({"username": "ann", **document}, door="init")
        trace_id = self.identifiers.trace_id()
        names = Names(self.identifiers.run_id(), trace_id, flow_id(job.username, trace_id, job.flow_label))
        run = first_run(job, names, age_key_path("/engine", names.run_id), self.clock.now())
        orders = first_orders(job, run, {})
        self.records.create_run(run)
        self.watchdogs.start(run.run_id, RUN_NUM, 1, TICK)
        self.keys.put(run.sops_key_path, "AGE-SECRET-KEY-1", run.deadline)
        self.records.add_orders(orders, first_events(run, orders))
        self.reports.signal_start(run.run_id)
        return run.run_id

    def sweep(self, run: Run) -> None:
        """What the watchdog does with a submission that died."""
        self.swept.append(run.run_id)

    # For looking at a run without it being counted

    def run(self, run_id: str) -> Run:
        run = self._quietly().read(run_id, with_run=True).run
        assert run is not None, "the run is gone"
        return run

    def orders(self, run_id: str) -> dict[str, Order]:
        """By order number, in the order of the job."""
        nums = [f"{place:04d}" for place in range(1, self.run(run_id).total + 1)]
        rows = self._quietly().read(run_id, nums)
        return {order.order_num: order for order in sorted(rows.orders, key=lambda order: order.order_num)}

    def needed_by(self, order: Order) -> list[Order]:
        """Those that it depends on, as they are now."""
        if order.run_id not in self._needs:
            needs = self._needs[order.run_id] = defaultdict(list)
            for one in self.orders(order.run_id).values():
                for dependent in one.dependents:
                    needs[dependent].append(one.order_num)
        return list(self._quietly().read(order.run_id, self._needs[order.run_id][order.order_num]).orders)

    def events(self, run_id: str) -> list[Event]:
        return self.records.events(run_id)

    def _quietly(self) -> MemoryRecords:
        return MemoryRecords(Calls(), self.records.items)

    def _created(self, key: str) -> None:
        callback = parse_callback(key)
        if callback is not None and self.on_notification is not None:
            self.on_notification(callback.run_id, callback_mark(callback))
