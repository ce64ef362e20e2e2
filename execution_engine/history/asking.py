"""What can be asked about what ran, wherever it ran: by whoever shows it. ``History`` answers from the records
themselves; behind an API the same documents come from its answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from execution_engine.history.documents import Document


class Asking(Protocol):
    """As ``History`` has it. What does not exist raises ``NotFound``."""

    def pages(self, trace_id: str, order_name: str | None = None, since: float | None = None) -> Iterator[Document]: ...

    def outline(self, run_id: str) -> Document: ...

    def run(self, run_id: str) -> Document: ...

    def results(self, run_id: str, log_limit: int) -> Document: ...

    def find_order(self, run_id: str, order: str) -> Document: ...

    def instances(self, run_id: str, order: str, attempt: int | None = None) -> list[str]: ...

    def log(
        self, run_id: str, order: str, start: int = 0, attempt: int | None = None, instance: str | None = None
    ) -> Iterator[bytes]: ...

    def log_end(self, run_id: str, order: str, limit: int, instance: str | None = None) -> str: ...
