"""A worker from launch to result: real bash, real bundles, HTTP to this machine."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from unit.worker.stand import KEY, NUM, RUN, SIGNATURE, Stand, callback_urls, packed_order, standing, zipped

from execution_engine import logs as engine_logs
from execution_engine.jobs import naming
from execution_engine.redaction import masked
from execution_engine.worker.callbacks import Callbacks
from execution_engine.worker.execution import Surroundings
from execution_engine.worker.opening import Opening
from execution_engine.worker.patience import Patience
from execution_engine.worker.pooled_courier import PooledCourier
from execution_engine.worker.report import Reporter
from execution_engine.worker.worker import Fate, Worker

CLAIM, RESULT = naming.claim_key(RUN, NUM), naming.result_key(RUN, NUM)
CONTROL, HEARTBEAT = naming.control_key(RUN, NUM), naming.heartbeat_key(RUN, NUM)
EVENTS = naming.events_key(RUN, NUM)


class FixedClock:
    def now(self) -> float:
        return 1_000.0

    def sleep(self, seconds: float) -> None:
        pass


class FixedNonce:
    def run_id(self) -> str:
        return RUN

    def trace_id(self) -> str:
        return "trace"

    def nonce(self) -> str:
        return "my-nonce"


class Role:
    """Writes straight into the stand, as the worker's own role does."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.keys: list[str] = []

    def put_if_absent(self, key: str, body: bytes) -> bool:
        self.keys.append(key)
        return self.stand.serve("PUT", key, body, True)[0] == 200

    def put(self, key: str, body: bytes) -> None:
        self.keys.append(key)
        self.stand.serve("PUT", key, body, False)

    def read(self, key: str) -> bytes | None:
        if key not in self.stand.objects:
            raise PermissionError("AccessDenied")  # it may not list
        return self.stand.objects[key]


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as stand:
        yield stand


@pytest.fixture
def make(stand: Stand, tmp_path: Path) -> Callable[..., Worker]:
    def worker(
        *, identity: Callable[[str], str] = lambda path: KEY.identity, host: dict[str, str] | None = None, **more: Any
    ) -> Worker:
        patience = Patience(sleep=lambda seconds: None, share=lambda: 0.0, tries=3)
        opening = Opening(lambda bucket, key: io.BytesIO(stand.objects[key]), identity, patience, now=lambda: 0.0)
        around = Surroundings(
            folder=tmp_path / "orders",
            host=host if host is not None else {"PATH": os.environ["PATH"]},
            execution_url="https://console/build/1",
            log_patience=5.0,
        )
        return Worker(
            opening,
            PooledCourier(),
            around,
            clock=FixedClock(),
            monotonic=time.monotonic,
            identifiers=FixedNonce(),
            patience=patience,
            **more,
        )

    return worker


Make = Callable[..., Worker]


def test_an_order_succeeds(stand: Stand, make: Make, tmp_path: Path) -> None:
    code = zipped({"run.sh": (b"#!/bin/sh\necho ran in $(basename $PWD)\n", 0o755), "data/x": (b"x", 0o644)})
    outcome = make().work(packed_order(stand, "./run.sh", "cat data/x", code=code))
    assert outcome.fate == Fate.REPORTED
    assert stand.json(CLAIM) == {
        "run_id": RUN,
        "order_num": NUM,
        "attempt": 1,
        "nonce": "my-nonce",
        "by": "worker",
        "at": 1_000.0,
        "execution_url": "https://console/build/1",
    }
    assert stand.json(RESULT) == {
        "run_id": RUN,
        "order_num": NUM,
        "attempt": 1,
        "status": "succeeded",
        "log": "ran in code\nx",
        "log_bytes": 13,
        "log_chunks": 1,
        "exit_code": 0,
        "reason": None,
        "started_at": 1_000.0,
        "ended_at": 1_000.0,
        "events": 0,
        "execution_url": "https://console/build/1",
    }
    assert stand.log() == b"ran in code\nx"
    assert list((tmp_path / "orders").iterdir()) == []


