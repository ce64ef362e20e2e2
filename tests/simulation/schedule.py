"""One schedule: a job, the weather it meets, and what came of it. All of it follows from the seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from random import Random

from fakes.locks import MemoryLocks
from fakes.platform import Platform
from fakes.time_and_ids import START

from execution_engine.errors import ConditionLost
from execution_engine.jobs.naming import RUN_NUM
from simulation import invariants, jobs, patience
from simulation.calls import WorldCalls
from simulation.clocks import SkewedClock
from simulation.cloud import Cloud
from simulation.hush import hushed
from simulation.weather import Weather, climate
from simulation.witnesses import WatchedLock, WatchedObjects, WatchedRecords, Witness
from simulation.workers import Workers
from simulation.world import Endless, Invocation, World

HOUR = 3_600.0


@dataclass(frozen=True)
class Report:
    """``violations`` as lines, none if all is well. ``seen`` counts. ``slack``: the part of the time it was
    given after its deadline that the run used."""

    seed: int
    violations: tuple[str, ...]
    seen: Counter[str]
    slack: float
    timeline: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mutation:
    """Something broken on purpose: a fake in its place, or patches that hold while its context is open."""

    locks: type[MemoryLocks] = MemoryLocks
    objects: type[WatchedObjects] = WatchedObjects
    patches: Callable[[], AbstractContextManager[object]] = field(default=nullcontext)


SOUND = Mutation()


def play(seed: int, *, traced: bool = False, mutation: Mutation = SOUND) -> Report:
    schedule = Schedule(seed, traced=traced, mutation=mutation)
    with hushed(schedule.world.note if traced else None), mutation.patches():
        return schedule.play()


class Schedule:
    def __init__(self, seed: int, *, traced: bool, mutation: Mutation) -> None:
        self._seed = seed
        self._chance = Random(f"{seed} job")
        weather_chance = Random(f"{seed} weather")
        self.world = World(traced=traced)
        self._weather = Weather(weather_chance, climate(weather_chance))
        self._calls = WorldCalls(self.world, self._weather)
        self._witness = Witness(self.world)
        self._platform = Platform(
            limits=jobs.limits(self._chance),
            lock=partial(WatchedLock, self._witness),  # type: ignore[arg-type]
            locks=mutation.locks,
            records=partial(WatchedRecords, witness=self._witness),
            calls=self._calls,
            clock=SkewedClock(self.world),
            objects=mutation.objects(self.world, self._witness),
            concurrently=self.world.at_once,
            lease=patience.LEASE,
        )
        platform = self._platform
        self._workers = Workers(
            world=self.world,
            weather=self._weather,
            calls=self._calls,
            objects=platform.objects,
            clock=platform.clock,
            identifiers=platform.identifiers,
            on_begin=self._witness.begun,
        )
        self._witness.workers = self._workers
        fates = jobs.Fates(Random(f"{seed} fates"), self._weather, self.world)
        self._cloud = Cloud(
            self.world,
            self._weather,
            platform,
            self._workers,
            Random(f"{seed} cloud"),
            fates.of,
            self._witness.saw,
        )
        self._done_at: dict[str, float] = {}
        platform.done.on_write = lambda run_id: self._done_at.setdefault(run_id, self.world.now)  # type: ignore[assignment,return-value]

    def play(self) -> Report:
        world, runs = self.world, 2 if self._chance.random() < 0.1 else 1
        documents = [jobs.document(self._chance) for _ in range(runs)]
        longest = max(float(document["job_timeout"]) for document in documents)
        calm_after = self._chance.choice((longest * self._chance.random(), longest + 300.0 * self._chance.random()))
        self._weather.calm_from = START + calm_after
        world.limit = START + max(calm_after, longest) + 2 * HOUR
        world.note("", f"{runs} run(s) of {[len(one['orders']) for one in documents]} orders, {self._platform.limits}")
        world.note("", f"calm from {calm_after:.1f} s; {self._weather.climate}")
        submitted: list[str] = []
        for number, document in enumerate(documents, 1):
            world.note("", f"job {number}: {document}")
            self._submit(number, document, submitted)
        try:
            world.run()
        except Endless as error:
            self._witness.saw(str(error))
        for run_id in submitted:
            for violation in self._of_run(run_id):
                self._witness.saw(violation)
        if len(submitted) < runs:
            self._witness.saw("a job was not taken")
        seen = self._calls.seen + self._cloud.seen
        seen["orders"] = sum(len(one["orders"]) for one in documents)
        seen["runs"] = runs
        for run_id in submitted:
            seen.update(
                f"order {one.status} {one.reason or ''}".strip() for one in self._platform.orders(run_id).values()
            )
        slack = max((self._slack(run_id) for run_id in submitted), default=0.0)
        return Report(self._seed, tuple(self._witness.violations), seen, slack, tuple(world.timeline or ()))

    def _of_run(self, run_id: str) -> list[str]:
        if run_id not in self._done_at:
            self._witness.saw("done was never written")
        platform, calm_from, done_at = self._platform, self._weather.calm_from, self._done_at.get(run_id, 0.0)
        idle = patience.of_next_step(platform.patience)
        if self._weather.climate.is_kind:
            calm_from, idle = START, patience.WITHOUT_FAULTS
        times = {"calm_from": calm_from, "done_at": done_at, "idle": idle}
        found = list(invariants.broken(platform, self._workers, run_id, **times))
        is_left = not platform.locks.is_free(run_id) or platform.locks.marks(run_id)
        if is_left and not any(self._cloud.seen[name] for name in ("crashes", "given up", "messages lost")):
            found.append("the lock is held, or has marks, although nobody died")
        self.world.now += HOUR
        return found + list(invariants.broken_by_a_last_look(platform, run_id))

    def _slack(self, run_id: str) -> float:
        due = max(self._platform.run(run_id).deadline, self._weather.calm_from)
        return (self._done_at.get(run_id, due) - due) / patience.of_run(self._platform.patience)

    def _submit(self, number: int, document: dict[str, object], submitted: list[str]) -> None:
        """A job comes in, and perhaps somebody cancels it later."""
        intake = Invocation(f"intake of job {number}", skew=self._weather.skew(), safe=True)
        self.world.invoke(intake, lambda: submitted.append(self._platform.submit(document)))
        if self._chance.random() < 0.25:
            when = self._chance.choice((1.0, 10.0, 60.0, float(str(document["job_timeout"])))) * self._chance.random()
            self.world.later(when, lambda: self._cancel(submitted, number))

    def _cancel(self, submitted: list[str], number: int) -> None:
        if len(submitted) < number:  # not yet answered
            self.world.later(1.0, lambda: self._cancel(submitted, number))
            return
        run_id = submitted[number - 1]

        def ask() -> None:
            try:
                self._platform.records.ask_to_stop(run_id, "cancelled")
            except ConditionLost:
                return
            self._calls.seen["cancelled"] += 1
            self._platform.waker.wake(run_id, RUN_NUM)

        caller = Invocation("cancel", skew=self._weather.skew())
        caller.over = lambda _, error: self._again(error, submitted, number)
        self.world.invoke(caller, ask)

    def _again(self, error: BaseException | None, submitted: list[str], number: int) -> None:
        if error is not None:
            self.world.later(1.0, lambda: self._cancel(submitted, number))
