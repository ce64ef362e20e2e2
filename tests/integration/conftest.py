"""One embedded AWS for all whole jobs; tests that tune or stop theirs make their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from integration.machine import Machine
from integration.view import View

LONGEST = ("test_kill.py", "test_big_and_dirty.py", "test_credentials_jobs.py", "test_serve.py", "test_instances.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that no process is left with one of them in the end."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


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
