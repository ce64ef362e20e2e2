"""``launch.json``, written and read back."""

from __future__ import annotations

import json

import pytest
from contracts.examples import an_order
from fakes.fleet import RUN, write_launch

from execution_engine.bundles.manifest import Manifest
from execution_engine.bundles.members import read_members, write_members
from execution_engine.targets.ssm.launch import launch_document, read_launch, void_launch

MANIFEST = Manifest(
    run_id=RUN,
    order_num="0001",
    order_name="order-0001",
    trace_id="t",
    flow_id="f",
    cmds=("true",),
    timeout=5.0,
    variables=1,
    heartbeat=2.5,
)


def document(attempt: int = 1, retries: int = 0, environment: str | None = "https://x.org/e") -> dict[str, object]:
    return launch_document(
        an_order(RUN, attempt=attempt, retries=retries),
        MANIFEST,
        ["TOKEN"],
        not_after=7.5,
        environment=environment,
        code=None,
        renewal="https://x.org/r",
        instances={"web-2": {"claim": "c"}, "web-1": {"claim": "d"}},
        log_interval=2.0,
        pass_env=("CA",),
    )


def test_what_is_written_is_read_back() -> None:
    launch = read_launch(write_launch(document()))
    assert launch.roster == ("web-2", "web-1")
    assert (launch.heartbeat, launch.has_environment, launch.is_last, launch.void) == (2.5, True, True, None)
    assert len(launch.sha256) == 64


@pytest.mark.parametrize(("attempt", "retries", "is_last"), [(1, 0, True), (1, 1, False), (2, 1, True), (3, 1, True)])
def test_the_last_attempt_says_so(attempt: int, retries: int, is_last: bool) -> None:
    assert read_launch(write_launch(document(attempt, retries))).is_last is is_last


def test_it_holds_what_the_guest_reads() -> None:
    told = document()
    assert told.keys() >= {
        *("format", "run_id", "order_num", "order_name", "attempt", "trace_id", "flow_id", "not_after", "manifest"),
        *("secret_names", "pass_env", "environment", "code", "renewal", "log_interval", "instances"),
    }
    assert Manifest.from_json(json.dumps(told["manifest"])) == MANIFEST
    assert not read_launch(write_launch(document(environment=None))).has_environment


def test_a_void_one_is_void_for_its_reason() -> None:
    data = void_launch("cancelled")
    assert read_launch(data).void == "cancelled"
    assert json.loads(read_members(data, ["launch.json"])["launch.json"]) == {
        "format": 1,
        "void": True,
        "reason": "cancelled",
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip",
        write_members({"other": b"{}"}),
        write_members({"launch.json": b"no JSON"}),
        write_members({"launch.json": b"[]"}),
        write_members({"launch.json": b"null"}),
        write_members({"launch.json": b'{"instances": 3}'}),
        write_members({"launch.json": b'{"instances": {}, "manifest": {"heartbeat": "x"}}'}),
    ],
)
def test_what_can_not_be_made_out_launches_nobody(data: bytes) -> None:
    assert read_launch(data).void == "bundle_unreadable"
