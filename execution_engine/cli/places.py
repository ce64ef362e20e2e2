"""What the console looks at: this machine, or a deployment by the operator's own access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from execution_engine.cli import runs
from execution_engine.cli.machine import Machine
from execution_engine.clock import Clock

if TYPE_CHECKING:
    from execution_engine.console.place import Browsing
    from execution_engine.wiring import Engine


class ThisMachine:
    """Implements ``console.place.Place``. Runs that are retried here go on as long as a command is there."""

    name = "this machine"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._retried: list[str] = []
        self.clock: Clock = machine.clock
        # Of one machine it is the history itself, which knows more questions than one behind an API.
        self.history = cast("Browsing", machine.history)

    def is_abandoned(self, run_id: str) -> bool:
        return self._machine.is_abandoned(run_id)

    def cancel(self, run_id: str) -> None:
        if not runs.is_over(self._machine, self.history.outline(run_id)):
            runs.stop(self._machine, run_id, abandoned=self._machine.is_abandoned(run_id))

    def retry(self, run_id: str) -> str:
        again = self._machine.retry(run_id).run_id
        self._retried.append(again)
        return again

    def unfinished(self) -> list[str]:
        """Of those that were retried here, the ones that still go on and that nobody else keeps going."""
        if not self._retried or not self._machine.is_alone():
            return []
        known = [self.history.outline(run_id) for run_id in dict.fromkeys(self._retried)]
        return [str(run["run_id"]) for run in known if not runs.is_over(self._machine, run)]


class Deployment:
    """Implements ``console.place.Place``, with what the operator's own credentials allow."""

    name = "AWS"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.clock: Clock = engine.clock
        self.history: Browsing = engine.history

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Deployment:
        """Raises ``SettingsError``, which names what the environment lacks."""
        from execution_engine.wiring import Engine

        engine = Engine(environ)
        engine.settings.need("orders_table", "order_events_table", "locks_table", "internal_bucket")
        return cls(engine)

    def is_abandoned(self, run_id: str) -> bool:
        return False  # whoever works on it there is no command of ours

    def cancel(self, run_id: str) -> None:
        self._engine.cancellation.cancel(run_id)

    def retry(self, run_id: str) -> str:
        return str(self._engine.retry.retry(run_id)["run_id"])
