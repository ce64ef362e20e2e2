"""A machine for the command line to talk to: its world is scripted, everything above it is real.

Time passes only where a command sleeps; each sleep takes the next step of the script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from contracts.examples import NOW, a_run, an_order
from fakes.time_and_ids import FakeClock
from typer.testing import CliRunner, Result

from execution_engine.cli.machine import Machine, Submitted
from execution_engine.cli.main import app
from execution_engine.errors import JobRefused
from execution_engine.history.history import History
from execution_engine.jobs.job import Door
from execution_engine.local.instances import Instance
from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.status import Status
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.pages import Page
from execution_engine.storage.queries import Queries

RUN = "00000000-0000-4000-8000-00000000abcd"
TRACE = f"trace-{RUN}"
FLOW = f"ann:{TRACE}-exec"

JOB = """
username: ann
orders:
  - {order_name: build, execution_target: lambda, timeout: 30, cmds: ["make"]}
  - {order_name: test, execution_target: lambda, timeout: 30, cmds: ["make test"], dependencies: [build]}
"""

Step = Callable[[], None]
Lent = tuple[dict[str, str], dict[str, str]]


class StepClock(FakeClock):
    def __init__(self) -> None:
        super().__init__(NOW)
        self.steps: list[Step] = []
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.sleeps.append(seconds)
        assert self.steps, "the command waits, and nothing more is going to happen"
        self.steps.pop(0)()


@dataclass
class World:
    """What storage would hold. Implements what ``History`` needs of ``Queries`` and ``OrderLogs``."""

    the_run: Run | None = None
    the_orders: dict[str, Order] = field(default_factory=dict)
    the_events: list[Event] = field(default_factory=list)
    the_logs: dict[tuple[str, int, str | None], bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def run(self, run_id: str) -> Run | None:
        self.asked.append("run")
        return self.the_run if self.the_run is not None and self.the_run.run_id == run_id else None

    def order(self, run_id: str, num: str) -> Order | None:
        return self.the_orders.get(num) if run_id == RUN else None

    def order_named(self, run_id: str, name: str) -> Order | None:
        return next((one for one in self.the_orders.values() if run_id == RUN and one.order_name == name), None)

    def orders(self, run_id: str, after: str | None = None, limit: int | None = None) -> Page[Order]:
        self.asked.append("orders")
        return Page(tuple(one for _, one in sorted(self.the_orders.items())))

    def events(self, trace_id: str, **asked: Any) -> Page[Event]:
        self.asked.append("events")
        name, since = asked.get("order_name"), asked.get("since") or 0.0
        return Page(
            tuple(
                event
                for event in self.the_events
                if event.trace_id == trace_id and event.epoch > since and name in (None, event.order_name)
            )
        )

    def instances(self, run_id: str, num: str, attempt: int) -> list[str]:
        return sorted({one for place, nth, one in self.the_logs if (place, nth) == (num, attempt) and one is not None})

    def stream(
        self, run_id: str, num: str, attempt: int, start: int = 0, *, instance: str | None = None
    ) -> Iterator[bytes]:
        data = self.the_logs.get((num, attempt, instance), b"")[start:]
        yield from (data[i : i + 7] for i in range(0, len(data), 7))

    def end(self, run_id: str, num: str, attempt: int, limit: int, *, instance: str | None = None) -> bytes:
        return self.the_logs.get((num, attempt, instance), b"")[-limit:]


class Stand:
    """Implements ``Machine``; ``open`` is what the command line opens it with."""

    def __init__(self) -> None:
        self.clock = StepClock()
        self.world = World()
        self.history = History(cast(Queries, self.world), cast(OrderLogs, self.world))
        self.opened: list[Path | None] = []
        self.left = 0
        self.submitted: list[tuple[dict[str, Any], Door]] = []
        self.stored: list[str] = []
        self.refusal: JobRefused | None = None
        self.done = False
        self.cancels = 0
        self.failures: list[Exception] = []
        self.retried: list[str] = []
        self.taken_up: list[str] = []
        self.abandoned: set[str] = set()
        self.alone = False
        self.lost: dict[str, Any] | None = None
        self.the_declared: dict[str, Instance] = {}
        self.environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4", "AWS_ACCESS_KEY_ID": "of-the-machine"}
        self.is_lent: Lent | None = None
        self.lent_at_submission: list[Lent] = []

    @contextmanager
    def open(self, state: Path | None) -> Iterator[Machine]:
        self.opened.append(state)
        try:
            yield self
        finally:
            self.left += 1

    @contextmanager
    def stored_code(self, sha256: str, archive: BinaryIO) -> Iterator[str]:
        assert archive.read(2) == b"PK"
        self.stored.append(sha256)
        yield f"s3://internal/tmp/exec/uploads/{sha256}.zip"

    @contextmanager
    def lent(self, parameters: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[None]:
        self.is_lent = (dict(parameters), dict(secrets))
        try:
            yield
        finally:
            self.is_lent = None

    def submit(self, document: dict[str, Any], door: Door) -> Submitted:
        self.lent_at_submission += [self.is_lent] if self.is_lent is not None else []
        if self.refusal is not None:
            raise self.refusal
        self.submitted.append((document, door))
        if self.world.the_run is None:
            self.begin("build", "test")
        return Submitted(RUN, TRACE, FLOW)

    def declare(self, instances: Sequence[Instance]) -> None:
        assert not self.submitted, "they are declared before anything looks for them"
        self.the_declared |= {one.instance_id: one for one in instances}

    def declared(self) -> dict[str, Instance]:
        return self.the_declared

    def is_done(self, run_id: str) -> bool:
        return self.done

    def cancel(self, run_id: str) -> None:
        self.cancels += 1
        if self.failures:
            raise self.failures.pop(0)
        if self.world.the_run is not None and self.world.the_run.phase is Phase.RUNNING:
            self.world.the_run = replace(self.world.the_run, stop="cancelled")

    def retry(self, run_id: str) -> Submitted:
        self.lent_at_submission += [self.is_lent] if self.is_lent is not None else []
        if self.refusal is not None:
            raise self.refusal
        self.retried.append(run_id)
        self.again()
        return Submitted(RUN, TRACE, FLOW)

    def again(self) -> None:
        """What a retry begins; the script of a test says otherwise."""
        self.done = False
        self.world.the_events.clear()
        self.begin("build", "test")
        self.world.the_run = replace(cast(Run, self.world.the_run), retry_of="the-old-one")

    def is_abandoned(self, run_id: str) -> bool:
        return run_id in self.abandoned

    def is_alone(self) -> bool:
        return self.alone

    def take_up(self, run_id: str) -> None:
        self.taken_up.append(run_id)
        self.abandoned.discard(run_id)

    def remains(self, run_id: str) -> dict[str, Any] | None:
        return self.lost

    # The script

    def begin(self, *names: str, phase: Phase = Phase.RUNNING, **facts: Any) -> None:
        self.world.the_run = a_run(RUN, phase=phase, total=len(names), last_epoch=NOW)
        for place, name in enumerate(names, 1):
            num = f"{place:04d}"
            self.world.the_orders[num] = an_order(RUN, num, order_name=name, **facts)
            self.tell(num, "queued")

    def tell(self, num: str, kind: str, **data: Any) -> None:
        """An event; when it is a status, the order has it from now on."""
        assert self.world.the_run is not None
        order, now = self.world.the_orders[num], self.clock.now()
        status = str(data.pop("status", kind))
        run = self.world.the_run
        epoch = round(max(now, run.last_epoch + 1e-6), 6)
        event = Event(
            trace_id=TRACE,
            order_name=order.order_name,
            epoch=epoch,
            event_type=kind,
            status=status,
            run_id=RUN,
            flow_id=FLOW,
            order_num=num,
            data=data or None,
        )
        self.world.the_events.append(event)
        self.world.the_run = replace(run, last_epoch=epoch)
        if kind in set(Status):
            facts = {
                name: value for name, value in data.items() if name in ("reason", "exit_code", "attempt", "instances")
            }
            if kind == "running":
                facts["started_at"] = now
            if Status(kind).is_terminal:
                facts["ended_at"] = now
            changed = {**{name: getattr(order, name) for name in Order.__slots__}, **facts, "status": Status(kind)}
            self.world.the_orders[num] = Order(**changed)

    def log(self, num: str, data: bytes, attempt: int = 1, instance: str | None = None) -> None:
        key = (num, attempt, instance)
        self.world.the_logs[key] = self.world.the_logs.get(key, b"") + data

    def complete(self, status: str, **tally: int) -> None:
        assert self.world.the_run is not None
        facts: dict[str, Any] = {"phase": Phase.COMPLETED, "completed_at": self.clock.now(), "tally": Tally(**tally)}
        values = {name: getattr(self.world.the_run, name) for name in Run.__slots__}
        self.world.the_run = Run(**{**values, **facts, "status": Status(status)})
        self.done = True

    def steps(self, *steps: Step) -> None:
        self.clock.steps += steps

    def call(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], obj=self.open)
