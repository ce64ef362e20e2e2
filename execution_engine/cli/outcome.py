"""How a run ended: for the person what failed and why, or one JSON document (contract section 6)."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import Any

from execution_engine.cli import instances
from execution_engine.cli.machine import Machine
from execution_engine.cli.output import Output
from execution_engine.cli.wording import counted, last_lines, plain, words

LOG_LIMIT = 64 * 1024
"""Bytes of each order's log in the JSON document."""

TAIL_LINES = 20
TAILS = 10
"""So many failed orders are shown with the end of their logs, and so many failed instances of each."""

NAMED = 30
"""So many more are named, of orders and of an order's instances."""

_INDENT = "  "


def tell(machine: Machine, output: Output, run_id: str, *, seconds: float, base: str) -> str:
    """Shows the end of a run that is done; the job's status. ``base``: how every command begins."""
    if output.as_json:
        return _document(machine, output, run_id)
    run = machine.history.run(run_id)
    failed = [order for order in run["orders"] if order["status"] in ("failed", "timed_out")]
    ran = [order for order in failed if order["attempt"]]
    logged, more = ran[:TAILS], [order for order in ran[TAILS:] if not order.get("instances")]
    for line in ends([order for order in run["orders"] if order.get("instances") and order not in logged]):
        output.say(line)
    for order in logged:
        _tell_order(machine, output, run_id, order)
    for line in unshown(more, [order for order in failed if not order["attempt"]]):
        output.say(line)
    for why in run.get("unreadable", ()):
        output.say(why)
    summary = ", ".join(f"{count} {words(name)}" for name, count in run["summary"].items() if count)
    output.say(f"{words(run['status'])}: {summary or 'nothing ran'}, in {seconds:.1f} s")
    output.say(f"run   {run_id}\ntrace {run['trace_id']}")
    for command in further(run, ran, base):
        output.say(f"  {command}")
    return str(run["status"])


def further(run: dict[str, Any], failed: list[dict[str, Any]], base: str) -> list[str]:
    """The commands that tell more, as they can be typed."""
    shown = failed or run["orders"]
    name = shown[0]["order_name"] if shown else "ORDER"
    told = shown[0].get("instances", []) if shown else []
    one = f" --instance {(instances.unsuccessful(told) or told)[0]['instance_id']}" if len(told) > 1 else ""
    return [
        f"{base} logs {run['run_id']} {name}{one}",
        f"{base} status {run['run_id']}",
        f"{base} history {run['trace_id']}",
        *([] if run["status"] == "succeeded" else [f"{base} retry {run['run_id']}"]),
    ]


def ends(orders: list[dict[str, Any]]) -> list[str]:
    """How orders ended on their instances, without any log."""
    told: list[str] = []
    for order in orders[:NAMED]:
        shown, hidden = instances.choose(order["instances"], NAMED)
        rows = [line for row in instances.rows(shown, indent=_INDENT, columns=_columns()) for line in row]
        told += [_headline(order), *rows, *([f"{_INDENT}{hidden}"] if hidden else [])]
    if len(orders) > NAMED:
        told.append(f"and {counted(len(orders) - NAMED, 'more order')} on instances")
    return told


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
    if order.get("instances"):
        _tell_instances(machine, output, run_id, order)
        return
    for line in _tail(machine.history.log_end(run_id, order["order_num"], LOG_LIMIT)):
        output.say(f"  {line}")


def _tell_instances(machine: Machine, output: Output, run_id: str, order: dict[str, Any]) -> None:
    """Each with its outcome; those that did not succeed with the end of what they wrote, but for what is said of them
    anyway."""
    shown, hidden = instances.choose(order["instances"], NAMED)
    with_log = [one["instance_id"] for one in instances.unsuccessful(shown)][:TAILS]
    rows = instances.rows(shown, indent=_INDENT, columns=_columns())
    for one, row in zip(shown, rows, strict=True):
        name, log = one["instance_id"], ""
        if name in with_log:
            log = machine.history.log_end(run_id, order["order_num"], LOG_LIMIT, name)
        tail = [] if plain(log) == instances.message(one) else _tail(log)
        for line in [*row, *(f"{_INDENT}  {line}" for line in tail)]:
            output.say(line)
    if hidden:
        output.say(f"{_INDENT}{hidden}")


def _tail(log: str) -> list[str]:
    return [f"│ {line}" for line in last_lines(log, TAIL_LINES)] if log else []


def _columns() -> int:
    return shutil.get_terminal_size().columns


def _headline(order: dict[str, Any]) -> str:
    exit_code = order["exit_code"]
    failed = order["status"] != "succeeded"
    why = order["reason"] or (f"exit {exit_code}" if failed and exit_code is not None else "")
    notes = [note for note in (why, "" if order["must_succeed"] else "optional") if note]
    told = order.get("instances", ())
    on = f", {instances.count(told)}" if len(told) > 1 else ""
    return f"{order['order_name']} {words(order['status'])}" + (f" ({', '.join(notes)})" if notes else "") + on
