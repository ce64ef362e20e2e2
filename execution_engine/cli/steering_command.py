"""``cancel RUN`` and ``retry RUN``: ends a run early, and runs again what did not succeed."""

from __future__ import annotations

from pathlib import Path

from execution_engine.cli import credentials, exits, runs, simulated
from execution_engine.cli.calls import Call
from execution_engine.cli.interrupts import Interrupts
from execution_engine.cli.machine import Machine, Submitted
from execution_engine.cli.outcome import tell
from execution_engine.cli.progress import busy
from execution_engine.cli.wording import counted, words


def cancel(call: Call, run_id: str) -> int:
    """Asks, and waits until the run is over; how it ended then does not matter. An interrupt ends the waiting."""
    with call.machine() as (machine, interrupts):
        run = runs.known(call, machine, run_id)
        if runs.is_over(machine, run):
            call.output.say(f"run {run_id} is over already: {words(run['status'])}")
        else:
            abandoned = machine.is_abandoned(run_id)
            if abandoned:
                call.output.say(runs.ABANDONED.format(run_id=run_id))
            runs.stop(machine, run_id, abandoned=abandoned)
            runs.follow(call, machine, interrupts, run_id)
        seconds = runs.seconds(machine.history.outline(run_id))
        tell(machine, call.output, run_id, seconds=seconds, base=call.base)
        return exits.SUCCEEDED


def retry(call: Call, run_id: str, instances: str | None = None, given: Path | None = None) -> int:
    """Shows, waits and exits as ``run`` does. Instances that were declared for the run still are; credentials are
    read again, so that their file is needed again."""
    declaration = simulated.read(instances)
    known = credentials.read(call, given)
    with call.machine() as (machine, interrupts):
        runs.end_if_abandoned(call, machine, interrupts, runs.known(call, machine, run_id))
        simulated.declare(call, machine, declaration)
        begun = machine.clock.now()
        accepted = _retried(call, machine, known, interrupts, run_id)
        again = machine.history.outline(accepted.run_id)
        call.output.about = {"run_id": accepted.run_id, "trace_id": accepted.trace_id}
        orders, of = counted(again["total"], "order"), again["retry_of"] or run_id
        call.output.say(f"run {accepted.run_id}, retry of {of}, {orders}, trace {accepted.trace_id}")
        runs.follow(call, machine, interrupts, accepted.run_id)
        seconds, interrupted = machine.clock.now() - begun, interrupts.asked
        status = tell(machine, call.output, accepted.run_id, seconds=seconds, base=call.base)
        return exits.INTERRUPTED if interrupted else exits.of_status(status)


def _retried(
    call: Call, machine: Machine, known: credentials.Credentials | None, interrupts: Interrupts, run_id: str
) -> Submitted:
    accepted = _ask(call, machine, known, interrupts, run_id)
    again = machine.history.outline(accepted.run_id)
    if runs.is_over(machine, again) or not machine.is_abandoned(accepted.run_id):
        return accepted
    # An earlier retry, that was itself abandoned: it is brought to its end, and what it left is run again.
    runs.end_if_abandoned(call, machine, interrupts, again)
    return _ask(call, machine, known, interrupts, run_id)


def _ask(
    call: Call, machine: Machine, known: credentials.Credentials | None, interrupts: Interrupts, run_id: str
) -> Submitted:
    with busy("submitting"), credentials.lent(call, machine, known):
        interrupts.gently()  # an interrupt from here on must not leave behind a run that nobody knows
        return machine.retry(run_id)
