"""How long the session of a target account must last, so that no order outlives its credentials. Pure.

STS: a session lasts 900 to 43,200 s, as long as the role's MaxSessionDuration (3,600 at the least) allows; one that is
assumed with the session of another role, as a Lambda function's intake does, at most 3,600 ("role chaining"). Both in
AssumeRole, DurationSeconds: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from execution_engine.jobs.job import Job, Order

SHORTEST = 900
ALWAYS_ALLOWED = 3_600
LONGEST = 43_200

_SPARE = 300
"""Seconds for what is left of the submission, and for an order that is interrupted to tidy up with its credentials."""

_STEP = 900
"""Lengths are multiples of it: orders with slightly different timeouts share a session."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long a launched order may wait for its worker (seconds), and how many orders of a run are out at once."""

    start_limit: float
    max_in_flight: int


def needed(order: Order, job: Job, waiting: Waiting) -> float:
    """Seconds from submission until the order has ended, whatever happens: the job's deadline ends it at last.

    Sooner it does only if it waits for no other order and no second attempt: its timeout after its start.
    """
    if order.needs or order.retries or len(job.orders) > waiting.max_in_flight:
        return job.job_timeout
    return min(job.job_timeout, order.timeout + waiting.start_limit)


def asked(seconds: float) -> int | None:
    """What to ask STS for; None if no session can last so long.

    With something to spare, but not where only that would need more than every role allows: then the session
    ends with the hour, which the submission itself has taken some seconds of.
    """
    if seconds > LONGEST:
        return None
    most = ALWAYS_ALLOWED if seconds <= ALWAYS_ALLOWED else LONGEST
    return min(most, max(SHORTEST, math.ceil((seconds + _SPARE) / _STEP) * _STEP))
