"""A log is the objects below its prefix, one after the other."""

from __future__ import annotations

import pytest
from contracts.aws import Aws

from execution_engine.jobs.naming import log_chunk_name, log_prefix
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
