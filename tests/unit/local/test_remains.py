from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from fakes.bucket import MemoryBucket
from fakes.calls import Calls
from fakes.objects import Objects
from fakes.reports import MemoryReports
from fakes.time_and_ids import FakeClock

from execution_engine.bundles.bundle import write_bundle
from execution_engine.bundles.manifest import Manifest
from execution_engine.jobs.naming import bundle_key, claim_key, log_prefix, result_key
from execution_engine.local.kills import Kill
from execution_engine.local.remains import Remains
from execution_engine.storage.objects import Bucket

RUN = "00000000-0000-4000-8000-00000000abcd"
NOW = 1_000.0
KILL = Kill(started_at=800.0, last_heard_at=950.0, noticed_at=990.0)


class AgingBucket(MemoryBucket):
    """Everything was written 100 seconds ago."""

    def age(self, key: str) -> float | None:
        return None if self.objects.get(key) is None else 100.0


@pytest.fixture
def objects() -> Objects:
    """A run of three orders: the first succeeded, the second was cut off, the third was ended unclaimed."""
    made = Objects(FakeClock(NOW))
    for num, name in (("0001", "build"), ("0002", "test"), ("0003", "late")):
        manifest = Manifest(RUN, num, name, "t", "f", ("true",), timeout=1, variables=0)
        made.put(bundle_key(RUN, num), write_bundle(manifest, b"{}", (), b""))
    made.put(result_key(RUN, "0000"), b"{}")
    made.put(claim_key(RUN, "0001"), _json(nonce="a", at=900.0))
    made.put(result_key(RUN, "0001"), _json(status="succeeded", exit_code=0))
    made.put(f"{log_prefix(RUN, '0001')}00000000", b"built")
    made.put(claim_key(RUN, "0002", 2), _json(nonce="b", at=910.0))
    made.put(claim_key(RUN, "0003"), _json(nonce="c", void=True, at=920.0))
    return made


def _json(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def remains(objects: Objects, kill: Kill = KILL) -> Remains:
    calls = Calls()
    return Remains(
        cast(Bucket, AgingBucket(calls, objects)),
        MemoryReports(calls, objects),
        FakeClock(NOW),
        lost=lambda moment: kill if kill.lost(moment) else None,
        objects=Path("/s3"),
    )


def test_what_workers_wrote_is_known(objects: Objects) -> None:
    found = remains(objects).of(RUN)
    assert found is not None
    assert found["killed"] == {"started_at": 800.0, "last_heard_at": 950.0, "noticed_at": 990.0}
    assert (found["submitted"], found["never_started"]) == (3, 1)
    log = f"/s3/000000000000/internal/tmp/callbacks/runs/{RUN}/0001/log"
    ended = {"status": "succeeded", "reason": None, "exit_code": 0, "log": log}
    cut_off = {"status": None, "reason": None, "exit_code": None, "log": None}
    assert found["orders"] == [
        {"order_num": "0001", "order_name": "build", "attempt": 1, "claimed_at": 900.0, **ended},
        {"order_num": "0002", "order_name": "test", "attempt": 2, "claimed_at": 910.0, **cut_off},
    ]


def test_an_order_on_instances_is_one_order(objects: Objects) -> None:
    for instance in ("web-1", "web-2"):
        objects.put(claim_key(RUN, "0002", 2, instance), _json(nonce=instance, at=910.0))
    objects.put(f"{log_prefix(RUN, '0002', 2, 'web-2')}00000000", b"begun")
    found = remains(objects).of(RUN)
    assert found is not None
    assert [order["order_num"] for order in found["orders"]] == ["0001", "0002"]
    instances = f"/s3/000000000000/internal/tmp/callbacks/runs/{RUN}/0002/2/i"
    assert (found["orders"][1]["claimed_at"], found["orders"][1]["log"]) == (910.0, instances)


def test_a_bundle_that_can_not_be_read_hides_a_name_only(objects: Objects) -> None:
    objects.put(bundle_key(RUN, "0002"), b"no zip")
    found = remains(objects).of(RUN)
    assert found is not None
    assert [order["order_name"] for order in found["orders"]] == ["build", None]


def test_a_run_of_another_time_was_not_lost_with_the_kill(objects: Objects) -> None:
    assert remains(objects, Kill(100.0, 200.0, 300.0)).of(RUN) is None


@pytest.mark.parametrize("run_id", [RUN.replace("a", "b"), "", "..", f"{RUN}/0001"])
def test_of_what_left_nothing_there_are_no_remains(objects: Objects, run_id: str) -> None:
    assert remains(objects).of(run_id) is None
