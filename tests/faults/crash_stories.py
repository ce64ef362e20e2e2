"""Runs to crash in: a diamond, an optional order that fails, a chain; and all that may befall them.

Their workers do what a script says, so that what counts is the orchestrator and the watchdog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from fakes.builds import Builds
from fakes.calls import Calls, Side
from fakes.platform import TICK, Platform
from fakes.simulation import Delivery, Simulation
from fakes.time_and_ids import FakeClock
from fakes.verdict import check_ended, check_punctual
from fakes.workers import NEVER, SUCCEEDED, Manner, Outcome
from faults.crash_walk import LAMBDA_RETRIES, dying_first, tick_retries

from execution_engine.orchestrator.cancellation import Cancellation
from execution_engine.orders.order import Order
from execution_engine.orders.plan import Limits
from execution_engine.orders.run import Phase

T = TypeVar("T")

RETRIED = Delivery(retries=LAMBDA_RETRIES, tick_retries=tick_retries())
GIVEN_UP = Delivery()
"""Nothing that died is ever made again, except a watchdog's check, after its next wait."""


LEASE = 45.0
"""Seconds, as the engine has it by default: over when Lambda first tries again."""


DAY = 24 * 3600.0


def order(name: str, *needs: str, **fields: Any) -> dict[str, Any]:
    return {"order_name": name, "cmds": ["true"], "timeout": 300, "dependencies": list(needs), **fields}


JOB = [
    order("root"),
    order("left", "root"),
    order("right", "root"),
    order("join", "left", "right"),
    order("may-fail", must_succeed=False),
    order("link", "may-fail"),
    order("end", "link"),
]

Outcomes = Mapping[str, Outcome | Callable[[Order], Outcome]]
Happening = tuple[float, Callable[["ScriptedRun"], object]]

TOLD = ({"event_type": "plan", "status": "info", "data": {"adds": 1}}, {"event_type": "cost", "status": "info"})
PLAIN: Outcomes = {
    "root": Outcome(seconds=15.0, events=TOLD),
    "left": Outcome(seconds=70.0),
    "right": SUCCEEDED,
    "may-fail": Outcome("failed", 3, seconds=5.0),
    "link": Outcome(seconds=30.0),
}


@dataclass(frozen=True)
class Script:
    """``ends`` are how orders end where nothing dies; ``or_else`` how any may end that a crash has delayed.
    ``dies_first``: another crash, at the first such call. ``tells_ids``: their target is one that gives ids, and
    ends ``dying`` by itself."""

    ends: Mapping[str, str]
    orders: list[dict[str, Any]] = field(default_factory=lambda: JOB)
    outcomes: Outcomes = field(default_factory=lambda: PLAIN)
    job: Mapping[str, Any] = field(default_factory=dict)
    platform: Callable[[], Platform] = lambda: Platform(lease=LEASE)
    happenings: tuple[Happening, ...] = ()
    or_else: frozenset[str] = frozenset()
    delivery: Delivery = RETRIED
    tells_ids: bool = False
    dying: Mapping[str, str] = field(default_factory=dict)
    dies_first: tuple[str, Side] | None = None


