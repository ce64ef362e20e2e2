from __future__ import annotations

import pytest
from unit.intake.credentials.stand import job, order

from execution_engine.intake.credentials.session_length import Waiting, asked, needed

WAITING = Waiting(1_800, 2)


@pytest.mark.parametrize(
    ("timeout", "job_timeout", "seconds"),
    [(60, 3_600, 1_860), (60, 600, 600), (1_800, 3_600, 3_600), (7_200, 20_000, 9_000), (7_200, 4_000, 4_000)],
)
def test_an_order_that_waits_for_nothing_ends_after_its_start_or_with_the_job(
    timeout: float, job_timeout: float, seconds: float
) -> None:
    found = job(order(timeout=timeout), job_timeout=job_timeout)
    assert needed(found.orders[0], found, WAITING) == seconds


def test_what_may_wait_for_something_ends_with_the_job() -> None:
    chain = job(order(order_name="a"), order(dependencies=["a"]), job_timeout=5_000)
    again = job(order(retries=1), job_timeout=5_000)
    many = job(order(), order(), order(), job_timeout=5_000)
    assert [needed(one, chain, WAITING) for one in chain.orders] == [1_860, 5_000]
    assert needed(again.orders[0], again, WAITING) == 5_000
    assert {needed(one, many, WAITING) for one in many.orders} == {5_000}


@pytest.mark.parametrize(
    ("seconds", "length"),
    [
        (1, 900),
        (600, 900),
        (601, 1_800),
        (2_400, 2_700),
        (3_300, 3_600),
        (3_301, 3_600),  # an hour is what every role allows
        (3_600, 3_600),
        (3_601, 4_500),
        (43_000, 43_200),
        (43_200, 43_200),
        (43_201, None),
        (86_400, None),
    ],
)
def test_a_session_lasts_as_long_as_the_order_may_and_as_sts_allows(seconds: float, length: int | None) -> None:
    assert asked(seconds) == length
