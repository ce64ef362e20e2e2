"""One embedded AWS for all whole jobs; tests that tune or stop theirs make their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from integration.machine import Machine
from integration.view import View


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, View]]:
    """With a short grace, so that what won't end is soon killed."""
    machine = Machine(tmp_path_factory.mktemp("machine"), grace="1")
    with machine.aws() as aws:
        yield machine, View(aws.settings)


@pytest.fixture(scope="session")
def machine(shared: tuple[Machine, View]) -> Machine:
    return shared[0]


@pytest.fixture(scope="session")
def view(shared: tuple[Machine, View]) -> View:
    return shared[1]
