"""The arithmetic of silence, with a clock that is set by hand."""

from __future__ import annotations

import threading

import pytest

from execution_engine.worker.heartbeat import SILENCE_LIMIT, SILENT_GRACE, Heartbeat
from execution_engine.worker.stop import Stop


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_everything_is_over_before_anybody_may_call_it_lost() -> None:
    assert SILENCE_LIMIT + SILENT_GRACE < 3.0


def test_silence_counts_from_the_claim() -> None:
    limit = Heartbeat(lambda timeout: None, interval=10.0, since=100.0, monotonic=Watch()).limit()
    assert limit.at() == 120.0
    assert limit.stop == Stop("failed", "worker_lost", grace=7.5)


def test_a_beat_that_lands_counts_from_when_it_was_sent() -> None:
    watch, landed = Watch(), threading.Event()

    def beat(timeout: float) -> None:
        assert timeout == pytest.approx(0.005)
        watch.now += 7.0  # it was slow
        if watch.now > 120.0:
            landed.set()

    with Heartbeat(beat, interval=0.02, since=100.0, monotonic=watch) as heartbeat:
        assert landed.wait(120)
    assert heartbeat.limit().at() == pytest.approx(watch.now - 7.0 + 0.04)


def test_a_beat_that_does_not_land_is_repeated_soon_and_counts_for_nothing() -> None:
    watch, tries, enough = Watch(), [], threading.Event()

    def beat(timeout: float) -> None:
        tries.append(timeout)
        watch.now += 1.0
        if len(tries) == 3:
            enough.set()
        raise OSError("no network")

    with Heartbeat(beat, interval=0.2, since=100.0, monotonic=watch) as heartbeat:
        assert enough.wait(120)
    assert heartbeat.limit().at() == pytest.approx(100.4)


def test_a_short_order_never_beats() -> None:
    beats: list[float] = []
    with Heartbeat(beats.append, interval=60.0, since=0.0, monotonic=Watch()):
        pass
    assert beats == []
    assert "heartbeat" not in [thread.name for thread in threading.enumerate()]
