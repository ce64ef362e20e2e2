from __future__ import annotations

import json
from typing import Any

import pytest
from fakes.bucket import MemoryBucket
from fakes.calls import Calls
from fakes.objects import Objects
from fakes.time_and_ids import FakeClock
from fakes.wrapping import MemoryWrapping

from execution_engine.errors import BundleUnreadable, NotFound, SealingFailed
from execution_engine.intake import kept_jobs
from execution_engine.intake.admission import LIFETIME as KEY_LIFETIME
from execution_engine.intake.kept_jobs import KeptJobs
from execution_engine.jobs.job import Job
from execution_engine.jobs.naming import kept_job_key
from execution_engine.jobs.specification import parse_job

RUN = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"
SECRET = "hunter2 und Grüße"


def a_job(**order: Any) -> Job:
    orders = [{"cmds": [f"echo {SECRET}"], "timeout": 60, "env_vars": {"TOKEN": SECRET}, **order}]
    return parse_job({"username": "ann", "orders": orders}, door="init")


class Stand:
    def __init__(self) -> None:
        self.calls = Calls()
        self.clock = FakeClock()
        self.objects = Objects(self.clock)
        self.wrapping = MemoryWrapping(self.calls)
        bucket: Any = MemoryBucket(self.calls, self.objects)
        self.kept = KeptJobs(bucket, self.wrapping, self.clock)
        self.keeps_none = KeptJobs(bucket, None, self.clock)


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_a_job_is_loaded_as_it_was_kept(stand: Stand) -> None:
    ssm_order = {"cmds": ["true"], "timeout": 5, "ssm_targets": {"instance_ids": ["i-1"]}}
    jobs = {RUN: a_job(), OTHER: parse_job({"username": "ann", "orders": [ssm_order]}, door="ssm")}
    for run_id, job in jobs.items():
        stand.kept.keep(run_id, job)
    assert {run_id: stand.kept.load(run_id) for run_id in jobs} == jobs
    assert dict(stand.calls.count) == {"wrapping.wrap": 2, "bucket.write": 2, "bucket.read": 2, "wrapping.unwrap": 2}


def test_nothing_of_it_lies_in_clear(stand: Stand) -> None:
    stand.kept.keep(RUN, a_job())
    assert stand.objects.keys() == [kept_job_key(RUN)]
    kept = stand.objects.get(kept_job_key(RUN)) or b""
    assert not [word for word in (b"hunter2", b"echo", b"TOKEN", b"ann", b"AGE-SECRET-KEY") if word in kept]


def test_the_same_job_is_sealed_differently_each_time(stand: Stand) -> None:
    for run_id in (RUN, OTHER):
        stand.kept.keep(run_id, a_job())
    assert stand.objects.get(kept_job_key(RUN)) != stand.objects.get(kept_job_key(OTHER))


def test_a_job_above_the_limit_of_callers_comes_back(stand: Stand) -> None:
    orders = [{"cmds": ["x" * 250_000], "timeout": 60, "order_name": f"n{place}"} for place in range(30)]
    job = parse_job({"username": "ann", "orders": orders}, door="init", size_limit=8_000_000)
    stand.kept.keep(RUN, job)
    assert stand.kept.load(RUN) == job


def test_one_that_is_gone_is_not_found_with_the_remedy(stand: Stand) -> None:
    with pytest.raises(NotFound, match=rf"{RUN}.*for a day.*submit the job again"):
        stand.kept.load(RUN)


def test_it_is_gone_after_a_day_even_if_the_object_is_still_there(stand: Stand) -> None:
    stand.kept.keep(RUN, a_job())
    stand.clock.advance(kept_jobs.LIFETIME)
    assert stand.kept.load(RUN) == a_job()
    stand.clock.advance(1)
    with pytest.raises(NotFound, match="no longer kept"):
        stand.kept.load(RUN)


def test_whoever_can_load_a_job_can_also_tell_what_it_was_retried_as() -> None:
    """Clocks may differ by seconds."""
    assert kept_jobs.LIFETIME <= KEY_LIFETIME - 10


def test_one_kept_for_another_run_does_not_open(stand: Stand) -> None:
    stand.kept.keep(RUN, a_job())
    stand.objects.put(kept_job_key(OTHER), stand.objects.get(kept_job_key(RUN)) or b"")
    with pytest.raises(BundleUnreadable):
        stand.kept.load(OTHER)


@pytest.mark.parametrize("change", ["{", "[]", "{}", '{"key": "?", "job": ""}', '{"key": 1, "job": 2}'])
def test_a_damaged_one_is_named_and_shows_nothing(stand: Stand, change: str) -> None:
    stand.objects.put(kept_job_key(RUN), change.encode())
    with pytest.raises(BundleUnreadable, match=RUN):
        stand.kept.load(RUN)


def test_a_changed_one_does_not_open(stand: Stand) -> None:
    stand.kept.keep(RUN, a_job())
    parts = json.loads(stand.objects.get(kept_job_key(RUN)) or b"")
    parts["job"] = parts["job"][:-8] + "AAAAAAA="
    stand.objects.put(kept_job_key(RUN), json.dumps(parts).encode())
    with pytest.raises(BundleUnreadable):
        stand.kept.load(RUN)


def test_one_that_this_version_would_refuse_says_so_without_its_values(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {"username": "ann", "orders": [{"cmds": ["true"], "timeout": 60, "env_vars": {"PATH": SECRET}}]}
    monkeypatch.setattr(kept_jobs, "document_of", lambda _: document)
    stand.kept.keep(RUN, a_job())
    with pytest.raises(BundleUnreadable, match=r"orders\[0\]\.env_vars\.PATH.*submit the job again") as refused:
        stand.kept.load(RUN)
    assert "hunter2" not in str(refused.value)


def test_if_the_key_can_not_be_wrapped_nothing_is_written(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise SealingFailed("no")

    monkeypatch.setattr(stand.wrapping, "wrap", refuse)
    with pytest.raises(SealingFailed):
        stand.kept.keep(RUN, a_job())
    assert stand.objects.keys() == []


def test_a_deployment_without_a_key_takes_jobs_and_keeps_none(stand: Stand) -> None:
    stand.keeps_none.keep(RUN, a_job())
    assert stand.objects.keys() == []
    with pytest.raises(NotFound, match=r"keeps no jobs.*AWS_EXE_SYS_KMS_KEY.*submit the job again"):
        stand.keeps_none.load(RUN)
