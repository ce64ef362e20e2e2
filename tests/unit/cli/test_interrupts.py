from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from execution_engine.cli.interrupts import Interrupted, Interrupts


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_at_first_an_interrupt_interrupts() -> None:
    with Interrupts() as interrupts, pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGINT)
    assert interrupts.asked


def test_then_the_first_asks_and_the_second_insists() -> None:
    with Interrupts() as interrupts:
        interrupts.gently()
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.asked
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_was_ignored_is_heard_but_nohup_is_respected() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what it starts in the background
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interrupts() as interrupts:
        interrupts.gently()
        signal.raise_signal(signal.SIGHUP)
        assert not interrupts.asked
        signal.raise_signal(signal.SIGINT)
        assert interrupts.asked
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
