"""Where every order of a run stands, kept up to date by events. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from execution_engine.cli.wording import plain
from execution_engine.history.documents import Document, instance_documents
from execution_engine.jobs.job import Job

OUT = ("dispatched", "running")
ENDED = ("succeeded", "failed", "timed_out")
STATUSES = ("queued", *OUT, *ENDED)


@dataclass(slots=True)
class Line:
    """One order. ``since``: when it got its status, ``started``: when its attempt was first heard of.
    ``instances``: how it ended on each, if it runs on instances."""

    num: str
    name: str
    target: str
    must_succeed: bool
    state: str = "queued"
    since: float | None = None
    started: float | None = None
    attempt: int = 0
    reason: str | None = None
    exit_code: int | None = None
    instances: tuple[Document, ...] = ()

    def elapsed(self, now: float) -> float | None:
        """Seconds its attempt has run or did run; None for what is not out and never was."""
        if self.started is None or self.state == "queued":
            return None
        end = self.since if self.state in ENDED and self.since is not None else now
        return max(0.0, end - self.started)

    @property
    def why(self) -> str:
        """Why it ended as it did: a reason, an exit code, or nothing."""
        if self.reason:
            return self.reason
        return f"exit {self.exit_code}" if self.state == "failed" and self.exit_code is not None else ""


@dataclass(frozen=True, slots=True)
class Change:
    """What one event says: an order's new status, or (``note``) something its commands reported. ``instances``: how
    the attempt ended on each."""

    epoch: float
    name: str
    what: str
    why: str = ""
    note: bool = False
    instances: tuple[Document, ...] = ()


class Board:
    """Begins with what is known of each order and learns from events."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = {line.num: line for line in lines}

    @classmethod
    def of_job(cls, job: Job) -> Board:
        return cls(
            Line(order.order_num, order.order_name, order.execution_target, order.must_succeed) for order in job.orders
        )

    @classmethod
    def of_run(cls, run: Mapping[str, Any]) -> Board:
        """From the run's document, in the middle of things."""
        return cls(
            Line(
                num=order["order_num"],
                name=order["order_name"],
                target=order["execution_target"],
                must_succeed=order["must_succeed"],
                state=order["status"],
                since=order["ended_at"] or order["started_at"] or order["dispatched_at"],
                started=order["started_at"] or order["dispatched_at"],
                attempt=order["attempt"],
                reason=order["reason"],
                exit_code=order["exit_code"],
                instances=tuple(order.get("instances", ())) if order["status"] in ENDED else (),
            )
            for order in run["orders"]
        )

    @property
    def counts(self) -> Counter[str]:
        return Counter(line.state for line in self.lines.values())

    def learn(self, event: Mapping[str, Any]) -> Change | None:
        """None for what is no news: a job's own events, an order that was queued at first, a repetition."""
        line = self.lines.get(event.get("order_num") or "")
        if line is None:
            return None
        kind, epoch = event["event_type"], float(event["epoch"])
        data = event.get("data") or {}
        if kind not in STATUSES or event["status"] != kind:
            return Change(epoch, line.name, str(kind), _noted(line, event["status"], data), note=True)
        before = line.state
        if before == kind and (kind != "dispatched" or data.get("attempt") == line.attempt):
            return None
        line.state, line.since = kind, epoch
        line.attempt = data.get("attempt", line.attempt)
        line.reason, line.exit_code = data.get("reason"), data.get("exit_code")
        ends = tuple(instance_documents(data.get("instances")))
        line.instances = ends if kind in ENDED else ()
        if kind in OUT:
            line.started = epoch
        why = line.why
        if kind == "queued":
            why = f"attempt {line.attempt} failed, to be tried again"
        elif kind == "running" and line.attempt > 1:
            why = f"attempt {line.attempt}"
        return Change(epoch, line.name, kind, why, instances=ends)


def _noted(line: Line, status: object, data: Mapping[str, Any]) -> str:
    """The status that commands gave their event, and on which instance."""
    where = data.get("instance_id") if line.target == "ssm" else None
    return f"{status}, {plain(where)}" if isinstance(where, str) else str(status)
