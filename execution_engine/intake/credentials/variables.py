"""The variables that a fetched value gives a command, judged as a caller's own are. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from execution_engine.intake.credentials.fetcher import Fetched
from execution_engine.intake.credentials.values import Plain, Unusable, contents
from execution_engine.jobs.environment_rules import name_refusal, value_refusal
from execution_engine.jobs.faults import shown


class Judged(NamedTuple):
    """``wrong``: if there is anything, the values are not to be used."""

    values: Mapping[str, str]
    wrong: tuple[str, ...]


def variable_name(name: str) -> str:
    """``API_TOKEN`` of ``/prod/api-token``; the version or label of a parameter (``:3``) is no part of it."""
    last = name.rstrip("/").rpartition("/")[2].partition(":")[0]
    return re.sub(r"[^A-Za-z0-9_]", "_", last).upper()


def variables(fetched: Fetched) -> Judged:
    """Never raises. What is wrong names variables, never values; each goes on where the location was named."""
    try:
        found = contents(fetched.value)
    except Unusable as unusable:
        return Judged({}, (str(unusable),))
    if isinstance(found, Plain):
        made: Mapping[str, str] = {variable_name(fetched.name): found.text}
        hint = "; store it as a JSON object, whose key names the variable"
    else:
        made, hint = found.values, ""
    wrong = tuple(
        f"gives the variable {shown(name)}, which {refusal}{hint}"
        for name, value in made.items()
        if (refusal := name_refusal(name) or value_refusal(name, value))
    )
    return Judged(MappingProxyType(dict(made)), wrong)
