"""Which way of showing progress fits standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from execution_engine.cli.calm import CalmLines
from execution_engine.cli.follower import Progress
from execution_engine.cli.output import Output


def progress(output: Output, begun: float) -> Progress:
    """A table on a terminal that can move its cursor; elsewhere calm lines."""
    if not sys.stderr.isatty():
        return CalmLines(output, begun)
    from rich.console import Console

    from execution_engine.cli.live import LiveTable

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        return CalmLines(output, begun)
    return LiveTable(console, begun)


@contextmanager
def busy(what: str) -> Iterator[None]:
    """A spinner on a terminal while ``what`` goes on; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} …"):
        yield
