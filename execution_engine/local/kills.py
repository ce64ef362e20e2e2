"""When an embedded AWS ended without writing down what it knew: killed, or its machine went down.

What lies in its buckets is on disk at once; records, keys and executions only when it ends in good order. So of a
run that it worked on nothing is known but what workers had put into S3.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from execution_engine.local.state_folder import StateFolder, read_document, write_document

KEPT = 2 * 24 * 3600
"""Seconds: no object outlives a day by as much."""

_S3_SECOND = 1.0
"""S3 tells when an object was written in whole seconds."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Seconds since the epoch. ``last_heard_at``: when its log was last written to; ``noticed_at``: when the next
    one was started."""

    started_at: float
    last_heard_at: float
    noticed_at: float

    def lost(self, moment: float) -> bool:
        """Whether what was first recorded then is lost."""
        return self.started_at - _S3_SECOND <= moment <= self.noticed_at


class Kills:
    """``starting`` is called with the state folder's lock held."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder

    def starting(self, now: float) -> None:
        """Before one is started: if the last one wrote nothing down, that is noted."""
        before, log = read_document(self._folder.started), self._folder.log
        if before is not None and not self._folder.saved.exists():
            kill = Kill(float(before["at"]), log.stat().st_mtime if log.exists() else 0.0, now)
            kept = [one for one in self._noted() if now - one.noticed_at < KEPT]
            write_document(self._folder.kills, {"kills": [asdict(one) for one in [*kept, kill]]})
        write_document(self._folder.started, {"at": now})

    def lost(self, moment: float) -> Kill | None:
        """The one with which what was recorded at that moment was lost."""
        return next((kill for kill in self._noted() if kill.lost(moment)), None)

    def _noted(self) -> list[Kill]:
        document = read_document(self._folder.kills) or {}
        return [Kill(**one) for one in document.get("kills", ())]