def test_a_silent_order_costs_a_claim_and_a_result(stand: Stand, make: Make) -> None:
    make().work(packed_order(stand, "true"))
    assert stand.requests == [("PUT", CLAIM), ("PUT", RESULT)]


def test_a_failing_command_ends_the_order(stand: Stand, make: Make) -> None:
    make().work(packed_order(stand, "echo one", "echo two; exit 7", "echo three"))
    result = stand.json(RESULT)
    assert (result["status"], result["exit_code"], result["reason"]) == ("failed", 7, None)
    assert stand.log() == b"one\ntwo\n"


def test_a_second_attempt_reports_in_its_own_folder(stand: Stand, make: Make) -> None:
    make().work(packed_order(stand, "true", attempt=2))
    assert stand.json(naming.result_key(RUN, NUM, 2))["attempt"] == 2
    assert RESULT not in stand.objects


def test_commands_see_exactly_the_promised_environment(stand: Stand, make: Make) -> None:
    host = {
        "PATH": os.environ["PATH"],
        "HOME": "/home-of-host",
        "AWS_SECRET_ACCESS_KEY": "worker's own",
        "AWS_SESSION_TOKEN": "worker's own",
        "SOPS_AGE_KEY": "worker's own",
        "HTTPS_PROXY": "http://proxy",
    }
    order = packed_order(stand, "env -0 > $AWS_EXE_SYS_EVENTS_DIR/../env", "cat ../env", variables={"MINE": "a\nb"})
    make(host=host).work(order)
    seen = dict(line.split("=", 1) for line in stand.log().decode().split("\0") if line)
    for name in ("PWD", "SHLVL", "_", "OLDPWD"):  # bash's own
        seen.pop(name, None)
    events = seen.pop("AWS_EXE_SYS_EVENTS_DIR")
    assert events.endswith("/events")
    assert seen == {
        "PATH": host["PATH"],
        "HOME": "/home-of-host",
        "MINE": "a\nb",
        "TRACE_ID": "trace",
        "RUN_ID": RUN,
        "ORDER_ID": "build",
        "ORDER_NUM": NUM,
        "FLOW_ID": "me:trace-exec",
    }


def test_fetched_credentials_are_masked_and_others_are_not(stand: Stand, make: Make) -> None:
    order = packed_order(
        stand,
        "echo token $TOKEN; echo -n $TOKEN | base64; echo plain $PLAIN",
        'echo "{\\"token\\": \\"$TOKEN\\"}" > $AWS_EXE_SYS_EVENTS_DIR/said.json',
        variables={"TOKEN": "s3cr3t-value!", "PLAIN": "not-a-secret"},
        secret_names=("TOKEN",),
    )
    make().work(order)
    assert stand.log() == b"token ***\n***\nplain not-a-secret\n"
    assert json.loads(stand.objects[EVENTS]) == [{"event_type": "said", "status": "info", "data": {"token": "***"}}]
    assert stand.json(RESULT)["events"] == 1


def test_events_are_written_before_the_result_and_refused_ones_are_told(stand: Stand, make: Make) -> None:
    order = packed_order(
        stand,
        "cd $AWS_EXE_SYS_EVENTS_DIR; echo '{\"n\": 1}' > plan.json; echo oops > bad.json",
        "echo '{}' > $AWS_EXE_SYS_EVENTS_DIR/failed.json",
    )
    make().work(order)
    assert [one["event_type"] for one in json.loads(stand.objects[EVENTS])] == ["x-failed", "plan"]
    keys = [key for _, key in stand.requests]
    assert keys.index(EVENTS) < keys.index(RESULT)
    log = stand.log().decode()
    assert "[execution-engine] event file 'bad.json' dropped: it is no JSON" in log
    assert "recorded as 'x-failed'" in log


