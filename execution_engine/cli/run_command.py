"""``run JOB`` and ``wait RUN``: from a job, or a run, to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from execution_engine.cli import credentials, exits, job_files, runs, simulated
from execution_engine.cli.board import Board
from execution_engine.cli.calls import Call
from execution_engine.cli.follower import Follower
from execution_engine.cli.interrupts import Interrupts
from execution_engine.cli.machine import Machine, Submitted
from execution_engine.cli.outcome import tell
from execution_engine.cli.progress import busy, progress
from execution_engine.cli.wording import counted

Code = tuple[str, BinaryIO]


def run(call: Call, path: Path, code: Path | None, instances: str | None = None, given: Path | None = None) -> int:
    """``given``: a file of credentials. Nothing is started, not even the machine, for a job that is not right, code
    that can't be packed, and instances or credentials that can't be understood."""
    file = job_files.load(path)
    declaration = _instances(call, file, instances)
    known = credentials.read(call, given)
    with _code(call, file, code, given) as packed, call.machine() as (machine, interrupts):
        begun = machine.clock.now()
        simulated.declare(call, machine, declaration)
        simulated.warn(call, machine, file.job)
        accepted = _submit(call, machine, file, packed, known, interrupts)
        call.output.about = {"run_id": accepted.run_id, "trace_id": accepted.trace_id}
        orders = counted(len(file.job.orders), "order")
        call.output.say(f"run {accepted.run_id}, {orders}, trace {accepted.trace_id}")
        with progress(call.output, begun) as shown:
            board = Board.of_job(file.job)
            Follower(machine, board, shown, interrupts).until_done(accepted.run_id)
        seconds, interrupted = machine.clock.now() - begun, interrupts.asked
        status = tell(machine, call.output, accepted.run_id, seconds=seconds, base=call.base)
        return exits.INTERRUPTED if interrupted else exits.of_status(status)


def _instances(call: Call, file: job_files.JobFile, spec: str | None) -> simulated.Declaration | None:
    declaration = simulated.read_for(file.path, file.job, spec)
    if spec is not None and file.job.door != "ssm":
        call.output.say("--instances is not used: no order runs on instances")
        return None
    return declaration


def _submit(
    call: Call,
    machine: Machine,
    file: job_files.JobFile,
    packed: Code | None,
    known: credentials.Credentials | None,
    interrupts: Interrupts,
) -> Submitted:
    with ExitStack() as stored, busy("submitting"):
        document = file.document
        if packed is not None:
            document = file.with_code(stored.enter_context(machine.stored_code(*packed)))
        stored.enter_context(credentials.lent(call, machine, known))
        interrupts.gently()  # an interrupt from here on must not leave behind a run that nobody knows
        return machine.submit(document, file.job.door)


def wait(call: Call, run_id: str) -> int:
    """Goes on with a run that was abandoned, else only watches: an interrupt ends the waiting, not the run."""
    with call.machine() as (machine, interrupts):
        if not runs.is_over(machine, runs.known(call, machine, run_id)):
            if machine.is_abandoned(run_id):
                call.output.say(runs.TAKEN_UP.format(run_id=run_id))
                machine.take_up(run_id)
            runs.follow(call, machine, interrupts, run_id)
        seconds = runs.seconds(machine.history.outline(run_id))
        return exits.of_status(tell(machine, call.output, run_id, seconds=seconds, base=call.base))


@contextmanager
def _code(call: Call, file: job_files.JobFile, chosen: Path | None, secret: Path | None) -> Iterator[Code | None]:
    """The folder's code as an archive, or None if no order needs it. ``secret``: a file that is no part of it."""
    if not file.without_code:
        if chosen is not None:
            call.output.say("--code is not used: every order names its own code")
        yield None
        return
    folder = chosen if chosen is not None else file.path.absolute().parent
    # Code lies unencrypted in the bucket, variables must not; and the state of the machine is no code.
    hidden = [path for path in (file.path if file.holds_variables else None, secret) if path is not None]
    without = [call.state_folder, *hidden]
    with ExitStack() as kept:
        with busy("packing the code"):
            archive = kept.enter_context(job_files.packed(folder, chosen=chosen is not None, without=without))
        yield archive
