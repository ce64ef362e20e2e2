from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from execution_engine.local.ticking import Ticking

PATIENCE = 20.0


class Counting(Ticking):
    """``looks`` is released at each look; ``busy``: for so many of them."""

    def __init__(self, busy: int = 0) -> None:
        super().__init__()
        self.looks = threading.Semaphore(0)
        self._left = busy

    def say(self) -> None:
        with self._changed:
            self._tell()

    def looked(self, seconds: float = PATIENCE) -> bool:
        return self.looks.acquire(timeout=seconds)

    def _look(self) -> None:
        self._left -= 1
        self.looks.release()

    def _is_busy(self) -> bool:
        return self._left > 0


@contextmanager
def running(ticking: Counting) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=ticking.run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        ticking.close()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "it goes on after it was closed"


def test_as_long_as_anything_is_under_way_it_looks_by_itself() -> None:
    ticking = Counting(busy=4)
    with running(ticking):
        assert all(ticking.looked() for _ in range(4))


def test_otherwise_it_looks_when_it_is_told() -> None:
    ticking = Counting()
    with running(ticking):
        assert ticking.looked(), "at what was there before"
        assert not ticking.looked(0.3)
        ticking.say()
        assert ticking.looked()


def test_closed_it_looks_no_more() -> None:
    ticking = Counting()
    ticking.close()
    ticking.run()
    assert not ticking.looked(0)
