from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from unit.intake.stand import CallersBuckets, order, zipped

from execution_engine.bundles.limits import Limits
from execution_engine.errors import JobRefused
from execution_engine.intake.s3_code import S3Code
from execution_engine.jobs.job import Order
from execution_engine.jobs.specification import parse_job


def orders_of(*locations: str | None) -> list[tuple[int, Order]]:
    orders: list[dict[str, Any]] = [order(s3_location=location) for location in locations]
    return list(enumerate(parse_job({"username": "ann", "orders": orders}, door="init").orders))


def callers(**objects: bytes) -> CallersBuckets:
    made = CallersBuckets()
    made.objects = {("b-1", f"{name}.zip"): data for name, data in objects.items()}
    return made


def test_each_location_is_fetched_once_and_gone_afterwards() -> None:
    client, archive = callers(a=zipped("x")), zipped("x")
    with S3Code(client, Limits()).fetched(orders_of("s3://b-1/a.zip", None, "s3://b-1/a.zip")) as found:
        (code,) = found.values()
        assert list(found) == ["s3://b-1/a.zip"]
        assert code.path.read_bytes() == archive
        assert (code.sha256, code.size) == (hashlib.sha256(archive).hexdigest(), len(archive))
        kept: Path = code.path
    assert not kept.exists()
    assert list(client.gets.values()) == [1]


def test_every_fault_is_told_at_its_place() -> None:
    client = callers(good=zipped("x"), bad=b"no zip", climbing=zipped("../x"))
    client.denied = {("b-1", "denied.zip")}
    names = ("good", "bad", "climbing", "denied", "missing", "bad")
    with (
        pytest.raises(JobRefused) as refused,
        S3Code(client, Limits()).fetched(orders_of(*(f"s3://b-1/{name}.zip" for name in names))),
    ):
        raise AssertionError("nothing was found wrong")
    told = [(fault.where, fault.message) for fault in refused.value.faults]
    assert [where for where, _ in told] == [f"orders[{n}].s3_location" for n in range(1, 6)]
    for (_, message), words in zip(
        told,
        ("no readable zip", "has '..'", "may the engine's intake role", "does not exist", "no readable zip"),
        strict=True,
    ):
        assert words in message
    assert client.gets[("b-1", "bad.zip")] == 1


def test_code_is_held_to_the_deployments_limits() -> None:
    client = callers(a=zipped("x", "y"))
    with (
        pytest.raises(JobRefused, match="at most 10 are taken"),
        S3Code(client, Limits(size=10)).fetched(orders_of("s3://b-1/a.zip")),
    ):
        raise AssertionError("nothing was found wrong")
