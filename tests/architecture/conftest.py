"""A test that takes ``source`` runs once for each file of the package."""

from __future__ import annotations

import pytest
from architecture.sources import sources

AIM = 150
"""Lines. Files that outgrow it are named in every run; only the hard limit fails (test_files.py)."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "source" in metafunc.fixturenames:
        found = sources()
        metafunc.parametrize("source", found, ids=[source.name for source in found])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    long = sorted(((source.lines, source.name) for source in sources() if source.lines > AIM), reverse=True)
    if long:
        terminalreporter.section(f"files of more than {AIM} lines")
        for lines, name in long:
            terminalreporter.line(f"{lines:5d}  execution_engine/{name}")