def test_too_late_a_launch_touches_nothing(stand: Stand, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    order = packed_order(stand, "true")
    monkeypatch.setattr(FixedClock, "now", lambda self: order.not_after + 0.1)
    assert make().work(order).fate == Fate.TOO_LATE
    assert stand.requests == []


def test_somebody_elses_claim_is_left_alone(stand: Stand, make: Make, tmp_path: Path) -> None:
    order = packed_order(stand, f"touch {tmp_path}/ran")
    stand.objects[CLAIM] = theirs = b'{"nonce": "theirs", "by": "engine", "void": true}'
    worker = make(read_claim=lambda key: stand.objects[key])
    assert worker.work(order).fate == Fate.NOT_OURS
    assert stand.objects[CLAIM] == theirs
    assert RESULT not in stand.objects
    assert not (tmp_path / "ran").exists()


def test_a_second_delivery_runs_nothing(stand: Stand, make: Make, tmp_path: Path) -> None:
    order = packed_order(stand, f"echo x >> {tmp_path}/ran")
    assert make().work(order).fate == Fate.REPORTED
    assert make().work(order).fate == Fate.NOT_OURS
    assert (tmp_path / "ran").read_text() == "x\n"


@pytest.mark.parametrize("way", ["url", "reader"])
def test_a_claim_whose_answer_was_lost_is_ours_by_its_nonce(stand: Stand, make: Make, way: str) -> None:
    stand.fault = once("PUT", CLAIM, "lost")
    urls = callback_urls(stand)
    if way == "url":
        urls["claim_read"] = stand.url(CLAIM)
    order = packed_order(stand, "echo ran", callbacks=urls)
    worker = make(read_claim=(lambda key: stand.objects[key]) if way == "reader" else None)
    assert worker.work(order).fate == Fate.REPORTED
    assert stand.log() == b"ran\n"


def test_a_claim_that_cant_be_read_back_counts_as_somebody_elses(stand: Stand, make: Make) -> None:
    stand.fault = once("PUT", CLAIM, "lost")
    assert make().work(packed_order(stand, "true")).fate == Fate.NOT_OURS
    assert RESULT not in stand.objects


def test_the_first_result_stands(stand: Stand, make: Make) -> None:
    order = packed_order(stand, "true")
    stand.objects[RESULT] = b'{"status": "timed_out"}'
    assert make().work(order).fate == Fate.SUPERSEDED
    assert stand.json(RESULT) == {"status": "timed_out"}


def test_a_result_is_tried_again(stand: Stand, make: Make) -> None:
    answers = iter(["503", "cut"])
    stand.fault = lambda method, key: next(answers, None) if key == RESULT else None
    assert make().work(packed_order(stand, "true")).fate == Fate.REPORTED
    assert stand.json(RESULT)["status"] == "succeeded"


@pytest.mark.parametrize("refusal", ["403", "400"])
def test_dead_urls_are_replaced_by_the_role(stand: Stand, make: Make, refusal: str) -> None:
    stand.fault = lambda method, key: refusal
    role = Role(stand)
    assert make(fallback=role).work(packed_order(stand, "echo hello")).fate == Fate.REPORTED
    assert role.keys == [CLAIM, naming.log_prefix(RUN, NUM) + "00000000", RESULT]
    assert stand.log() == b"hello\n"


def test_without_a_role_dead_urls_mean_that_nothing_is_run(stand: Stand, make: Make, tmp_path: Path) -> None:
    stand.fault = lambda method, key: "403"
    with capture_logs() as logs:
        assert make().work(packed_order(stand, f"touch {tmp_path}/ran")).fate == Fate.UNREPORTED
    assert not (tmp_path / "ran").exists()
    assert SIGNATURE not in repr(logs)


def refuse(path: str) -> str:
    raise PermissionError(f"AccessDenied: {path}")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda stand, order: stand.objects.pop(order.key), "can't be fetched"),
        (lambda stand, order: stand.objects.update({order.key: b"x"}), "digest"),
        (None, "age key /engine/age-key can't be read: PermissionError: AccessDenied"),
    ],
)
def test_a_bundle_that_cant_be_opened_is_reported_by_the_role(
    stand: Stand, make: Make, spoil: Callable[[Stand, Any], Any] | None, told: str
) -> None:
    order = packed_order(stand, "true")
    if spoil:
        spoil(stand, order)
    worker = make(fallback=Role(stand), **({} if spoil else {"identity": refuse}))
    assert worker.work(order).fate == Fate.REPORTED
    result = stand.json(RESULT)
    assert (result["status"], result["reason"], result["exit_code"]) == ("failed", "bundle_unreadable", None)
    assert told in result["log"]
    assert stand.log().decode() == result["log"]
    assert stand.json(CLAIM)["nonce"] == "my-nonce"


