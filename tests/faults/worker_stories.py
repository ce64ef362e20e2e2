"""Runs to crash in whose workers are real, down to their bash; they came in through the real intake."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.calls import Crash
from fakes.real_workers import BEGIN, RealWorkers
from fakes.simulation import Simulation
from fakes.submitting import HABITS, SubmittingPlatform
from fakes.verdict import check_ended, check_punctual
from faults.crash_stories import DAY, JOB, LOST, RETRIED, order
from faults.submission_stories import CODE, archive

from execution_engine.intake.packing import Habits

REPORT = 'echo \'{"cost": 3}\' > "$AWS_EXE_SYS_EVENTS_DIR/plan.json"'
COMMANDS: dict[str, list[str]] = {
    "root": [f"test -f main.tf && {BEGIN}", REPORT, "echo planned"],
    "may-fail": [f"{BEGIN}; exit 3"],
}
"""Of the other orders: that it began, and no more."""

AGAIN = 'case "$(basename "$(dirname "$(dirname "$PWD")")")" in *-1) exit 1;; esac'
"""Fails in the first attempt, whose folder's name ends so."""


@dataclass(frozen=True)
class Manual:
    """What is run, and how."""

    orders: list[dict[str, Any]]
    habits: Habits = HABITS
    again_after: float | None = None
    urls_refused: bool = False


def whole_job() -> list[dict[str, Any]]:
    orders = []
    for one in JOB:
        name = one["order_name"]
        code = {"s3_location": "s3://callers/code.zip"} if name == "root" else {}
        variables = {"env_vars": {"STAGE": "test"}} if name == "left" else {}
        orders.append({**one, "cmds": COMMANDS.get(name, [BEGIN]), **code, **variables, "execution_target": "lambda"})
    return orders


def one_order(*cmds: str, **fields: Any) -> list[dict[str, Any]]:
    code = {"s3_location": "s3://callers/code.zip", "execution_target": "lambda"}
    return [order("root", **{"cmds": [*COMMANDS["root"], *cmds], **code, **fields})]


class WorkedRun:
    """Implements ``crash_walk.Telling``. Each telling has a folder of its own below ``folder``."""

    def __init__(self, manual: Manual, folder: Path) -> None:
        self.manual = manual
        self.platform = SubmittingPlatform(lease=45.0, habits=manual.habits)
        self.platform.callers.objects[CODE] = archive()
        self.simulation = Simulation(self.platform, delivery=RETRIED)
        self.workers = RealWorkers(
            self.simulation,
            self.platform,
            Path(tempfile.mkdtemp(dir=folder)),
            again_after=manual.again_after,
            urls_refused=manual.urls_refused,
        )
        self.simulation.workers = self.workers  # type: ignore[assignment]
        self.platform.target.on_launch = self.workers.launch
        self.run_id = ""

    def tell(self) -> None:
        job = {"username": "ann", "orders": self.manual.orders}
        with quiet_threads():
            self.run_id = self.platform.intake.submit({"job": job}, door="init", size_limit=2**20)["run_id"]
            self.simulation.finish(within=DAY)

    def check(self) -> None:
        check_ended(self.simulation, self.run_id)
        check_punctual(self.platform, self.run_id)
        orders = self.platform.orders(self.run_id)
        ends = {one.order_name: " ".join(filter(None, (one.status, one.reason))) for one in orders.values()}
        right = {name: "failed" if name == "may-fail" else "succeeded" for name in ends}
        wrong = {name for name in ends if ends[name] != right[name]}
        if not self.simulation.crashes:
            assert not wrong, f"ended otherwise: {ends}"
        assert sum(ends[name] == "failed worker_lost" for name in wrong) <= 1, f"more than one was lost: {ends}"
        assert {ends[name] for name in wrong} <= LOST, f"ended otherwise: {ends}"
        for one in orders.values():
            begun = self.workers.begun[(one.run_id, one.order_num, one.attempt)]
            if one.order_name not in wrong:
                assert begun == 1, f"{one.order_name} is {one.status}, its commands began {begun} times"
            elif one.reason == "dependency_failed":
                assert begun == 0, f"{one.order_name} never ran, but its commands began"


@contextmanager
def quiet_threads() -> Iterator[None]:
    """A thread of a worker that dies with it is no news."""

    def meet(problem: threading.ExceptHookArgs) -> None:
        if not isinstance(problem.exc_value, Crash):
            before(problem)

    before = threading.excepthook
    threading.excepthook = meet
    try:
        yield
    finally:
        threading.excepthook = before


MANUALS: dict[str, Callable[[], Manual]] = {
    "whole job": lambda: Manual(whole_job()),
    "launches delivered twice": lambda: Manual(one_order(), again_after=20.0),
    "dead URLs": lambda: Manual(one_order(), urls_refused=True),
    "an order that may be repeated": lambda: Manual(one_order(AGAIN, retries=1)),
}

BEATING = Manual(one_order("sleep 2"), habits=Habits(grace=0.5, heartbeat=0.5, control_poll=0.3))
"""Its worker makes calls beside the commands; how many, nobody can say before."""
