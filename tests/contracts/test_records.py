from __future__ import annotations

import pytest
from contracts.aws import Aws
from contracts.moves_contract import MovesContract
from contracts.records_backend import InMemory, OnAws
from contracts.records_contract import RowsContract
from contracts.repairs_contract import RepairsContract
from contracts.runs_contract import RunsContract


class TestInMemory(RowsContract, MovesContract, RunsContract, RepairsContract):
    @pytest.fixture
    def backend(self) -> InMemory:
        return InMemory()


class TestOnDynamoDb(RowsContract, MovesContract, RunsContract, RepairsContract):
    @pytest.fixture
    def backend(self, aws: Aws) -> OnAws:
        return OnAws(aws)
