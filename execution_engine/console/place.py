"""What the console needs of the place where jobs run: this machine, or a deployment by the operator's own access."""

from __future__ import annotations

from typing import Protocol

from execution_engine.clock import Clock
from execution_engine.history.asking import Asking
from execution_engine.history.documents import Document


class Browsing(Asking, Protocol):
    """``Asking``, and what one looks around by. As ``History`` has it."""

    def trace(
        self,
        trace_id: str,
        order_name: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        since: float | None = None,
    ) -> Document: ...

    def order(self, order_name: str, after: str | None = None, limit: int = 20) -> Document: ...

    def latest(self, limit: int) -> list[Document]: ...


class Place(Protocol):
    """Called from several threads at once. What does not exist raises ``NotFound``, what is refused
    ``JobRefused``, whatever else went wrong another ``EngineError``."""

    name: str
    """In two words, for the page's head."""

    clock: Clock

    @property
    def history(self) -> Browsing: ...

    def is_abandoned(self, run_id: str) -> bool:
        """Of a run that is not over: whether nobody works on it any more."""
        ...

    def cancel(self, run_id: str) -> None:
        """Asks the run to end. Safe to repeat."""
        ...

    def retry(self, run_id: str) -> str:
        """The run_id of a new run of what did not succeed, or of the retry that still goes on."""
        ...
