"""Submissions to crash in: over HTTP without a key, with one and a caller who repeats, and by Lambda's retries."""

from __future__ import annotations

import io
import zipfile
from typing import Any, ClassVar

from fakes.calls import Side
from fakes.platform import TICK
from fakes.simulation import Simulation
from fakes.submitting import SubmittingPlatform
from fakes.verdict import check_ended
from fakes.workers import Outcome
from faults.crash_stories import DAY, JOB, PLAIN, RETRIED, SlowCalls
from faults.crash_walk import LAMBDA_RETRIES, dying_first

from execution_engine.errors import EngineError
from execution_engine.jobs.naming import RUN_NUM, result_key
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase

CODE = ("callers", "code.zip")
REQUEST = {
    "job": {
        "username": "ann",
        "orders": [
            {
                **one,
                "execution_target": "lambda",
                **({"s3_location": "s3://callers/code.zip"} if one["order_name"] in ("root", "link") else {}),
            }
            for one in JOB
        ],
    }
}


def archive() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("main.tf"), b"content")
    return written.getvalue()


class Submission:
    """Implements ``crash_walk.Telling``. ``answers`` are those that reached the caller, in their order."""

    request: ClassVar[dict[str, Any]] = REQUEST

    def __init__(self) -> None:
        self.platform = self.make()
        self.platform.callers.objects[CODE] = archive()
        self.simulation = Simulation(self.platform, self._outcome, delivery=RETRIED)
        self.answers: list[dict[str, Any]] = []

    def make(self) -> SubmittingPlatform:
        return SubmittingPlatform(lease=45.0)

    @staticmethod
    def _outcome(one: Order) -> Outcome:
        found = PLAIN.get(one.order_name, Outcome())
        assert isinstance(found, Outcome)
        return found

    def submit(self, came_as: str | None = None) -> bool:
        """One invocation of intake; false if the caller got no answer, or an error."""

        def work() -> None:
            told.append(self.platform.intake.submit(self.request, door="init", size_limit=1024 * 1024, came_as=came_as))

        told: list[dict[str, Any]] = []
        try:
            lived = self.simulation.invoke("intake", work)
        except EngineError:
            return False
        if lived:
            self.answers += told
        return lived

    def tell(self) -> None:
        raise NotImplementedError

    def check(self) -> None:
        raise NotImplementedError

    def check_one_run(self) -> None:
        """One was begun and ended right, and of no other anything is left."""
        runs = self.platform.runs()
        begun = [run_id for run_id, run in runs.items() if run.is_seen]
        assert len(begun) == 1, f"{len(begun)} runs were begun"
        check_ended(self.simulation, begun[0])
        assert str(runs[begun[0]].status) == "succeeded"
        for run_id in self._named() - set(begun):
            left = self.platform.left(run_id)
            assert not left or self._is_late_signal(run_id, left), f"left of {run_id}: {left}"
        named = [answer["run_id"] for answer in self.answers]
        assert set(named) <= set(begun), f"the callers were told of {named}, the run is {begun}"

    def _is_late_signal(self, run_id: str, left: list[str]) -> bool:
        """One that was only slow signalled the start of a run that was withdrawn and swept meanwhile: nobody
        heeds it, and both things expire."""
        return not self.simulation.crashes and left == [result_key(run_id, RUN_NUM), f"lock {(run_id,)}"]

    def check_nothing_left(self) -> None:
        assert not self.answers
        for run_id in self._named():
            left = self.platform.left(run_id)
            assert not left, f"left of {run_id}: {left}"

    def _named(self) -> set[str]:
        """All runs that were ever begun to be submitted."""
        rows = {run_id for run_id, _ in self.platform.records.items.all}
        objects = {key.split("/")[2] for key in self.platform.objects.keys("tmp/exec/")}
        watched = {run_id for run_id, *_ in self.platform.watchdogs.started.values()}
        keys = {path.split("/")[-2] for path in self.platform.keys.held}
        events = {event.run_id for event in self.platform.records.history.values()}
        return rows | objects | watched | keys | events


class ByHttp(Submission):
    """No key, and nobody repeats."""

    def tell(self) -> None:
        self.submit()
        self.simulation.finish(within=DAY)

    def check(self) -> None:
        runs = self.platform.runs()
        if any(run.is_seen for run in runs.values()):
            self.check_one_run()
            return
        if len(runs) == 1 and not self.platform.watchdogs.started:
            # It died between its record and its watchdog: the record alone stays, until its time is up.
            (run_id,) = runs
            assert runs[run_id].phase is Phase.SUBMITTING
            assert self.platform.left(run_id) == ["row 0000"]
            return
        self.check_nothing_left()
        assert self.platform.clock.now() < 1_700_000_000 + 25 * 60 + TICK


class WithKey(Submission):
    """The caller repeats at once, again after 20 s, and until there is an answer."""

    request: ClassVar[dict[str, Any]] = {**REQUEST, "idempotency_key": "release-7"}

    def tell(self) -> None:
        self.submit()
        self.submit()
        self.simulation.later(20.0, self._repeat)
        self.simulation.finish(within=DAY)

    def _repeat(self) -> None:
        if not self.submit():
            self.simulation.later(20.0, self._repeat)

    def check(self) -> None:
        assert self.answers, "the caller never got an answer"
        self.check_one_run()
        (held,) = self.platform.submissions.items.all.values()
        assert held["run_id"] == self.answers[-1]["run_id"]


class WithKeySlowly(WithKey):
    """Each upload takes three seconds, so that the key has to be renewed under way."""

    def make(self) -> SubmittingPlatform:
        calls = SlowCalls(seconds=3.0, slow="bucket.write")
        return SubmittingPlatform(lease=45.0, calls=calls, clock=calls.clock)


class ByLambda(Submission):
    """An asynchronous invocation: the platform repeats it under the same id. ``deliveries`` at these seconds."""

    deliveries: tuple[float, ...] = (0.0,)

    def tell(self) -> None:
        for seconds in self.deliveries:
            self.simulation.later(seconds, lambda: self._deliver(LAMBDA_RETRIES))
        self.simulation.finish(within=DAY)

    def _deliver(self, retries: tuple[float, ...]) -> None:
        if not self.submit("invoke:request-1") and retries:
            self.simulation.later(retries[0], lambda: self._deliver(retries[1:]))

    def check(self) -> None:
        self.check_one_run()


class ByLambdaTwice(ByLambda):
    """An event may be delivered more than once."""

    deliveries = (0.0, 0.0, 10.0)


class SecondWithKey(WithKey):
    """The first died when all but its start signal was done; what is walked is the repetition, and the sweep."""

    def tell(self) -> None:
        dying_first(self.platform.calls, "reports.signal_start", Side.BEFORE)
        self.submit()
        self.simulation.later(20.0, self._repeat)
        self.simulation.finish(within=DAY)


class DeadByHttp(ByHttp):
    """Nothing came of it; what is walked is the sweep."""

    def tell(self) -> None:
        dying_first(self.platform.calls, "reports.signal_start", Side.BEFORE)
        super().tell()


SUBMISSIONS: dict[str, type[Submission]] = {
    "over HTTP": ByHttp,
    "with a key": WithKey,
    "with a key, slowly": WithKeySlowly,
    "with a key, after one that died": SecondWithKey,
    "by Lambda": ByLambda,
    "by Lambda, delivered more than once": ByLambdaTwice,
    "over HTTP, dead": DeadByHttp,
}
