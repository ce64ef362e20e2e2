"""What is done about an instance that has not reported."""

from __future__ import annotations

import pytest

from execution_engine.targets.ssm.invocations import Invocation, State
from execution_engine.targets.ssm.muster import ABSENT, Presence
from execution_engine.targets.ssm.standing import Act, Standing, of_instance

WAIT, REFUSE, BURY = Act.WAIT, Act.REFUSE, Act.BURY
HEARTBEAT = 10.0


def stands(seen: Presence, state: State | None = None, late: str | None = None) -> Standing:
    said = None if state is None else Invocation(state, f"SSM: {state}")
    return of_instance(seen, said, heartbeat=HEARTBEAT, late=late)


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (None, WAIT),
        (State.ON_ITS_WAY, WAIT),
        (State.NEVER, REFUSE),
        (State.LEFT, REFUSE),
        (State.DIED, REFUSE),
    ],
)
def test_who_has_not_begun_is_refused_when_ssm_says_the_end(state: State | None, act: Act) -> None:
    found = stands(ABSENT, state)
    assert found.act is act
    assert found.words == (f"SSM: {state}" if act is REFUSE else "")


@pytest.mark.parametrize("state", [None, State.ON_ITS_WAY])
def test_who_has_not_begun_in_time_is_refused_whatever_ssm_says(state: State | None) -> None:
    assert stands(ABSENT, state, "too late") == Standing(REFUSE, "too late")


def test_ssms_own_words_are_told_rather_than_the_clocks() -> None:
    assert stands(ABSENT, State.NEVER, "too late").words == "SSM: never"


@pytest.mark.parametrize("state", [None, *State])
def test_who_beats_is_never_lost_whatever_ssm_says(state: State | None) -> None:
    assert stands(Presence(claimed=5_000.0, beat=HEARTBEAT + 1), state, "too late").act is WAIT
    assert stands(Presence(claimed=HEARTBEAT + 1), state).act is WAIT


@pytest.mark.parametrize(("silence", "act"), [(31.0, WAIT), (31.5, BURY)])
@pytest.mark.parametrize("state", [None, State.ON_ITS_WAY, State.NEVER, State.LEFT])
def test_three_silent_intervals_are_the_end(silence: float, act: Act, state: State | None) -> None:
    for seen in (Presence(claimed=silence), Presence(claimed=5_000.0, beat=silence)):
        found = stands(seen, state)
        assert found.act is act
        assert ("SSM" in found.words) is (act is BURY and state in (State.NEVER, State.LEFT))


@pytest.mark.parametrize(("silence", "act"), [(11.0, WAIT), (11.5, BURY)])
def test_a_script_that_died_is_believed_once_a_beat_is_missing(silence: float, act: Act) -> None:
    found = stands(Presence(claimed=60.0, beat=silence), State.DIED)
    assert found == Standing(act, "SSM: died" if act is BURY else "")
