"""The target as a deployment makes it."""

from __future__ import annotations

from typing import Any

import pytest
from contracts.targets_contract import reserved
from fakes.fleet import RUN
from fakes.time_and_ids import FakeClock
from unit.intake.stand import signer

from execution_engine.bundles.members import read_members
from execution_engine.errors import SettingsError
from execution_engine.settings import Settings
from execution_engine.targets.context import TargetContext
from execution_engine.targets.registry import Targets
from execution_engine.targets.ssm.target import SsmTarget, _write_launch, ssm_target


def context(**environment: str) -> tuple[TargetContext, list[str]]:
    asked: list[str] = []

    def client(service: str) -> Any:
        asked.append(service)
        return signer()

    settings = Settings.from_environment({f"AWS_EXE_SYS_{name}": value for name, value in environment.items()})
    return TargetContext(settings, {}, client, FakeClock()), asked


def test_without_a_document_there_is_no_such_target() -> None:
    assert ssm_target(context(INTERNAL_BUCKET="internal")[0]) is None


def test_what_else_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="AWS_EXE_SYS_INTERNAL_BUCKET is not set"):
        ssm_target(context(SSM_DOCUMENT="engine-run")[0])


def test_it_is_found_under_its_name_and_asks_ssm_only_for_something() -> None:
    made, asked = context(SSM_DOCUMENT="engine-run", INTERNAL_BUCKET="internal")
    target = Targets(made)["ssm"]
    assert isinstance(target, SsmTarget)
    target.stop(reserved(RUN))
    assert set(asked) == {"s3"}


def test_what_is_launched_is_the_agent() -> None:
    data = _write_launch({"format": 1})
    assert read_members(data, ["launch.json"]) == {"launch.json": b'{"format":1}'}
    assert read_members(data, ["__main__.py"])["__main__.py"]
