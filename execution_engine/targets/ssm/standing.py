"""How it stands with an instance that has not reported. Pure: what was seen of it, what SSM says → what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from execution_engine.targets.ssm.invocations import Invocation, State
from execution_engine.targets.ssm.muster import Presence

SILENCES = 3
"""Heartbeat intervals without a beat after which an instance counts as lost, as any worker does."""

_S3_SECOND = 1.0
"""S3 tells when an object was written in whole seconds."""


class Act(StrEnum):
    """``refuse``: win its claim, so that it never begins; ``bury``: it began and will not report."""

    WAIT = "wait"
    REFUSE = "refuse"
    BURY = "bury"


@dataclass(frozen=True, slots=True)
class Standing:
    act: Act
    words: str = ""


_WAITING = Standing(Act.WAIT)


def of_instance(seen: Presence, said: Invocation | None, *, heartbeat: float, late: str | None) -> Standing:
    """``late``: why an instance that has not begun is waited for no longer. ``heartbeat``: seconds between two.

    Of one that has begun SSM is believed only where no beat was missing before: a second command of the same attempt
    (sent when nobody knew of the first) ends while the first one's worker is at its best.
    """
    silence = seen.silence
    if silence is None:
        if said is not None and said.state is not State.ON_ITS_WAY:
            return Standing(Act.REFUSE, said.words)
        return _WAITING if late is None else Standing(Act.REFUSE, late)
    ended = said is not None and said.state is not State.ON_ITS_WAY
    if said is not None and said.state is State.DIED and silence > heartbeat + _S3_SECOND:
        return Standing(Act.BURY, said.words)
    if silence > SILENCES * heartbeat + _S3_SECOND:
        words = f"nothing was heard of it for {silence:.0f} s"
        return Standing(Act.BURY, f"{words}; {said.words}" if said is not None and ended else words)
    return _WAITING
