"""``--credentials FILE``: what a job's credential locations hold on this machine, for one submission.

The file is YAML or JSON: ``{"ssm": {"/prod/api-token": "value"}, "secretsmanager": {"prod/db": {"DB_USER": "app"}}}``.
A value is text, or an object that is stored as JSON. Messages name places, never values.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from execution_engine.errors import Fault, JobRefused
from execution_engine.jobs.faults import Faults, kind, place, shown
from execution_engine.jobs.job_file import read_job_file

if TYPE_CHECKING:
    from execution_engine.cli.calls import Call
    from execution_engine.cli.machine import Machine

STORES = ("ssm", "secretsmanager")
FILE_LIMIT = 4 * 1024 * 1024

_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_LOCATION = re.compile(r"ssm_paths|secret_manager_paths|_location$|sops_key_ssm_path")
_ABSENT = "does not exist"
_POSITION = re.compile(r"line \d+,? column \d+")


@dataclass(frozen=True, slots=True)
class Credentials:
    """``values``: by store, then by name."""

    path: Path
    values: Mapping[str, Mapping[str, str]] = field(repr=False)


def read(call: Call, path: Path | None) -> Credentials | None:
    """None if no file was named. Raises ``JobRefused``, all faults. Warns of a file that others can read."""
    if path is None:
        return None
    faults = Faults()
    document = _document(path, faults)
    values: dict[str, dict[str, str]] = {store: {} for store in STORES}
    for store, entries in document.items():
        where = f"{path}: {shown(str(store))}"
        if store not in STORES:
            faults.add(where, f"is no store of this machine; there are {' and '.join(STORES)}")
        elif not isinstance(entries, dict):
            faults.add(where, f"must be an object of names and values, not {kind(entries)}")
        else:
            values[str(store)] = dict(_entries(where, entries, faults))
    faults.raise_if_any()
    if path.stat().st_mode & _OTHERS_READ:
        call.output.say(f"warning: others on this machine can read {path}; chmod 600 {path}")
    return Credentials(path, values)


@contextmanager
def lent(call: Call, machine: Machine, credentials: Credentials | None) -> Iterator[None]:
    """They are where a submission reads them until the context ends. Raises ``JobRefused``."""
    from execution_engine.local.lent import NotLent

    if credentials is None:
        try:
            yield
        except JobRefused as refused:
            if any(_LOCATION.search(fault.where) and _ABSENT in fault.message for fault in refused.faults):
                call.output.say("credentials that are not in this machine's AWS are given by --credentials FILE")
            raise
        return
    with ExitStack() as there:
        try:
            there.enter_context(machine.lent(credentials.values["ssm"], credentials.values["secretsmanager"]))
        except NotLent as error:
            where = place(f"{credentials.path}: {error.store}", shown(error.name))
            raise JobRefused([Fault(where, str(error))]) from None
        yield


def _document(path: Path, faults: Faults) -> dict[object, object]:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
        if len(data) > FILE_LIMIT:
            raise ValueError(f"it is larger than {FILE_LIMIT:,} bytes")
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(str(path), f"is no UTF-8 at byte {error.start:,}")
        return {}
    except (OSError, ValueError) as error:
        faults.add(str(path), f"can't be read: {getattr(error, 'strerror', None) or error}")
        return {}
    try:
        found = read_job_file(text)
    except JobRefused as refused:
        for fault in refused.faults:
            faults.add(str(path), _without_quotes(fault.message))
        return {}
    if not isinstance(found, dict):
        faults.add(str(path), f"must be an object with {' and '.join(STORES)}, not {kind(found)}")
        return {}
    return found


def _without_quotes(message: str) -> str:
    """What readers of YAML say may quote what they read; a key that is there twice is a name."""
    if message.startswith("the key "):
        return message
    at = _POSITION.search(message)
    return "is neither YAML nor JSON" + (f" ({at[0]})" if at else "")


def _entries(where: str, entries: Mapping[object, object], faults: Faults) -> Iterator[tuple[str, str]]:
    for name, value in entries.items():
        here = place(where, shown(str(name)))
        if not isinstance(name, str) or not name:
            faults.add(here, "the name must be text (put it in quotes)")
        elif not isinstance(value, str | dict) or not value:
            got = "nothing" if value in (None, "", {}) else kind(value)
            faults.add(here, f"the value must be text (put numbers in quotes) or an object, not {got}")
        else:
            try:
                yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)
            except (TypeError, ValueError, RecursionError):
                faults.add(here, "the object can't be written as JSON; put dates and the like in quotes")
