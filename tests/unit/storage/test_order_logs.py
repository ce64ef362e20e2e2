"""A log is the objects below its prefix, one after the other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.aws import Aws

from execution_engine.jobs.naming import claim_key, log_chunk_name, log_prefix, result_key
from execution_engine.storage.order_logs import PIECE, OrderLogs

CHUNKS = [b"first\n", b"\xff\x00", b"", b"third\n" * 3]
WHOLE = b"".join(CHUNKS)


@pytest.fixture
def logs(aws: Aws, run_id: str) -> OrderLogs:
    bucket = aws.bucket("internal")
    for index, chunk in enumerate(CHUNKS):
        bucket.write(log_prefix(run_id, "0001", 2) + log_chunk_name(index), chunk)
    bucket.write(log_prefix(run_id, "0001", 1) + log_chunk_name(0), b"another attempt")
    return OrderLogs(bucket)


def test_it_can_be_read_from_every_byte_on(logs: OrderLogs, run_id: str) -> None:
    for start in range(len(WHOLE) + 2):
        assert b"".join(logs.stream(run_id, "0001", 2, start)) == WHOLE[start:]


def test_its_end_is_as_long_as_it_is_wanted(logs: OrderLogs, run_id: str) -> None:
    for limit in range(len(WHOLE) + 2):
        assert logs.end(run_id, "0001", 2, limit) == WHOLE[max(0, len(WHOLE) - limit) :]


def test_a_log_that_nobody_wrote_is_empty(logs: OrderLogs, run_id: str) -> None:
    assert list(logs.stream(run_id, "0002", 1)) == []
    assert logs.end(run_id, "0002", 1, 100) == b""


def test_a_large_object_comes_in_pieces(aws: Aws, run_id: str) -> None:
    bucket = aws.bucket("internal")
    body = bytes(range(256)) * (PIECE // 128)
    bucket.write(log_prefix(run_id, "0001") + log_chunk_name(0), body)
    pieces = list(OrderLogs(bucket).stream(run_id, "0001", 1))
    assert max(map(len, pieces)) <= PIECE
    assert b"".join(pieces) == body


def test_an_object_that_expired_since_it_was_listed_is_passed_over(aws: Aws, logs: OrderLogs, run_id: str) -> None:
    pieces = logs.stream(run_id, "0001", 2)
    assert next(pieces) == CHUNKS[0]
    aws.bucket("internal").delete([log_prefix(run_id, "0001", 2) + log_chunk_name(1)])
    assert b"".join(pieces) == CHUNKS[3]


def test_the_instances_of_an_order_are_those_that_wrote_anything(aws: Aws, run_id: str) -> None:
    bucket = aws.bucket("internal")
    bucket.write(claim_key(run_id, "0001", 1, "web-2"), b"{}")
    bucket.write(log_prefix(run_id, "0001", 1, "web-1") + log_chunk_name(0), b"one")
    bucket.write(log_prefix(run_id, "0001", 2, "web-3") + log_chunk_name(0), b"another attempt")
    bucket.write(claim_key(run_id, "0001", 1), b"{}")
    assert OrderLogs(bucket).instances(run_id, "0001", 1) == ["web-1", "web-2"]
    assert OrderLogs(bucket).instances(run_id, "0002", 1) == []


def a_result(aws: Aws, run_id: str, **fields: Any) -> OrderLogs:
    document = {"status": "succeeded", **fields}
    aws.bucket("internal").write(result_key(run_id, "0001", 1, "web-1"), json.dumps(document).encode())
    return OrderLogs(aws.bucket("internal"))


def test_an_instances_log_is_what_was_streamed_else_what_its_result_has(aws: Aws, run_id: str) -> None:
    logs = a_result(aws, run_id, log="the end\n", log_bytes=8)
    assert b"".join(logs.stream(run_id, "0001", 1, 4, instance="web-1")) == b"end\n"
    assert logs.end(run_id, "0001", 1, 4, instance="web-1") == b"end\n"
    assert list(logs.stream(run_id, "0001", 1)) == [], "the order's own log is another one"
    assert list(logs.stream(run_id, "0001", 1, instance="web-2")) == []
    bucket = aws.bucket("internal")
    bucket.write(log_prefix(run_id, "0001", 1, "web-1") + log_chunk_name(0), b"and the end\n")
    assert b"".join(logs.stream(run_id, "0001", 1, instance="web-1")) == b"and the end\n"
    assert b"".join(logs.stream(run_id, "0001", 1, 50, instance="web-1")) == b""


@pytest.mark.parametrize(
    ("told", "limit", "end"),
    [
        ({"log": "the end\n", "log_bytes": 12}, 4, b"end\n"),
        ({"log": "the end\n", "log_bytes": 12}, 12, b"and the end\n"),
        ({"log": "the worker fell silent"}, 4, b"end\n"),
        ({"log": "the end\n", "log_bytes": 12}, 0, b""),
    ],
)
def test_the_end_of_an_instances_log_is_read_where_it_is_whole(
    aws: Aws, run_id: str, told: dict[str, Any], limit: int, end: bytes
) -> None:
    logs = a_result(aws, run_id, **told)
    aws.bucket("internal").write(log_prefix(run_id, "0001", 1, "web-1") + log_chunk_name(0), b"and the end\n")
    assert logs.end(run_id, "0001", 1, limit, instance="web-1") == end


def test_a_result_of_somebody_else_is_no_log(aws: Aws, run_id: str) -> None:
    logs = a_result(aws, run_id, log="theirs", order_num="0002")
    assert b"another one's" in logs.end(run_id, "0001", 1, 100, instance="web-1")
