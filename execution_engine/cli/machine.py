"""What commands need of the place where jobs run: one machine now, a deployment behind its API later."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from execution_engine.clock import Clock
from execution_engine.errors import EngineError
from execution_engine.history.history import History
from execution_engine.jobs.job import Door


class MachineLost(EngineError):
    """The place where jobs run stopped answering, or answered with an error (names what to look at)."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A run that was accepted."""

    run_id: str
    trace_id: str
    flow_id: str


class Machine(Protocol):
    clock: Clock
    history: History

    def stored_code(self, sha256: str, archive: BinaryIO) -> AbstractContextManager[str]:
        """Uploads a zip of code; its ``s3_location``, for one submission. Afterwards it is gone again."""
        ...

    def submit(self, document: dict[str, Any], door: Door) -> Submitted:
        """Raises ``JobRefused`` with the faults that only submission finds."""
        ...

    def is_done(self, run_id: str) -> bool:
        """Whether everything about the run is in place."""
        ...

    def stop(self, run_id: str) -> None:
        """Asks the run to end. Safe to repeat, and needed again while the run has not begun yet."""
        ...

    def wake(self, run_id: str) -> None:
        """Has the engine look at the run, in case whoever worked on it is gone."""
        ...


class OpenMachine(Protocol):
    def __call__(self, state: Path | None) -> AbstractContextManager[Machine]: ...