def test_a_bundle_that_cant_be_opened_by_two_is_reported_once(stand: Stand, make: Make) -> None:
    order = packed_order(stand, "true")
    stand.objects[CLAIM] = b'{"nonce": "theirs"}'
    assert make(fallback=Role(stand), identity=refuse).work(order).fate == Fate.NOT_OURS
    assert RESULT not in stand.objects


@pytest.mark.parametrize("what", ["code", "variables"])
def test_what_fails_after_the_claim_is_an_ordinary_result(stand: Stand, make: Make, what: str) -> None:
    order = packed_order(stand, "true", code=zipped({"a": (b"a", 0o644)}), variables={"A": "b"})
    worker = make()
    if what == "code":
        key = next(key for key in stand.objects if "/code/" in key)
        stand.objects[key] = stand.objects[key][:-1]
    else:
        worker._opening._unseal_variables = lambda sealed, identity: {}
    assert worker.work(order).fate == Fate.REPORTED
    result = stand.json(RESULT)
    assert (result["status"], result["reason"]) == ("failed", "bundle_unreadable")
    assert {"code": "is not what was packed", "variables": "seals 0 variables"}[what] in result["log"]


def test_a_full_disk_still_gives_a_result(stand: Stand, make: Make, tmp_path: Path) -> None:
    (tmp_path / "orders").write_text("where the work folders should be")
    make().work(packed_order(stand, "true"))
    result = stand.json(RESULT)
    assert (result["status"], result["reason"]) == ("failed", "worker_lost")
    assert "the worker failed: FileExistsError" in result["log"]


def test_a_stop_is_obeyed_and_told(stand: Stand, make: Make) -> None:
    order = packed_order(stand, "echo started; sleep 60", "echo never", control_poll=0.05)
    stand.objects[CONTROL] = b'{"action": "stop", "reason": "job_timed_out", "status": "timed_out"}'
    make().work(order)
    result = stand.json(RESULT)
    assert (result["status"], result["reason"], result["exit_code"]) == ("timed_out", "job_timed_out", None)
    assert stand.log().startswith(b"started\n")


@pytest.mark.parametrize("refusal", ["403", "400"])
def test_a_stop_is_heard_by_the_role_when_the_urls_are_dead(stand: Stand, make: Make, refusal: str) -> None:
    def dead(method: str, key: str) -> str:
        if [one for one in stand.requests if one == ("GET", CONTROL)][2:]:
            stand.objects[CONTROL] = b'{"action": "stop", "reason": "cancelled", "status": "failed"}'
        return refusal

    stand.fault = dead
    make(fallback=Role(stand)).work(packed_order(stand, "sleep 60", control_poll=0.05))
    assert (stand.json(RESULT)["status"], stand.json(RESULT)["reason"]) == ("failed", "cancelled")


def test_a_worker_that_cant_be_heard_ends_its_commands(stand: Stand, make: Make) -> None:
    stand.fault = lambda method, key: "503" if key == HEARTBEAT else None
    began = time.monotonic()
    make().work(packed_order(stand, "trap '' INT; echo on; sleep 60", heartbeat=0.4, grace=30.0))
    result = stand.json(RESULT)
    assert (result["status"], result["reason"]) == ("failed", "worker_lost")
    assert time.monotonic() - began < 30.0  # not the order's own grace


