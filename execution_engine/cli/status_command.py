"""``status RUN``: how a run stands. One that was abandoned is brought to its end first."""

from __future__ import annotations

import shutil
from typing import Any

from execution_engine.cli import exits, instances, runs
from execution_engine.cli.board import Board
from execution_engine.cli.calls import Call
from execution_engine.cli.wording import MARKS, duration, moment, words


def status(call: Call, run_id: str) -> int:
    with call.machine() as (machine, interrupts):
        runs.end_if_abandoned(call, machine, interrupts, runs.known(call, machine, run_id))
        run = machine.history.run(run_id)
        now = machine.clock.now()
    if call.output.as_json:
        call.output.document(run)
    else:
        call.output.text("\n".join(lines(run, now, shutil.get_terminal_size().columns)))
    return exits.SUCCEEDED


def lines(run: dict[str, Any], now: float, columns: int) -> list[str]:
    """The run's document as text, each order followed by the instances that it ended on."""
    stopping = f" (being stopped: {run['stop']})" if run["stop"] and run["completed_at"] is None else ""
    summary = ", ".join(f"{count} {words(name)}" for name, count in run["summary"].items() if count)
    end = "deadline" if run["completed_at"] is None else "ended"
    told = [
        f"run      {run['run_id']}",
        *([f"retry of {run['retry_of']}"] if run["retry_of"] else []),
        f"trace    {run['trace_id']}",
        f"flow     {run['flow_id']}",
        f"status   {words(run['status'])}{stopping}" + (f": {summary} of {run['total']}" if summary else ""),
        f"created  {moment(run['created_at'])} UTC",
        f"{end:<8} {moment(run['completed_at'] or run['deadline'])} UTC",
        "",
    ]
    board = Board.of_run(run)
    width = max((len(line.name) for line in board.lines.values()), default=0)
    for line in board.lines.values():
        elapsed = line.elapsed(now)
        notes = [
            "" if elapsed is None else duration(elapsed),
            line.target,
            line.why,
            f"attempt {line.attempt}" if line.attempt > 1 else "",
            "" if line.must_succeed else "optional",
        ]
        shown = "  ".join(note for note in notes if note)
        told.append(f"{line.num}  {line.name:<{width}}  {MARKS[line.state]} {words(line.state):<10}  {shown}".rstrip())
        for row in instances.rows(line.instances, indent=" " * 6, columns=columns):
            told += row
    return [*told, *run.get("unreadable", ())]
