"""How a run ended: for the person what failed and why, or one JSON document (contract section 6)."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

from execution_engine.cli.machine import Machine
from execution_engine.cli.output import Output
from execution_engine.cli.wording import counted, last_lines, words

LOG_LIMIT = 64 * 1024
"""Bytes of each order's log in the JSON document."""

TAIL_LINES = 20
TAILS = 10
"""So many failed orders are shown with the end of their logs."""

NAMED = 30
"""So many more are named."""


def tell(machine: Machine, output: Output, run_id: str, *, seconds: float, state: Path | None) -> str:
    """Shows the end of a run that is done; the job's status."""
    if output.as_json:
        return _document(machine, output, run_id)
    run = machine.history.run(run_id)
    failed = [order for order in run["orders"] if order["status"] in ("failed", "timed_out")]
    ran = [order for order in failed if order["attempt"]]
    for order in ran[:TAILS]:
        _tell_order(machine, output, run_id, order)
    for line in unshown(ran[TAILS:], [order for order in failed if not order["attempt"]]):
        output.say(line)
    for why in run.get("unreadable", ()):
        output.say(why)
    summary = ", ".join(f"{count} {words(name)}" for name, count in run["summary"].items() if count)
    output.say(f"{words(run['status'])}: {summary or 'nothing ran'}, in {seconds:.1f} s")
    output.say(f"run   {run_id}\ntrace {run['trace_id']}")
    for command in further(run, ran, state):
        output.say(f"  {command}")
    return str(run["status"])


def further(run: dict[str, Any], failed: list[dict[str, Any]], state: Path | None) -> list[str]:
    """The commands that tell more, as they can be typed."""
    shown = failed or run["orders"]
    name = shown[0]["order_name"] if shown else "ORDER"
    return [
        f"{base(state)} logs {run['run_id']} {name}",
        f"{base(state)} status {run['run_id']}",
        f"{base(state)} history {run['trace_id']}",
        *([] if run["status"] == "succeeded" else [f"{base(state)} retry {run['run_id']}"]),
    ]


def base(state: Path | None) -> str:
    """How every command begins."""
    return "execution-engine" + ("" if state is None else f" --state {shlex.quote(str(state))}")


def unshown(more: list[dict[str, Any]], unrun: list[dict[str, Any]]) -> list[str]:
    """What is said of failed orders whose logs are not shown, or that have none: ``more`` ran, ``unrun`` not."""
    lines = [_headline(order) for order in more[:NAMED]]
    if len(more) > NAMED:
        lines.append(f"and {len(more) - NAMED:,} more failed")
    for reason, count in Counter(str(order["reason"] or "no reason given") for order in unrun).items():
        lines.append(f"{counted(count, 'order')} never ran ({reason})")
    return lines


def _document(machine: Machine, output: Output, run_id: str) -> str:
    run = machine.history.outline(run_id)
    names = ["status", "run_id", "trace_id", "flow_id", "summary", *(["retry_of"] if run["retry_of"] else [])]
    results = machine.history.results(run_id, LOG_LIMIT)
    output.document({**{name: run[name] for name in names}, **results})
    return str(run["status"])


def _tell_order(machine: Machine, output: Output, run_id: str, order: dict[str, Any]) -> None:
    output.say(_headline(order))
    log = machine.history.log_end(run_id, order["order_num"], LOG_LIMIT)
    for line in last_lines(log, TAIL_LINES) if log else ():
        output.say(f"  │ {line}")


def _headline(order: dict[str, Any]) -> str:
    exit_code = order["exit_code"]
    why = order["reason"] or (f"exit {exit_code}" if exit_code is not None else "")
    notes = [note for note in (why, "" if order["must_succeed"] else "optional") if note]
    return f"{order['order_name']} {words(order['status'])}" + (f" ({', '.join(notes)})" if notes else "")
