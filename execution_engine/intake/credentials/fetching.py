"""Reads locations: each once, as many in a call as their store takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from execution_engine.errors import EngineError, StoreError
from execution_engine.intake.credentials.fetcher import Answer, Fetcher, Unreadable
from execution_engine.intake.credentials.locations import Location
from execution_engine.intake.pulse import Progress
from execution_engine.jobs.faults import MAX_SHOWN

_ENOUGH = Unreadable(f"was not read any more, since {MAX_SHOWN} others can't be")


def read_all(
    locations: Iterable[Location], fetchers: Mapping[str, Fetcher], progress: Progress
) -> dict[Location, Answer]:
    """An answer for every location. When so many can't be read that no more faults are shown, the rest is left:
    the job is refused anyway.

    Raises ``StoreError`` if a store can't tell for now.
    """
    answers: dict[Location, Answer] = {}
    unreadable = 0
    for store, group in groupby(sorted(set(locations), key=lambda one: (one.store, one.name)), lambda one: one.store):
        names = [one.name for one in group]
        fetcher = fetchers.get(store)
        if fetcher is None:
            known = ", ".join(sorted(fetchers))
            absent = Unreadable(f"lies in {store}, which nothing reads in this deployment; known are {known}")
            answers.update((Location(store, name), absent) for name in names)
            continue
        for start in range(0, len(names), fetcher.at_once):
            some = names[start : start + fetcher.at_once]
            if unreadable >= MAX_SHOWN:
                answers.update((Location(store, name), _ENOUGH) for name in some)
                continue
            progress()
            found = _fetch(store, fetcher, some)
            answers.update((Location(store, name), found[name]) for name in some)
            unreadable += sum(isinstance(one, Unreadable) for one in found.values())
    return answers


def _fetch(store: str, fetcher: Fetcher, names: Sequence[str]) -> Mapping[str, Answer]:
    failed = ""
    try:
        found = fetcher.fetch(names)
        if missing := [name for name in names if name not in found]:
            failed = f"no answer for {len(missing)} of {len(names)}"
    except EngineError:
        raise
    except Exception as error:
        failed = type(error).__name__
    if failed:  # outside of the handler: what somebody's package raises may quote a value
        raise StoreError(f"the credential store {store} failed ({failed}); nothing was started: submit the job again")
    return found
