"""The jobs that newcomers meet first are jobs: those in ``examples/`` and those printed in the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from execution_engine.jobs.job_file import read_job_file
from execution_engine.jobs.specification import Job, door_of, parse_job

ROOT = Path(__file__).resolve().parents[3]


def documents() -> dict[str, str]:
    """Beside a job for instances lies what these are called on one machine: no job."""
    paths = [path for path in sorted((ROOT / "examples").glob("*.yaml")) if not path.stem.endswith(".instances")]
    found = {path.name: path.read_text("utf-8") for path in paths}
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return found | {f"README-{place}": block for place, block in enumerate(blocks, 1)}


def job(name: str) -> Job:
    document = read_job_file(documents()[name])
    return parse_job(document, door=door_of(document))


@pytest.mark.parametrize("name", [*documents()])
def test_it_is_accepted(name: str) -> None:
    assert job(name).orders


def test_they_are_found() -> None:
    assert {"hello.yaml", "self-check.yaml", "README-1"} <= documents().keys()


def test_the_self_check_is_real_work_that_one_machine_can_do() -> None:
    orders = job("self-check.yaml").orders
    assert len(orders) >= 6
    assert {order.execution_target for order in orders} == {"lambda"}
    assert any(not order.must_succeed for order in orders)
    assert sum(not order.dependencies for order in orders) >= 2, "nothing runs in parallel at its start"
