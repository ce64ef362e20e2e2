"""What must be true when a run is over, seen with plain boto3 and the names of the contract."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from integration.crashes.folder import Death
from integration.crashes.job import ends, needs
from integration.view import Item, View

_STEPS = {
    ("queued", "dispatched"),
    ("queued", "failed"),
    ("dispatched", "running"),
    ("running", "queued"),
    ("running", "succeeded"),
    ("running", "failed"),
}
_STATUSES = {status for step in _STEPS for status in step}


class Run:
    """``starts`` is the file that commands write a line to when they begin."""

    def __init__(self, view: View, answer: Item, starts: Path, death: Death | None) -> None:
        self._view = view
        self._death = death
        self.run_id: str = answer["run_id"]
        self.orders = {row["order_name"]: row for row in view.orders(self.run_id)}
        self.events = [one for one in view.events(answer["trace_id"]) if one["run_id"] == self.run_id]
        self.starts = [name for run_id, name, _ in map(str.split, lines(starts)) if run_id == self.run_id]

    def check(self) -> None:
        self._check_statuses()
        self._check_done()
        self._check_history()
        self._check_commands()
        self._check_results()
        self._check_what_is_left()

    def _check_statuses(self) -> None:
        _, expected = ends(self._death)
        found = {name: (row["status"], row.get("reason")) for name, row in self.orders.items()}
        wanted = {name: (end.status, end.reason) for name, end in expected.items()}
        assert found == wanted, f"not as it must end: {set(found.items()) - set(wanted.items())}"
        for name, end in expected.items():
            fewest, most = end.attempts
            assert fewest <= self.orders[name]["attempt"] <= most, f"{name}: attempt {self.orders[name]['attempt']}"

    def _check_done(self) -> None:
        status, _ = ends(self._death)
        counted = Counter(row["status"] for row in self.orders.values())
        summary = {one: counted[one] for one in ("succeeded", "failed", "timed_out")}
        done = self._view.document(f"{self.run_id}/done", "DONE_BUCKET")
        assert (done["status"], done["summary"]) == (status, summary), f"{done}, not {status} and {summary}"
        run = self._view.item(f"{self.run_id}:0000")
        assert run is not None
        counts = (run["phase"], run["status"], run["open"], run["in_flight"])
        assert counts == ("completed", status, 0, 0), f"the run's record: {counts}"

    def _check_history(self) -> None:
        epochs = [one["epoch"] for one in self.events]
        assert all(earlier < later for earlier, later in pairwise(epochs)), "two events at one time"
        jobs = [one["event_type"] for one in self.events if one["order_name"] == "_job"]
        assert jobs == ["job_started", "job_completed"], f"{jobs}"
        assert self.events[-1]["event_type"] == "job_completed", f"{self.events[-1]} comes last"
        for name, row in self.orders.items():
            history = self._history(name)
            assert history[0] == "queued", f"{name}: {history}"
            assert set(pairwise(history)) <= _STEPS, f"{name}: {history}"
            assert history[-1] == row["status"], f"{name}: {history}"
            assert history.count("dispatched") == row["attempt"], f"{name}: {history}"
            for need in needs(name):
                if row["attempt"]:
                    assert self._epoch(need, last=True) < self._epoch(name, "dispatched"), f"{name} before {need}"
        told = [one for one in self.events if one["event_type"] == "told"]
        assert len(told) == (self.orders["first"]["status"] == "succeeded"), f"told {len(told)} times"
        assert all(one["data"]["answer"] == 42 for one in told), f"{told}"

    def _check_commands(self) -> None:
        """At most once an attempt; each attempt that came to an end of its own, exactly once."""
        begun = Counter(self.starts)
        for name, row in self.orders.items():
            unheard = int(row.get("reason") == "worker_lost") or self._lost_an_attempt(name)
            assert row["attempt"] - unheard <= begun[name] <= row["attempt"], f"{name}: {begun[name]} starts"
            for need in needs(name):
                if name in self.starts:
                    behind = self.starts[self.starts.index(name) :]
                    assert need not in behind, f"{need} began after {name}, which depends on it"

    def _lost_an_attempt(self, name: str) -> int:
        return int(self._death is not None and self._death.point.part == "worker" and name == "second")

    def _check_results(self) -> None:
        """The last attempt's says what the record says."""
        for name, row in self.orders.items():
            if row["attempt"]:
                folder = f"tmp/callbacks/runs/{self.run_id}/{row['order_num']}/"
                folder += "" if row["attempt"] == 1 else f"{row['attempt']}/"
                result = self._view.document(folder + "result.json")
                said = (result["status"], result["reason"])
                assert said == (row["status"], row.get("reason")), f"{name}: its result says {said}"

    def _check_what_is_left(self) -> None:
        lock: dict[str, Any] = self._view.item(f"lock:{self.run_id}", "LOCKS_TABLE") or {}
        assert "owner" not in lock, "the lock is still held"
        assert not lock.get("marks"), f"marks were left: {lock['marks']}"
        assert not [name for name in self._view.parameters() if self.run_id in name], "the age key is still there"

    def _history(self, name: str) -> list[str]:
        mine = [one["event_type"] for one in self.events if one["order_name"] == name]
        return [kind for kind in mine if kind in _STATUSES]

    def _epoch(self, name: str, kind: str | None = None, *, last: bool = False) -> Any:
        mine = [one for one in self.events if one["order_name"] == name and one["event_type"] in _STATUSES]
        return mine[-1]["epoch"] if last else next(one["epoch"] for one in mine if one["event_type"] == kind)


def everything(view: View, starts: Path) -> list[str]:
    """All that runs leave, a line each; a line of a run holds its id."""
    found = [str(item) for table in ("ORDERS_TABLE", "ORDER_EVENTS_TABLE") for item in view.items(table)]
    found += [*view.keys(prefix="tmp/exec/"), *view.keys("DONE_BUCKET"), *view.parameters(), *lines(starts)]
    return found


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
