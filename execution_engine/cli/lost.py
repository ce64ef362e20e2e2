"""What is told of a run whose records were lost with the embedded AWS that kept them. Pure."""

from __future__ import annotations

from typing import Any

from execution_engine.cli.wording import counted, moment, words


def lines(run_id: str, remains: dict[str, Any]) -> list[str]:
    """``remains`` as ``Machine.remains`` answers. The first line says it all, the others what is known."""
    killed = remains["killed"]
    when = f"started {moment(killed['started_at'])}, last heard of {moment(killed['last_heard_at'])} UTC"
    told = [
        f"the records of run {run_id} are lost: the embedded AWS that kept them was killed ({when})",
        f"it was submitted with {counted(remains['submitted'], 'order')}; of these is known:",
        *(_order(order) for order in remains["orders"]),
    ]
    if remains["never_started"]:
        told.append(f"  {counted(remains['never_started'], 'order')} never started")
    return [*told, "the run can be neither continued nor retried: submit its job again"]


def _order(order: dict[str, Any]) -> str:
    name = f"{order['order_num']} {order['order_name'] or ''}".rstrip()
    attempt = f" (attempt {order['attempt']})" if order["attempt"] > 1 else ""
    log = f"; its log: {order['log']}" if order["log"] else ""
    return f"  {name}{attempt} started {moment(order['claimed_at'])}, {_ending(order)}{log}"


def _ending(order: dict[str, Any]) -> str:
    if order["status"] is None:
        return "was cut off without a result"
    why = order["reason"] or ("" if order["exit_code"] is None else f"exit {order['exit_code']}")
    return words(order["status"]) + (f" ({why})" if why else "")
