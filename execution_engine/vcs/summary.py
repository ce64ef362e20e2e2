"""One run as Markdown for a pull request: its status, its orders, and the end of the logs of what failed. Pure.

Reads a run's document as ``status RUN --json`` prints it. Whatever the document holds, the summary has at most
``LENGTH`` characters, and nothing in it is obeyed: no markup, mention, reference or link but the summary's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from execution_engine.vcs import markdown
from execution_engine.vcs.summary_table import MARKS, ROWS_LENGTH, Order, chosen, instances, outcomes, table, why, words

LENGTH = 60_000
"""Characters: below GitHub's limit with room for the tag, so that no summary is cut in its middle."""

LINES = 50
LOG_LENGTH = 6_000
"""So much of the end of a log is shown."""

NAMED_LIMIT = 64


LogKey = tuple[str, str | None]
"""An order's number, and the instance where it ran on several."""


def wanted_logs(run: Mapping[str, Any]) -> list[LogKey]:
    """Whose logs say why the run is as it is: of orders that ran and did not succeed, the required ones first, and of
    those on instances only of the instances that did not."""
    return [(order["order_num"], None if one is None else one["instance_id"]) for order, one in _failures(run)]


def _failures(run: Mapping[str, Any]) -> list[tuple[Order, Order | None]]:
    failed = [order for order in run["orders"] if order["status"] in ("failed", "timed_out") and order["attempt"]]
    found: list[tuple[Order, Order | None]] = []
    for order in sorted(failed, key=lambda order: not order["must_succeed"]):
        ones = [one for one in outcomes(order) if one["status"] != "succeeded"]
        found += [(order, one) for one in ones] or [(order, None)]
    return found


def summary(run: Mapping[str, Any], logs: Mapping[LogKey, str]) -> str:
    """``logs``: the end of each of ``wanted_logs``, as far as they were read; they are cleaned and cut here."""
    orders: Sequence[Order] = run["orders"]
    shown = chosen(orders, ROWS_LENGTH)
    parts = [
        f"### {MARKS.get(run['status'], '▶️')} {markdown.code(label(run), NAMED_LIMIT)} {words(run['status'])}",
        _counts(run),
        table(shown),
        *_unshown(orders, shown),
        *(markdown.code(line, 300) for line in run.get("unreadable", ())[:5]),
        *instances(shown),
    ]
    end = _end(run)
    room = LENGTH - sum(len(part) + 2 for part in parts) - len(end) - 100
    return "\n\n".join([*parts, *_logs(_failures(run), logs, room), end]) + "\n"


def label(run: Mapping[str, Any]) -> str:
    """The run's flow label: the last part of its ``flow_id``, behind the user's name and the trace."""
    return str(run["flow_id"]).removeprefix(f"{run['username']}:{run['trace_id']}-") or "run"


def _counts(run: Mapping[str, Any]) -> str:
    counted = Counter(str(order["status"]) for order in run["orders"])
    told = ", ".join(f"{counted[status]:,} {words(status)}" for status in MARKS if counted[status]) or "no orders"
    over = run["completed_at"] is not None
    took = f", in {seconds(run['completed_at'] - run['created_at'])}" if over else ""
    stopping = "" if over or not run["stop"] else f" (being stopped: {markdown.code(run['stop'], NAMED_LIMIT)})"
    return f"{told} of {run['total']:,}{took}{stopping}"


def seconds(duration: float) -> str:
    """``3.2 s``, ``4 min 05 s``, ``2 h 04 min``."""
    if duration < 60:
        return f"{max(0.0, duration):.1f} s"
    minutes, rest = divmod(round(duration), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left:02d} min" if hours else f"{minutes} min {rest:02d} s"


def _unshown(orders: Sequence[Order], shown: Sequence[Order]) -> Iterable[str]:
    rest = Counter(str(order["status"]) for order in orders)
    rest.subtract(str(order["status"]) for order in shown)
    told = ", ".join(f"{rest[status]:,} {words(status)}" for status in MARKS if rest[status] > 0)
    if told:
        yield f"and {len(orders) - len(shown):,} more: {told}"


def _logs(failures: Sequence[tuple[Order, Order | None]], logs: Mapping[LogKey, str], room: int) -> Iterable[str]:
    """As many as there is room for; how many are left out is said."""
    loud = [(order, one, log) for order, one in failures if (log := _read(logs, order, one)) != ""]
    for place, (order, one, log) in enumerate(loud):
        part = "" if log is None else _log(order, one, log)
        room -= len(part) + 2
        if not part or room < 0:
            yield f"and {len(loud) - place:,} more logs of what failed"
            return
        yield part


def _read(logs: Mapping[LogKey, str], order: Order, one: Order | None) -> str | None:
    """None: it was not read. Empty: it says nothing, or nothing that is not said anyway."""
    log = logs.get((order["order_num"], None if one is None else one["instance_id"]))
    if log is None:
        return None
    said = "" if one is None else (one["message"] or "").strip()
    return "" if log.strip() in ("", said) else log.strip("\n")


def _log(order: Order, one: Order | None, log: str) -> str:
    what = order if one is None else one
    on = "" if one is None else f" on {markdown.code(one['instance_id'], 128)}"
    reason = why(what)
    head = f"{MARKS[what['status']]} {markdown.code(order['order_name'])}{on} {words(what['status'])}"
    lines = _last(markdown.log_lines(log))
    return markdown.folded(head + (f": {reason}" if reason else ""), markdown.fenced(lines))


def _last(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    length = 0
    for line in reversed(lines[-LINES:]):
        length += len(line) + 1
        if length > LOG_LENGTH:
            break
        kept.append(line)
    return kept[::-1]


def _end(run: Mapping[str, Any]) -> str:
    names = {"run": run["run_id"], "retry of": run["retry_of"], "trace": run["trace_id"], "by": run["username"]}
    told = [f"{name} {markdown.code(str(value), 128)}" for name, value in names.items() if value]
    return f"<sub>{' · '.join(told)}</sub>"
