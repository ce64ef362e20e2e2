"""How long a worker has been silent, told by two objects that are not looked at in one moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from execution_engine.jobs.naming import claim_key, heartbeat_key
from execution_engine.storage.reports import S3Reports

RUN = "00000000-0000-4000-8000-000000000001"
CLAIM, BEAT = claim_key(RUN, "0001"), heartbeat_key(RUN, "0001")


class Ages:
    """A bucket that knows only how old its objects are; ``then`` happens after each look."""

    def __init__(self, ages: dict[str, float], then: Callable[[dict[str, float]], object] = lambda _: None) -> None:
        self._ages = ages
        self._then = then

    def age(self, key: str) -> float | None:
        age = self._ages.get(key)
        self._then(self._ages)
        return age


@pytest.mark.parametrize(
    ("ages", "silence"), [({}, None), ({CLAIM: 7.0}, 7.0), ({CLAIM: 50.0, BEAT: 4.0}, 4.0), ({BEAT: 4.0}, 4.0)]
)
def test_the_last_sign_of_life_counts(ages: dict[str, float], silence: float | None) -> None:
    assert S3Reports(Ages(ages)).silence(RUN, "0001", 1) == silence  # type: ignore[arg-type]


def test_who_beats_while_the_claim_is_looked_at_is_not_silent() -> None:
    """The look at the claim takes so long that the claim alone would make a dead worker."""
    bucket = Ages({CLAIM: 50.0}, lambda ages: ages.setdefault(BEAT, 1.0))
    assert S3Reports(bucket).silence(RUN, "0001", 1) == 1.0  # type: ignore[arg-type]
