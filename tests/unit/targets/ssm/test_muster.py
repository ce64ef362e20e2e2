"""Who is there, from the names and ages of objects."""

from __future__ import annotations

import pytest

from execution_engine.jobs.naming import claim_key, events_key, gathering_key, heartbeat_key, log_prefix, result_key
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.muster import ABSENT, Muster, Presence

RUN = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("number", [1, 3])
def test_each_instance_is_seen_by_what_it_wrote(number: int) -> None:
    ids = (RUN, "0007", number)
    seen = Muster.of(
        Attempt(*ids),
        [
            (claim_key(*ids, "i-1"), 40.0),
            (events_key(*ids, "i-1"), 1.0),
            (heartbeat_key(*ids, "i-1"), 3.0),
            (result_key(*ids, "i-1"), -0.5),
            (claim_key(*ids, "web-2"), -0.5),
            (log_prefix(*ids, "web-2") + "00000000", 2.0),
        ],
    )
    assert seen["i-1"] == Presence(claimed=40.0, beat=3.0, has_result=True)
    assert seen["web-2"] == Presence(claimed=0.0)
    assert seen["i-3"] == ABSENT
    assert (seen.claimed, seen.reported) == ({"i-1", "web-2"}, {"i-1"})
    assert (seen.has_begun, seen.has_ended) == (False, False)


@pytest.mark.parametrize("number", [1, 3])
def test_what_is_the_orders_own_is_nobodys(number: int) -> None:
    ids = (RUN, "0007", number)
    others = [(claim_key(RUN, "0007", 2), 5.0), (result_key(RUN, "0007", 2, "i-1"), 5.0)]
    begun = Muster.of(Attempt(*ids), [(claim_key(*ids), 1.0), (events_key(*ids), 1.0), *others])
    assert (begun.has_begun, begun.has_ended, begun.claimed, begun.reported) == (True, False, set(), set())
    assert Muster.of(Attempt(*ids), [(result_key(*ids), 1.0), *others]).has_ended
    assert begun.gathering is None
    assert Muster.of(Attempt(*ids), [(gathering_key(*ids), 3.0), *others]).gathering == 3.0


@pytest.mark.parametrize(
    ("seen", "silence"), [(ABSENT, None), (Presence(claimed=7.0), 7.0), (Presence(claimed=9.0, beat=2.0), 2.0)]
)
def test_silence_is_since_the_last_sign_of_life(seen: Presence, silence: float | None) -> None:
    assert seen.silence == silence
