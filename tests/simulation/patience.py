"""By when what must have happened, at the latest, once all is calm: derived from the engine's own settings.

Calm means that calls answer at once and nothing is lost any more. What went wrong before still has its
consequences, and the clocks stay as wrong as they are, so in the worst case each of these comes after the
other. All in seconds.
"""

from __future__ import annotations

from execution_engine.watchdog.verdict import Patience
from simulation.cloud import function_timeout
from simulation.weather import LONGEST_LATENCY

LEASE = 45.0
SKEW = 5.0
_PASSES = 20.0
"""What all the passes over one small run take when every call answers at once."""

WITHOUT_FAULTS = 45.0
"""Where nothing fails or gets lost, an order that is ready is launched by the message that made it so: a few
seconds late, seen by a pass or two, by clocks that differ. Less than a tick, which would hide what is lost."""


def of_next_step(patience: Patience) -> float:
    """Until the run is looked at by a pass that works: its watchdog's check that hung ends with its function,
    then comes the next (``of_look``), and then the lock (``of_lock``)."""
    return of_look(patience) + of_lock(patience) + _PASSES


def of_look(patience: Patience) -> float:
    """A check that hangs dies with its function; the next is a tick later. A clock that is behind may find that
    the deadline has not come, and looks again when it has."""
    return function_timeout("watchdog_check") + patience.tick + SKEW + 1


def of_lock(patience: Patience) -> float:
    """Whoever holds it either lives, and answers as soon as its slow call does, or is dead: then the lease runs
    out, by a clock that is behind, and the next tick wakes whoever takes over."""
    return max(LONGEST_LATENCY, LEASE + 2 * SKEW + patience.tick)


def of_order(patience: Patience) -> float:
    """From when its worker should have ended it: the watchdog sees that a grace and a tick later, asks, waits
    for an answer, ends it from outside (each at a tick of its own); then a pass must hear of it."""
    asks = patience.grace + 2 * patience.tick
    return asks + of_answer(patience) + of_look(patience) + of_next_step(patience)


def of_answer(patience: Patience) -> float:
    """From the request to the result, by the worker or, a tick later, from outside."""
    return 2 * patience.grace + patience.tick + 2 * SKEW + patience.tick


def of_run(patience: Patience) -> float:
    """From the deadline to ``done``: the stop (a tick later if the pass that should see it has a clock that is
    behind), the answers, the message about the last of them being lost, and a pass that dies before ``done``."""
    return of_next_step(patience) + patience.tick + of_answer(patience) + 2 * patience.tick
