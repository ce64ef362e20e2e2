"""What tests of the records ask for, here and in the rooms that read them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contracts.aws import Aws, running
from contracts.examples import new_run_id


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running() as embedded:
        yield embedded


@pytest.fixture
def run_id() -> str:
    return new_run_id()
