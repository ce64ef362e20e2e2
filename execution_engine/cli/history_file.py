"""``history TRACE --export FILE``: a trace as a file, to keep or to attach to a ticket."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from execution_engine.cli import exits
from execution_engine.cli.calls import Call, WrongUsage
from execution_engine.cli.machine import Machine
from execution_engine.cli.wording import counted
from execution_engine.console.lines import write_lines

Write = Callable[[Machine, str, str | None, TextIO], int]

FORMS = (".jsonl", ".html")

MISSING = (
    "an .html export needs {}: pip install 'aws-execution-engine[console]' (in a clone: pip install '.[console]'); "
    ".jsonl needs nothing"
)


def export(call: Call, trace_id: str, order_name: str | None, path: Path) -> int:
    """``path`` ends in what it is to be: each event as a line of JSON, or a page with the graph, the timeline and the
    logs. A file that is there already is replaced, once all is written."""
    if path.suffix.lower() not in FORMS:
        raise WrongUsage(f"--export {path} has to end in .jsonl (each event a line) or .html (a page)")
    write = _write_page() if path.suffix.lower() == ".html" else _write_lines
    with call.machine() as (machine, _), _replacing(path) as file:
        count = write(machine, trace_id, order_name, file)
    if call.output.as_json:
        call.output.document({"file": str(path), "events": count})
    else:
        call.output.say(f"{counted(count, 'event')} in {path}")
    return exits.SUCCEEDED


def _write_lines(machine: Machine, trace_id: str, order_name: str | None, file: TextIO) -> int:
    return write_lines(machine.history, trace_id, order_name, file)


def _write_page() -> Write:
    try:
        from execution_engine.console.export import write_page
    except ModuleNotFoundError as missing:
        raise WrongUsage(MISSING.format(missing.name)) from missing

    def write(machine: Machine, trace_id: str, order_name: str | None, file: TextIO) -> int:
        return write_page(machine.history, trace_id, order_name, machine.clock.now(), file)

    return write


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """Nobody finds half a file. It is readable as any new file is."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise WrongUsage(f"--export {path} can't be written: {error.strerror}") from error
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            yield file
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