def test_heartbeats_land_while_commands_run(stand: Stand, make: Make, tmp_path: Path) -> None:
    landed = tmp_path / "landed"
    stand.fault = lambda method, key: landed.touch() if key == HEARTBEAT else None
    make().work(packed_order(stand, f"until [ -e {landed} ]; do sleep 0.02; done", heartbeat=1.0))
    assert stand.json(RESULT)["status"] == "succeeded"
    assert stand.json(HEARTBEAT) == {"at": 1_000.0, "nonce": "my-nonce"}


def test_nothing_is_left_behind(stand: Stand, make: Make) -> None:
    worker = make()
    worker.work(packed_order(stand, "true"))  # connections stay, imports are done
    before = set(threading.enumerate())
    files = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        worker.work(packed_order(stand, "sleep 60 & echo hello"))
    ours = {"heartbeat", "control", "log-reader", "log-upload"}
    assert not [one.name for one in set(threading.enumerate()) - before if one.name in ours]
    assert len(os.listdir("/proc/self/fd")) <= files + 4  # connections kept alive, at either end


def test_no_secret_and_no_url_is_logged(stand: Stand, make: Make) -> None:
    stand.fault = once("PUT", RESULT, "cut")
    with capture_logs() as logs:
        make(fallback=Role(stand)).work(
            packed_order(stand, "echo $TOKEN", variables={"TOKEN": "s3cr3t-value"}, secret_names=("TOKEN",))
        )
    told = repr(logs)
    assert "launch ended" in told
    assert RUN in told
    assert not [word for word in (SIGNATURE, "s3cr3t-value", KEY.identity) if word in told]


def once(method: str, key: str, fault: str) -> Callable[[str, str], str | None]:
    faults = iter([fault])
    return lambda asked, at: next(faults, None) if (asked, at) == (method, key) else None


def test_an_instance_reports_for_itself(stand: Stand, make: Make) -> None:
    order = replace(packed_order(stand, "true", callbacks=callback_urls(stand, 1, "i-1")), instance="i-1")
    assert make().work(order).fate == Fate.REPORTED
    assert stand.json(naming.claim_key(RUN, NUM, 1, "i-1"))["instance_id"] == "i-1"
    assert stand.json(naming.result_key(RUN, NUM, 1, "i-1"))["status"] == "succeeded"
    assert CLAIM not in stand.objects and RESULT not in stand.objects


def test_addresses_may_be_renewed_while_it_runs(stand: Stand, make: Make) -> None:
    newer = callback_urls(stand)
    dead = {**newer, "result": stand.url("dead")}

    @contextmanager
    def renewing(reporter: Reporter) -> Iterator[None]:
        reporter.renew(Callbacks.of_entry(newer))
        yield

    assert make(renewing=renewing).work(packed_order(stand, "true", callbacks=dead)).fate == Fate.REPORTED
    assert RESULT in stand.objects and "dead" not in stand.objects


def test_what_fails_unexpectedly_is_told_without_any_secret(
    stand: Stand, make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **variables: object) -> None:
        raise RuntimeError("can't use s3cr3t-value")

    monkeypatch.setattr("execution_engine.worker.execution.CommandSequence", fail)
    order = packed_order(stand, "true", variables={"A": "s3cr3t-value"}, secret_names=("A",))
    with capture_logs(processors=[engine_logs._redact]) as lines:
        make().work(order)
    result = stand.json(RESULT)
    assert (result["status"], result["reason"]) == ("failed", "worker_lost")
    assert "the worker failed: RuntimeError: can't use ***" in result["log"]
    assert any("RuntimeError: can't use ***" in str(line) for line in lines)
    assert "s3cr3t" not in str(lines) + repr(stand.objects)
    assert masked("s3cr3t-value") == "s3cr3t-value", "only while it is worked with"
