"""How an order ended on each of its instances, as text. Pure.

An instance is as ``history.documents.instance_documents`` has it.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from execution_engine.cli.wording import MARKS, counted, duration, plain, words

Instance = Mapping[str, Any]

WIDEST = 40
"""Columns for the ids; a longer id pushes the rest of its own line to the right."""

NARROWEST = 40


def count(instances: Collection[Instance]) -> str:
    """``3 instances: 2 succeeded, 1 failed``."""
    return f"{counted(len(instances), 'instance')}: {_statuses(instances)}"


def unsuccessful(instances: Collection[Instance]) -> list[Instance]:
    return [one for one in instances if one["status"] != "succeeded"]


def why(instance: Instance) -> str:
    """Why it did not succeed: a reason, an exit code, both, or nothing."""
    if instance["status"] == "succeeded":
        return ""
    code = instance["exit_code"]
    return ", ".join(part for part in (instance["reason"], "" if code is None else f"exit {code}") if part)


def message(instance: Instance) -> str:
    """What SSM or the engine says of it, on one line; mostly nothing."""
    return plain(instance["message"] or "")


def choose(instances: Sequence[Instance], most: int) -> tuple[list[Instance], str]:
    """At most so many, those that did not succeed before others, in the order they have; and in words the rest."""
    kept = {id(one) for one in [*unsuccessful(instances), *_successful(instances)][: max(0, most)]}
    hidden = [one for one in instances if id(one) not in kept]
    told = f"and {len(hidden):,} more: {_statuses(hidden)}" if hidden else ""
    return [one for one in instances if id(one) in kept], told


def rows(instances: Collection[Instance], *, indent: str, columns: int) -> list[list[str]]:
    """For each its line, and below that what is said of it, as wide as a terminal of so many ``columns``."""
    width = min(WIDEST, max((len(one["instance_id"]) for one in instances), default=0))
    return [[_line(one, indent, width), *_said(one, indent + "    ", columns)] for one in instances]


def _line(instance: Instance, indent: str, width: int) -> str:
    status = f"{MARKS[instance['status']]} {words(instance['status'])}"
    seconds = "" if instance["seconds"] is None else duration(instance["seconds"])
    notes = "  ".join(note for note in (seconds, why(instance)) if note)
    return f"{indent}{instance['instance_id']:<{width}}  {status:<11}  {notes}".rstrip()


def _said(instance: Instance, indent: str, columns: int) -> list[str]:
    return textwrap.wrap(
        message(instance), width=max(NARROWEST, columns), initial_indent=indent, subsequent_indent=indent
    )


def _successful(instances: Collection[Instance]) -> list[Instance]:
    return [one for one in instances if one["status"] == "succeeded"]


def _statuses(instances: Collection[Instance]) -> str:
    counts = Counter(one["status"] for one in instances)
    return ", ".join(f"{counts[status]:,} {words(status)}" for status in MARKS if counts[status])
