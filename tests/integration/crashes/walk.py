"""Runs of the job on one embedded AWS, several at a time; a process dies in each, once, at the point it was given."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration.crashes.folder import VARIABLE, Death, Folder, Point
from integration.crashes.job import job
from integration.view import Item, View

from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import connect

AT_ONCE = 8
PATIENCE = 300.0
"""Seconds of which a run needs 15 when nothing happens to it, and 30 when a worker is lost."""

REPEATED = 20.0
"""Seconds within which an invocation that failed is tried again."""

TUNINGS = {
    "TICK": "2",
    "HEARTBEAT": "3",
    "CONTROL_POLL": "1",
    "LEASE": "4",
    "RELAUNCH_AFTER": "3",
    "START_LIMIT": "180",
    "GRACE": "2",
}
_PARTS = ("init_job", "orchestrator", "watchdog_check", "worker")
_TESTS = Path(__file__).parents[2]


@dataclass
class Walked:
    """A run, and the death in it. ``refused`` are the answers to its submission before the good one."""

    name: str
    point: Point | None
    answer: Item = field(default_factory=dict)
    refused: list[Item] = field(default_factory=list)
    death: Death | None = None
    seconds: float = 0.0
    error: BaseException | None = None


class Walk:
    def __init__(self, root: Path, view: View) -> None:
        self.folder = Folder(root / "crashes")
        self.view = view
        self.starts = root / "starts"
        self.code = self._upload()
        self._failed = 0

    def record(self) -> list[tuple[str, str]]:
        """The calls of a run in which nobody dies but by its job."""
        walked = self.run("clean", None)
        if walked.error is not None:
            raise walked.error
        self.until_all_is_quiet()
        return self.folder.calls("clean")

    def run_all(self, points: Iterable[Point]) -> list[Walked]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            all_walked = list(pool.map(lambda one: self.run(f"crash-{one[0]:02d}", one[1]), enumerate(points, 1)))
        self.until_all_is_quiet()
        for walked in all_walked:
            walked.death = self.folder.death(walked.name)
        return all_walked

    def run(self, name: str, point: Point | None) -> Walked:
        walked = Walked(name, point)
        if self._failed >= AT_ONCE:
            walked.error = AssertionError("not tried: too many before it did not end")
            return walked
        began = time.monotonic()
        if point is not None:
            self.folder.plan(name, point)
        try:
            self._submit(walked)
            key = f"{walked.answer['run_id']}/done"
            self._until(lambda: key in self.view.keys("DONE_BUCKET", key), "the run does not end")
        except Exception as error:
            walked.error = error
            self._failed += 1
        walked.seconds = time.monotonic() - began
        return walked

    def _submit(self, walked: Walked) -> None:
        """As a caller does who wants one run: again and again with the same key, until there is an answer."""
        request = self._request(walked.name)

        def accepted() -> bool:
            answer = self.view.client("lambda").invoke(
                FunctionName="execution-engine-init-job", Payload=json.dumps(request).encode()
            )
            said = json.loads(answer["Payload"].read())
            if "FunctionError" in answer or said.get("status") != "ok":
                walked.refused.append(said)
                return False
            walked.answer = said
            return True

        self._until(accepted, "no submission is accepted")

    def _request(self, name: str) -> Item:
        return {"job": job(name, self.starts, self.code), "idempotency_key": name}

    def until_all_is_quiet(self) -> None:
        """No watchdog watches any more; and whoever frees a lock that a dead one held has had the time to."""
        self._until(lambda: all(one["status"] != "RUNNING" for one in self.view.watchdogs()), "a watchdog does not end")
        with suppress(AssertionError):  # it is asked of each run by itself, too
            self._until(lambda: not any("owner" in lock for lock in self.view.items("LOCKS_TABLE")), "", REPEATED)

    def _until(self, true: Callable[[], Any], otherwise: str, seconds: float = PATIENCE) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"{otherwise} within {seconds:g} s"
            time.sleep(0.5)

    def _upload(self) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as content:
            content.writestr("content", "some code")
        bucket, key = self.view.name("INTERNAL_BUCKET"), "tmp/exec/uploads/crashes/code.zip"
        self.view.client("s3").put_object(Bucket=bucket, Key=key, Body=archive.getvalue())
        return f"s3://{bucket}/{key}"


@contextmanager
def embedded(root: Path) -> Iterator[EmbeddedAws]:
    """With the functions of ``functions.py`` in place of the engine's own."""
    Folder(root / "crashes").make()
    aws = EmbeddedAws(
        StateFolder(root / "state"),
        environ=os.environ,
        connect=connect,
        tunings={f"AWS_EXE_SYS_{name}": value for name, value in TUNINGS.items()},
        handlers={part: f"integration.crashes.functions.{part}" for part in _PARTS},
        extra_environment={
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_TESTS), os.environ.get("PYTHONPATH")))),
            VARIABLE: str(root / "crashes"),
            # Longer than the lease, as in AWS.
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "5",
        },
        grace=1,
    )
    with aws:
        yield aws
