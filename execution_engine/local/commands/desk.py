"""All commands of one embedded AWS: each instance runs what it is sent, so many of them at once."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from execution_engine.clock import Clock
from execution_engine.local.commands.command import Command
from execution_engine.local.commands.errors import StartFailed
from execution_engine.local.commands.floor import Floor
from execution_engine.local.commands.invocation import KILLED, Invocation
from execution_engine.local.commands.outcomes import Outcome
from execution_engine.local.instances import DENIED, OFFLINE, ONLINE, TERMINATED, Instance
from execution_engine.local.ticking import Ticking

KEPT = 300
"""How many commands are known of which nothing runs any more; AWS knows them for 30 days."""


class Desk(Ticking):
    """``at_once``: so many instances run something. ``second``: how many seconds those of delivery have.
    ``remembered``: what :meth:`abandon` answered to the embedded AWS before.

    An instance that is ``online`` has what it was sent, and waits for nothing but its turn. One that is ``offline``
    has until the command's TimeoutSeconds to come online; what it runs already, it runs. One that is ``terminated``
    takes everything it runs with it, and SSM hears of it no more than anybody: what had begun is InProgress until the
    command expires.
    """

    def __init__(
        self,
        floor: Floor,
        clock: Clock,
        instances: Callable[[], Mapping[str, Instance]],
        *,
        at_once: int = 16,
        second: float = 1.0,
        remembered: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__()
        self._floor = floor
        self._clock = clock
        self._instances = instances
        self._at_once = at_once
        self._second = second
        self._commands = {command.id: command for command in map(Command.of_record, remembered)}
        self._open: list[Invocation] = []

    def take(self, command: Command) -> dict[str, Any]:
        """SSM's ``Command``, as it is then."""
        with self._changed:
            self._commands[command.id] = command
            self._open += [one for one in command.invocations if not one.is_over]
            self._forget()
            self._tell()
            return command.describe()

    def commands(self) -> list[dict[str, Any]]:
        """SSM's ``Command``s, the newest first."""
        with self._changed:
            return [command.describe() for command in reversed(self._commands.values())]

    def invocations(self, command_id: str | None, instance_id: str | None, details: bool) -> list[dict[str, Any]]:
        """SSM's ``CommandInvocation``s: of one command, or of all, the newest first."""
        with self._changed:
            known = [self._commands[command_id]] if command_id in self._commands else []
            return [
                one.describe(details)
                for command in (reversed(self._commands.values()) if command_id is None else known)
                for one in command.invocations
                if instance_id in (None, one.instance_id)
            ]

    def invocation(self, command_id: str, instance_id: str) -> dict[str, Any] | None:
        """SSM's ``GetCommandInvocationResult``."""
        with self._changed:
            command = self._commands.get(command_id)
            found = command.of(instance_id) if command else None
            return found.describe_fully() if found else None

    def instances_of(self, command_id: str) -> list[str] | None:
        with self._changed:
            command = self._commands.get(command_id)
            return [one.instance_id for one in command.invocations] if command else None

    def cancel(self, command_id: str, instance_ids: Collection[str]) -> None:
        """Without a warning, as SSM's agent does it. What is over stays as it is."""
        with self._changed:
            for one in self._open:
                if one.command.id == command_id and one.instance_id in instance_ids and not one.is_over:
                    self._cut_off(one, Outcome.CANCELLED)
            self._tell()

    def pids(self) -> set[int]:
        """Of the processes that are scripts or care for what scripts started, each the leader of its own group."""
        with self._changed:
            return self._floor.pids()

    def close(self) -> None:
        """Likewise. What is below each script is noted once more, for whoever ends it."""
        with self._changed:
            super().close()
            self._floor.look_closely()

    def abandon(self) -> list[dict[str, Any]]:
        """After it was closed, and all processes are gone: what there is to remember for the next one."""
        why = "the embedded AWS was stopped, and what it ran with it"
        with self._changed:
            for one in self._open:
                if one.is_over:
                    continue
                begun = one.started_at is not None
                outcome = Outcome.FAILED if begun else Outcome.UNDELIVERABLE
                one.end(outcome, self._clock.now(), KILLED if begun else -1, why=why)
            self._open.clear()
            self._floor.clear()
            return [command.record() for command in list(self._commands.values())[-KEPT:]]

    def _look(self) -> None:
        self._open = [one for one in self._open if not one.is_over]
        instances = self._instances() if self._open else {}
        for invocation in self._open:
            instance = instances.get(invocation.instance_id)
            self._advance(invocation, instance.state if instance else TERMINATED)
        self._floor.look()

    def _is_busy(self) -> bool:
        return any(not one.is_over for one in self._open) or not self._floor.is_empty

    def _advance(self, one: Invocation, state: str) -> None:
        try:
            if self._floor.of(one) is not None:
                self._look_at(one, state)
            elif one.started_at is not None:
                self._expire(one, one.command.execution_timeout)
            elif state == DENIED:
                one.end(Outcome.ACCESS_DENIED, self._clock.now(), why="no right to this instance")
            elif state == TERMINATED:
                one.end(Outcome.UNDELIVERABLE, self._clock.now(), why="there is no such instance")
            elif state == OFFLINE:
                self._expire(one)
            elif state == ONLINE and len(self._floor) < self._at_once and not self._closed:
                self._start(one)
        except Exception as error:
            traceback.print_exc()
            if self._floor.of(one) is not None:
                self._floor.kill(one)
            one.end(Outcome.FAILED, self._clock.now(), why=f"{type(error).__name__}: {error}")

    def _start(self, one: Invocation) -> None:
        one.begin(self._clock.now())
        try:
            self._floor.start(one)
        except StartFailed as error:
            one.end(Outcome.FAILED, self._clock.now(), 1, ("", str(error)))

    def _look_at(self, one: Invocation, state: str) -> None:
        running = self._floor.of(one)
        assert running is not None and one.script is not None and one.started_at is not None
        if state == TERMINATED:
            self._floor.lose(one)
        elif (code := running.exit_code()) is not None:
            self._floor.let_go(one)
            one.end(Outcome.FAILED if code else Outcome.SUCCESS, self._clock.now(), code, running.printed())
        elif self._clock.now() - one.started_at >= one.script.timeout:
            self._cut_off(one, Outcome.EXECUTION_TIMED_OUT)

    def _cut_off(self, one: Invocation, outcome: Outcome) -> None:
        running = self._floor.of(one)
        if running is not None:
            self._floor.kill(one)
        begun = one.started_at is not None
        one.end(outcome, self._clock.now(), KILLED if begun else -1, running.printed() if running else ("", ""))

    def _expire(self, one: Invocation, longer: float = 0) -> None:
        """``longer``: seconds beyond those for its delivery."""
        command = one.command
        if self._clock.now() - command.requested_at >= command.timeout * self._second + longer:
            one.end(Outcome.DELIVERY_TIMED_OUT, self._clock.now())

    def _forget(self) -> None:
        over = [command.id for command in self._commands.values() if command.outcome.is_over]
        for command_id in over[:-KEPT]:
            del self._commands[command_id]
