"""An order's log while it runs: what there is, then what comes, until the order has ended."""

from __future__ import annotations

from collections.abc import Iterator

from execution_engine.cli.board import ENDED
from execution_engine.cli.machine import Machine
from execution_engine.history.logs import heading

LOOK = 0.5
"""Seconds between two looks for more."""


class Following:
    """Another attempt begins another log. Of an order on several instances what each wrote comes as it is written,
    below a line that names it; or only what ``instance`` writes."""

    def __init__(self, machine: Machine, run_id: str, num: str, instance: str | None) -> None:
        self._machine = machine
        self._run_id = run_id
        self._num = num
        self._instance = instance
        self._sent: dict[str | None, int] = {}
        self._last: str | None = None
        self._gap = b""

    def pieces(self) -> Iterator[bytes]:
        """Raises ``NotFound`` if the order has ended and never ran on the instance that was asked for."""
        attempt = 0
        while True:
            # Asked before the log is read: a log is complete before its attempt ends.
            order = self._machine.history.find_order(self._run_id, self._num)
            ended = order["status"] in ENDED
            if attempt not in (0, order["attempt"]):
                yield from self._new(attempt, ended=False)
                self._sent.clear()
                self._last = None
            attempt = order["attempt"]
            yield from self._new(attempt, ended=ended)
            if ended:
                return
            self._machine.clock.sleep(LOOK)

    def _new(self, attempt: int, *, ended: bool) -> Iterator[bytes]:
        known = self._machine.history.instances(self._run_id, self._num, attempt)
        if self._instance is not None:
            if self._instance in known or ended:
                yield from self._of(attempt, self._instance)
        elif len(known) > 1 and (self._sent or not ended):
            for one in known:
                yield from self._headed(one, self._of(attempt, one))
        else:
            yield from self._of(attempt, known[0] if len(known) == 1 else None)

    def _of(self, attempt: int, instance: str | None) -> Iterator[bytes]:
        sent = self._sent.get(instance, 0)
        for piece in self._machine.history.log(self._run_id, self._num, sent, attempt, instance):
            sent += len(piece)
            self._sent[instance] = sent
            yield piece
            self._gap = b"\n" if piece.endswith(b"\n") else b"\n\n"

    def _headed(self, instance: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if self._last != instance:
                yield self._gap + heading(instance)
                self._last = instance
            yield piece
