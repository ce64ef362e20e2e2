"""Draws the lifecycle from the one table that decides it: ``python -m execution_engine.orders.lifecycle``.

The drawing is ``docs/lifecycle.md`` (``make lifecycle``); a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from execution_engine.orders.machine import TRANSITIONS, Transition
from execution_engine.orders.status import Status

_HEAD = """\
# The lifecycle of an order

Drawn from `execution_engine/orders/machine.py` by `make lifecycle`; edit the table there, not this file.
"""


def draw(transitions: Sequence[Transition] = TRANSITIONS) -> str:
    """The lifecycle as Markdown: a mermaid state diagram, the table, and what is final."""
    final = [status for status in Status if not any(status in row.sources for row in transitions)]
    names = ", ".join(f"`{status}`" for status in final)
    parts = (
        _HEAD,
        "```mermaid\n" + "\n".join(_diagram(transitions, final)) + "\n```\n",
        "\n".join(_table(transitions)) + "\n",
        f"Final: {names}. Nothing leads out of them: a late result changes nothing and leaves no event.\n",
    )
    return "\n".join(parts)


def _diagram(transitions: Sequence[Transition], final: Sequence[Status]) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {Status.QUEUED}"
    for row in transitions:
        for source in row.sources:
            yield f"    {source} --> {row.target}: {row.trigger}"
    for status in final:
        yield f"    {status} --> [*]"


def _table(transitions: Sequence[Transition]) -> Iterator[str]:
    yield "| trigger | from | to | meaning |"
    yield "|---|---|---|---|"
    for row in transitions:
        yield f"| {row.trigger} | {', '.join(row.sources)} | {row.target} | {row.meaning} |"


if __name__ == "__main__":
    sys.stdout.write(draw())
