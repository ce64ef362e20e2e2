"""Signs of progress while something takes its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

Progress = Callable[[], None]
"""Told again and again that a submission gets on, and before it begins; what it raises ends the submission
(``ConditionLost``: another one has its idempotency key)."""


def unheard() -> None:
    """The progress of a submission that holds no key."""


@contextmanager
def pulse(progress: Progress, seconds: float) -> Iterator[None]:
    """Calls ``progress`` every ``seconds`` as long as the context lasts.

    What ``progress`` raises is left to who calls it next: it says the same again if it still holds, and if not,
    one sign that failed was no reason to stop.
    """
    over = Event()

    def beat() -> None:
        while not over.wait(seconds):
            with suppress(Exception):
                progress()

    thread = Thread(target=beat, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