class ScriptedRun:
    """Implements ``crash_walk.Telling``."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.simulation = Simulation(script.platform(), self._outcome, delivery=script.delivery)
        self.run_id = ""
        self.hasty: list[str] = []
        self.simulation.platform.done.on_write = self._done
        if script.tells_ids:
            Builds(self.simulation, script.dying)

    def _outcome(self, one: Order) -> Outcome:
        found = self.script.outcomes.get(one.order_name, SUCCEEDED)
        return found if isinstance(found, Outcome) else found(one)

    def _done(self, run_id: str) -> None:
        """By then everything else about the run has to be in place."""
        platform = self.simulation.platform
        if platform.keys.held:
            self.hasty.append("its key is there")
        if platform.run(run_id).phase is not Phase.COMPLETED:
            self.hasty.append("its record is not complete")

    def tell(self) -> None:
        if self.script.dies_first is not None:
            dying_first(self.simulation.platform.calls, *self.script.dies_first)
        self.run_id = self.simulation.platform.submit({"orders": self.script.orders, **self.script.job})
        for seconds, happening in self.script.happenings:
            self.simulation.later(seconds, lambda happening=happening: happening(self))  # type: ignore[misc]
        self.simulation.finish(within=DAY)

    def check(self) -> None:
        check_ended(self.simulation, self.run_id)
        check_punctual(self.simulation.platform, self.run_id)
        assert not self.hasty, f"done was written, and {self.hasty}"
        orders = self.simulation.platform.orders(self.run_id).values()
        ends = {one.order_name: " ".join(filter(None, (one.status, one.reason))) for one in orders}
        wrong = {name: end for name, end in ends.items() if end not in {self.script.ends[name]} | self.script.or_else}
        assert not wrong, f"ended otherwise: {wrong}"
        self._check_reported_events(orders)

    def _check_reported_events(self, orders: Any) -> None:
        """Each once, of each attempt whose worker reported some."""
        for one in orders:
            reported = [event["event_type"] for event in self._outcome(one).events]
            history = self.simulation.platform.events(self.run_id)
            told = [event.event_type for event in history if event.order_num == one.order_num]
            if one.status == "succeeded":
                assert [name for name in told if name in reported] == reported, f"{one.order_name}: {told}"


def cancel(run: ScriptedRun) -> None:
    """As its caller does it, who asks again where there was no answer."""
    platform = run.simulation.platform
    cancellation = Cancellation(platform.records, platform.waker)
    if not run.simulation.invoke("control", lambda: cancellation.cancel(run.run_id)):
        run.simulation.later(20.0, lambda: cancel(run))


def a_little_at_a_time(**settings: Any) -> Callable[[], Platform]:
    return lambda: Platform(limits=Limits(max_in_flight=2, settle=1, page=2, pages=1), lease=LEASE, **settings)


@dataclass
class SlowCalls(Calls):
    """Each takes its time, so that leases run down while somebody works."""

    clock: FakeClock = field(default_factory=FakeClock)
    seconds: float = 2.0
    slow: str = ""
    """Only those whose names begin so."""

    def through(self, name: str, effect: Callable[[], T], cost: int = 1) -> T:
        if name.startswith(self.slow):
            self.clock.advance(self.seconds)
        return super().through(name, effect, cost)


def with_slow_calls() -> Platform:
    calls = SlowCalls()
    return a_little_at_a_time(calls=calls, clock=calls.clock)()


def _succeeding_at(attempt: int, seconds: float) -> Callable[[Order], Outcome]:
    return lambda one: Outcome(seconds=seconds) if one.attempt >= attempt else Outcome("failed", 1, seconds=seconds)


ENDS = {one["order_name"]: "succeeded" for one in JOB} | {"may-fail": "failed"}
FOREVER = Outcome(seconds=NEVER)
DEAF = Outcome(seconds=2_000, manner=Manner.DEAF)

LOST = {"failed worker_lost", "failed dependency_failed"}

IN_TROUBLE = Script(
    orders=[
        order("lost"),
        order("after-lost", "lost"),
        order("unborn", must_succeed=False),
        order("deaf", timeout=60, must_succeed=False),
        order("slow", timeout=60, must_succeed=False),
        order("refused", must_succeed=False),
        order("refused-once"),
        order("after-all", "unborn", "deaf", "slow", "refused", "refused-once"),
    ],
    outcomes={
        "lost": Outcome(manner=Manner.LOST),
        "unborn": Outcome(manner=Manner.UNBORN),
        "deaf": DEAF,
        "slow": FOREVER,
        "refused": Outcome(manner=Manner.REFUSED),
        "refused-once": Outcome(manner=Manner.REFUSED_ONCE),
    },
    platform=lambda: Platform(lease=LEASE, start_limit=400.0),
    ends={
        "lost": "failed worker_lost",
        "after-lost": "failed dependency_failed",
        "unborn": "failed dispatch_failed",
        "deaf": "timed_out",
        "slow": "timed_out",
        "refused": "failed dispatch_failed",
        "refused-once": "succeeded",
        "after-all": "succeeded",
    },
)

BUILDS = Script(
    orders=[
        order("root"),
        order("end", "root"),
        order("stillborn", must_succeed=False),
        order("unborn", must_succeed=False),
        order("killed", must_succeed=False),
        order("deaf", timeout=60, must_succeed=False),
        order("refused-once"),
    ],
    outcomes={
        "root": Outcome(seconds=15.0),
        "stillborn": Outcome(manner=Manner.UNBORN),
        "unborn": Outcome(manner=Manner.UNBORN),
        "killed": Outcome(manner=Manner.LOST),
        "deaf": DEAF,
        "refused-once": Outcome(manner=Manner.REFUSED_ONCE),
    },
    platform=lambda: Platform(lease=LEASE, start_limit=400.0),
    ends={
        "root": "succeeded",
        "end": "succeeded",
        "stillborn": "failed dispatch_failed",
        "unborn": "failed dispatch_failed",
        "killed": "failed worker_lost",
        "deaf": "timed_out",
        "refused-once": "succeeded",
    },
    tells_ids=True,
    dying={"stillborn": "no such image", "killed": "out of memory"},
)

CANCELLED = Script(
    {**ENDS, "left": "failed cancelled", "join": "failed cancelled", "end": "failed cancelled"},
    outcomes={**PLAIN, "left": FOREVER, "end": DEAF},
    happenings=((40.0, cancel),),
    or_else=frozenset({"failed cancelled"}),
)

REPEATED = Script(
    ENDS,
    orders=[{**one, "retries": {"left": 2, "may-fail": 1}.get(one["order_name"], 0)} for one in JOB],
    outcomes={**PLAIN, "left": _succeeding_at(3, 20.0)},
    tells_ids=True,
)

OUT_OF_TIME = Script(
    {**ENDS, "left": "timed_out job_timed_out", "join": "timed_out job_timed_out"},
    outcomes={**PLAIN, "left": FOREVER},
    orders=[{**one, "timeout": 3_000} for one in JOB],
    job={"job_timeout": 2 * TICK + 15},
    or_else=frozenset({"timed_out job_timed_out"}),
)

UNREADABLE = Script(
    {**ENDS, "link": "failed record_unreadable", "end": "failed dependency_failed"},
    happenings=((3.0, lambda run: run.simulation.platform.records.spoil(run.run_id, "0006")),),
)

SCRIPTS: dict[str, Script] = {
    "plain": Script(ENDS),
    "in trouble": IN_TROUBLE,
    "orders that may be repeated": REPEATED,
    "builds": BUILDS,
    "cancelled half-way": CANCELLED,
    "out of time": OUT_OF_TIME,
    "a record that can't be read": UNREADABLE,
    "a little at a time": Script(ENDS, platform=a_little_at_a_time()),
    "handing over": Script(ENDS, platform=a_little_at_a_time(pass_seconds=-1.0)),
    "slow calls": Script(
        ENDS, outcomes={"may-fail": Outcome("failed", 3)}, platform=with_slow_calls, or_else=frozenset(LOST)
    ),
}
"""What dies is made again by whoever made it."""

NOT_RETRIED = {
    name: replace(SCRIPTS[name], delivery=GIVEN_UP)
    for name in ("plain", "orders that may be repeated", "cancelled half-way", "out of time")
}
"""What dies stays dead: the watchdogs alone bring the run to its end."""

DYING_TWICE = {
    f"{side} {name}": replace(SCRIPTS["plain"], dies_first=(name, side))
    for side, name in (
        (Side.AFTER, "locks.enter"),
        (Side.BEFORE, "records.commit"),
        (Side.BEFORE, "target.launch"),
        (Side.BEFORE, "locks.release"),
        (Side.AFTER, "records.complete"),
    )
}
"""While the run recovers from one crash, there is another."""
