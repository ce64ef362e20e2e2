"""What commands on a run have in common: it is there or its records were lost, it goes on, ended, or was
abandoned by whoever worked on it."""

from __future__ import annotations

from typing import Any

from execution_engine.cli import lost
from execution_engine.cli.board import Board
from execution_engine.cli.calls import Call
from execution_engine.cli.follower import Follower
from execution_engine.cli.interrupts import Interrupts
from execution_engine.cli.machine import Machine, RunLost
from execution_engine.cli.progress import progress
from execution_engine.errors import NotFound

ABANDONED = (
    "whoever worked on run {run_id} was killed or left before its end. What ran is lost, what had not started does "
    "not start any more; bringing it to its end"
)
LEFT = "whoever followed run {run_id} was killed or left before its end. Ending it in good order"
TAKEN_UP = "whoever worked on run {run_id} was killed or left before its end. What ran is lost; going on with the rest"

TAKE_UP_LIMIT = 10.0
"""Seconds in which ``wait``, once it is there, has begun to go on with a run."""


def known(call: Call, machine: Machine, run_id: str) -> dict[str, Any]:
    """The run's outline. Raises ``NotFound``, or ``RunLost`` with all that is known."""
    try:
        run = machine.history.outline(run_id)
    except NotFound:
        remains = machine.remains(run_id)
        if remains is None:
            raise
        call.output.about = {"run_id": run_id, "lost": remains}
        raise RunLost("\n".join(lost.lines(run_id, remains))) from None
    call.output.about = {"run_id": run_id, "trace_id": run["trace_id"]}
    return run


def is_over(machine: Machine, run: dict[str, Any]) -> bool:
    return run["completed_at"] is not None and machine.is_done(run["run_id"])


def follow(call: Call, machine: Machine, interrupts: Interrupts, run_id: str) -> None:
    """Shows what happens from now on until the run is over."""
    run = machine.history.run(run_id)
    with progress(call.output, run["created_at"]) as shown:
        Follower(machine, Board.of_run(run), shown, interrupts).until_done(run_id, since=run["last_epoch"])


def end_if_abandoned(call: Call, machine: Machine, interrupts: Interrupts, run: dict[str, Any]) -> None:
    """Whoever asks about a run does not want more of it to happen: what did not start is cancelled, and so is
    what would be cut off when this command leaves."""
    run_id = run["run_id"]
    if is_over(machine, run):
        return
    abandoned = _stays_abandoned(machine, run_id)
    if not abandoned and not machine.is_alone():
        return  # another command follows it
    call.output.say((ABANDONED if abandoned else LEFT).format(run_id=run_id))
    stop(machine, run_id, abandoned=abandoned)
    follow(call, machine, interrupts, run_id)
    call.output.say(f"run {run_id} has ended; to run again what did not succeed:\n  {call.base} retry {run_id}")


def _stays_abandoned(machine: Machine, run_id: str) -> bool:
    """Another command that is there may be just about to go on with it."""
    until = machine.clock.now() + TAKE_UP_LIMIT
    while machine.is_abandoned(run_id):
        if machine.is_alone() or machine.clock.now() >= until:
            return True
        machine.clock.sleep(0.2)
    return False


def stop(machine: Machine, run_id: str, *, abandoned: bool) -> None:
    """The stop comes first, so that nothing new starts."""
    machine.cancel(run_id)
    if abandoned:
        machine.take_up(run_id)


def seconds(run: dict[str, Any]) -> float:
    """From its submission to its end."""
    return float((run["completed_at"] or run["created_at"]) - run["created_at"])
