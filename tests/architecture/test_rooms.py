"""What the import contracts of setup.cfg can't say: the rooms that know nothing of the world."""

from __future__ import annotations

import pytest
from architecture.sources import Source, sources

PURE = ("jobs", "orders")
WORLD = ("boto3", "botocore", "pynamodb", "os", "pathlib", "shutil", "socket", "subprocess", "tempfile")


def worldly(source: Source) -> list[str]:
    return [
        f"execution_engine/{source.name}:{line} imports {name}: jobs and orders are pure values and decisions"
        for line, name in source.imports
        if name.partition(".")[0] in WORLD
    ]


@pytest.mark.parametrize("room", PURE)
def test_jobs_and_orders_know_nothing_of_the_world(room: str) -> None:
    of_the_room = [source for source in sources() if source.room == room]
    assert of_the_room
    found = [line for source in of_the_room for line in worldly(source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", ["import os.path", "from os import environ", "def f():\n    import boto3"])
def test_a_worldly_import_is_found(text: str) -> None:
    assert len(worldly(Source.parse(text))) == 1
