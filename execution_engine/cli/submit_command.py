"""``submit JOB --api URL``: hands a job to an API, and says what became of it there."""

from __future__ import annotations

from pathlib import Path

from execution_engine.cli import exits, job_files
from execution_engine.cli.calls import Call, WrongUsage
from execution_engine.cli.progress import busy
from execution_engine.cli.wording import counted


def submit(call: Call, path: Path, key: str | None, code: Path | None) -> int:
    """The job is checked here first: one that is not right is not sent. Prints the run_id; with ``--json`` the
    answer."""
    from execution_engine.cli.remote_machine import open_remote

    if call.api is None:
        raise WrongUsage("submit needs --api URL (a deployment's, or that of `serve`); `run` runs a job here")
    if code is not None:
        raise WrongUsage("--code is for `run`: an API takes no code; name it in the job, by git_repo or s3_location")
    file = job_files.load(path)
    if file.without_code:
        which = counted(len(file.without_code), "order")
        call.output.say(f"{which} without git_repo and s3_location: commands alone, no file of this machine is sent")
    with open_remote(call.api) as machine, busy("submitting"):
        answer = machine.taken(file.document, file.job.door, key)
    run_id, trace_id = answer["run_id"], answer["trace_id"]
    call.output.about = {"run_id": run_id, "trace_id": trace_id}
    again = ", submitted before" if answer.get("replayed") else ""
    call.output.say(f"run {run_id}, {counted(len(file.job.orders), 'order')}, trace {trace_id}{again}")
    for command in (f"wait {run_id}", f"status {run_id}", f"history {trace_id}"):
        call.output.say(f"  {call.base} {command}")
    if call.output.as_json:
        call.output.document(answer)
    else:
        call.output.text(str(run_id))
    return exits.SUCCEEDED
