"""Bounds are met exactly, and only what goes beyond is refused."""

from __future__ import annotations

from execution_engine.bundles.limits import Limits

LIMITS = Limits(members=10, size=1_000, ratio=20, ratio_from=100)


def test_what_meets_the_bounds_is_within() -> None:
    assert LIMITS.exceeded(members=10, size=1_000, packed=50) is None


def test_each_bound_is_named_when_exceeded() -> None:
    assert "more than 10 members" in str(LIMITS.exceeded(members=11))
    assert "more than 1,000 bytes" in str(LIMITS.exceeded(size=1_001))
    assert "more than 20 times its 49 bytes" in str(LIMITS.exceeded(size=1_000, packed=49))


def test_small_archives_may_compress_as_well_as_they_like() -> None:
    assert LIMITS.exceeded(size=100, packed=1) is None
    assert LIMITS.exceeded(size=101, packed=1) is not None
