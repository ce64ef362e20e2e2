"""What commands need of the place where jobs run: this machine, or one that is reached by its API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from execution_engine.clock import Clock
from execution_engine.errors import EngineError
from execution_engine.history.asking import Asking
from execution_engine.jobs.job import Door

if TYPE_CHECKING:
    from execution_engine.local.instances import Instance


class MachineLost(EngineError):
    """The place where jobs run stopped answering, or answered with an error (names what to look at)."""


class RunLost(EngineError):
    """A run whose records were lost; says what is known of it."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A run that was accepted."""

    run_id: str
    trace_id: str
    flow_id: str


class Machine(Protocol):
    clock: Clock

    @property
    def history(self) -> Asking: ...

    @property
    def environment(self) -> Mapping[str, str]:
        """By which any program reaches this place as the engine does: endpoint, region, keys, names."""
        ...

    def stored_code(self, sha256: str, archive: BinaryIO) -> AbstractContextManager[str]:
        """Uploads a zip of code; its ``s3_location``, for one submission. Afterwards it is gone again."""
        ...

    def lent(self, parameters: Mapping[str, str], secrets: Mapping[str, str]) -> AbstractContextManager[None]:
        """For one submission: these are in Parameter Store and in Secrets Manager, by name. Afterwards they are gone
        again. Raises ``local.lent.NotLent``."""
        ...

    def submit(self, document: dict[str, Any], door: Door) -> Submitted:
        """Raises ``JobRefused`` with the faults that only submission finds."""
        ...

    def declare(self, instances: Sequence[Instance]) -> None:
        """From now on orders find these instances there too, as they are described now."""
        ...

    def declared(self) -> Mapping[str, Instance] | None:
        """All there are, by their ids; None where nobody declares instances, since they are real."""
        ...

    def is_done(self, run_id: str) -> bool:
        """Whether everything about the run is in place."""
        ...

    def cancel(self, run_id: str) -> None:
        """Asks the run to end. Safe to repeat; a run that is over stays as it is. Raises ``NotFound``."""
        ...

    def retry(self, run_id: str) -> Submitted:
        """A new run of what did not succeed, or the one that an earlier retry started and that still goes on.

        Raises ``JobRefused`` while the run goes on and when nothing is left to do, and ``NotFound``.
        """
        ...

    def is_abandoned(self, run_id: str) -> bool:
        """Of a run that is not over: whether nobody works on it any more, since whoever did was killed."""
        ...

    def is_alone(self) -> bool:
        """Whether everything that goes on there ends when this command leaves, since nobody else is there."""
        ...

    def take_up(self, run_id: str) -> None:
        """Has the engine work on an abandoned run again. Safe to repeat."""
        ...

    def remains(self, run_id: str) -> dict[str, Any] | None:
        """What is known of a run whose records were lost (``local.remains``); None if none were."""
        ...


class OpenMachine(Protocol):
    def __call__(self, state: Path | None) -> AbstractContextManager[Machine]: ...
