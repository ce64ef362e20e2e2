"""Objects that no worker wrote, put beside the workers with plain boto3, as somebody with rights could."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from integration.machine import Item, Machine, Ran, order, until
from integration.view import View

MB = 1024 * 1024


@dataclass(frozen=True)
class Place:
    machine: Machine
    view: View
    pid: int

    def put(self, key: str, body: bytes, *, once: bool = True) -> None:
        more = {"IfNoneMatch": "*"} if once else {}
        self.view.client("s3").put_object(Bucket=self.view.name("INTERNAL_BUCKET"), Key=key, Body=body, **more)

    def statuses(self, run_id: str) -> dict[str, str]:
        return {one["order_name"]: one["status"] for one in self.view.orders(run_id)}

    def begin(self, orders: list[Item]) -> tuple[subprocess.Popen[bytes], str]:
        """The run, once its first order is known."""
        before = {one["run_id"] for one in self.view.items("ORDERS_TABLE") if "run_id" in one}
        process = self.machine.begin(orders)

        def new() -> set[str]:
            return {one["run_id"] for one in self.view.items("ORDERS_TABLE") if "run_id" in one} - before

        return process, until(new).pop()

    def is_heard_of(self, run_id: str, names: set[str], status: str) -> None:
        until(lambda: {name for name, found in self.statuses(run_id).items() if found == status} >= names)


def folder_of(run_id: str, place: int, attempt: int = 1) -> str:
    return f"tmp/callbacks/runs/{run_id}/{place:04d}/" + (f"{attempt}/" if attempt > 1 else "")


OTHER = "00000000-0000-4000-8000-00000000ffff"
RESULTS: dict[str, bytes] = {
    "no-json": b"\xff\x00{",
    "no-end": b'{"status": "running"}',
    "deep": b'{"status": "succeeded", "x": ' + b"[" * 100_000,
    "large": b'{"status": "succeeded", "log": "' + b"x" * (300 * MB) + b'"}',
    "of-another-run": b'{"status": "succeeded", "run_id": "%b"}' % OTHER.encode(),
    "dependency": b'{"status": "failed", "reason": "dependency_failed"}',
}
WRONG: Item = {
    "status": "failed",
    "log": {"a": 1},
    "log_bytes": -5,
    "exit_code": 2**200,
    "reason": ["x"],
    "started_at": -1,
    "ended_at": 1e300,
    "events": "many",
    "execution_url": 7,
}
ODD = {
    "wrong-types": (json.dumps(WRONG).encode(), "failed", None),
    "surrogates": (b'{"status": "failed", "log": "a\\ud800b", "reason": "\\udfff"}', "failed", "?"),
}
EVENTS: dict[str, tuple[bytes, int]] = {
    "events-large": (b"[" + b" " * (300 * MB) + b"]", 0),
    "events-many": (b"[" + b"{}," * 600_000 + b"{}]", 200),
    "events-fat": (json.dumps([{"event_type": "fat", "data": {"x": "y" * 1_000_000}}] * 2).encode(), 2),
    "events-faked": (b'[{"event_type": "failed"}, {"event_type": "job_completed"}]', 2),
}
NONSENSE = [b"", b"nonsense", b"[" * 100_000, b'{"action": "stop", "attempt": []}', b"\0" * MB]
ALMOST = [
    "xresult.json",
    "0/result.json",
    "1000/result.json",
    "1/2/claim.json",
    "7/result.json",
    "i/../result.json",
    "result.json/claim.json",
    "\u00fc%2Fresult.json",
]


@dataclass(frozen=True)
class Attacked:
    """``passes``: invocations of the orchestrator before and after a time in which nothing was to happen."""

    ran: Ran
    left: set[str]
    passes: list[int]
    memory: int


def waits(gate: Path, pids: Path) -> str:
    mine = f"{pids}/$ORDER_ID"
    return f"echo $$ > {mine}.new; mv {mine}.new {mine}; until [ -e {gate} ]; do sleep 0.5; done"


class Attack:
    """A run whose orders are each given an object as soon as their commands run, beside a run that nobody attacks."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        self.gate, self.pids = folder / "gate", folder / "pids"
        self.pids.mkdir()
        self.victims = [*RESULTS, *ODD, *EVENTS]
        orders = [
            order("good", waits(self.gate, self.pids), "echo good", timeout=600),
            *(order(name, waits(self.gate, self.pids), timeout=600, must_succeed=False) for name in self.victims),
            order("behind", "echo behind", dependencies=["no-json", "good"]),
        ]
        self.num = {one["order_name"]: number for number, one in enumerate(orders, 1)}
        self.process, self.run_id = place.begin(orders)
        self.bystander, _ = place.begin([order("calm", waits(self.gate, self.pids), timeout=600)])

    def folder(self, name: str) -> str:
        return folder_of(self.run_id, self.num[name])

    def on_good(self) -> None:
        """Nonsense of every kind that ends nothing."""
        until((self.pids / "good").exists)
        for body in NONSENSE:
            self.place.put(self.folder("good") + "control.json", body, once=False)
            self.place.put(self.folder("good") + "heartbeat.json", body, once=False)
            time.sleep(1.1)  # so that the worker looks at each
        for name in ALMOST:
            self.place.put(self.folder("good") + name, b'{"status": "failed"}')
        for folder in (folder_of(self.run_id, 9_999), folder_of(OTHER, 1), folder_of("no-run", 1)):
            self.place.put(folder + "result.json", b'{"status": "failed"}')

    def on_victims(self) -> None:
        """One after the other, as they come to run; until all have ended."""
        begun: set[str] = set()
        going = set(self.victims)

        def attack() -> bool:
            statuses = self.place.statuses(self.run_id)
            for name in sorted(going):
                if name in begun and statuses[name] in ("failed", "succeeded"):
                    going.remove(name)
                elif name not in begun and statuses[name] == "running" and (self.pids / name).exists():
                    self.on(name)
                    begun.add(name)
            return not going

        until(attack)

    def on(self, name: str) -> None:
        result = b'{"status": "succeeded", "events": 10000}'
        if name in EVENTS:
            self.place.put(self.folder(name) + "events.json", EVENTS[name][0], once=False)
        else:
            result = RESULTS[name] if name in RESULTS else ODD[name][0]
        self.place.put(self.folder(name) + "result.json", result)

    def alive(self) -> set[str]:
        found = {path.name: path.read_text().strip() for path in self.pids.iterdir()}
        return {name for name, pid in found.items() if Path("/proc", pid).exists()}


def passes(place: Place) -> int:
    """Invocations of the orchestrator so far, of whatever run."""
    pages = place.view.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName="/aws/lambda/execution-engine-orchestrator", filterPattern='"END RequestId"')
    return sum(len(page["events"]) for page in found)


def memory(server: int) -> int:
    """Bytes: the most that any of the orchestrator's processes ever had."""
    most = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            mine = int(state["PPid"]) == server and b"-orchestrator-" in (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if mine:
            most = max(most, int(state["VmHWM"].split()[0]) * 1024)
    return most
