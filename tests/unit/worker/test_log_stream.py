"""From a pipe to chunks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from execution_engine.worker.log_stream import LogStream, LogSummary
from execution_engine.worker.log_tail import LIMIT
from execution_engine.worker.masking import Secrets


class Sink:
    def __init__(self) -> None:
        self.chunks: dict[int, bytes] = {}
        self.landed = threading.Event()

    def __call__(self, index: int, data: bytes) -> None:
        assert index == len(self.chunks)
        self.chunks[index] = data
        self.landed.set()

    @property
    def all(self) -> bytes:
        return b"".join(self.chunks.values())


def stream(upload: Callable[[int, bytes], None], *secrets: str, **more: Any) -> LogStream:
    return LogStream(upload, Secrets(secrets), monotonic=time.monotonic, **more)


def test_an_empty_log_is_no_chunk() -> None:
    sink = Sink()
    assert stream(sink).finish() == LogSummary("", 0, 0, 0)
    assert sink.chunks == {}


def test_a_short_log_is_one_chunk() -> None:
    sink = Sink()
    log = stream(sink)
    os.write(log.output, b"one\n")
    os.write(log.output, b"\xff\0two")
    assert log.finish() == LogSummary("one\n\ufffd\0two", 9, 1, 0)
    assert sink.all == b"one\n\xff\0two"


def test_chunks_are_cut_by_size_and_in_order() -> None:
    sink = Sink()
    log = stream(sink, chunk_limit=1000, interval=60.0)
    data = os.urandom(10_500)
    os.write(log.output, data)
    summary = log.finish()
    assert (summary.bytes, summary.chunks, summary.lost) == (10_500, 11, 0)
    assert sink.all == data
    assert [len(chunk) for chunk in sink.chunks.values()] == [1000] * 10 + [500]


def test_what_is_there_is_shown_after_an_interval() -> None:
    sink = Sink()
    log = stream(sink, interval=0.05)
    os.write(log.output, b"early")
    assert sink.landed.wait(120)
    assert sink.all == b"early"
    os.write(log.output, b" late")
    log.finish()
    assert sink.all == b"early late"


def test_secrets_are_masked_before_anything_else_sees_them() -> None:
    sink = Sink()
    log = stream(sink, "s3cr3t-value", chunk_limit=10, interval=0.01)
    for byte in b"it is s3cr3t-value, s3cr3t":
        os.write(log.output, bytes([byte]))
        time.sleep(0.002)
    summary = log.finish(["dropped 's3cr3t-value'"])
    assert sink.all == b"it is ***, s3cr3t\n[execution-engine] dropped '***'\n"
    assert summary.tail.encode() == sink.all


def test_notes_begin_on_a_line_of_their_own() -> None:
    sink = Sink()
    log = stream(sink)
    os.write(log.output, b"line\n")
    log.finish(["one", "two"])
    assert sink.all == b"line\n[execution-engine] one\n[execution-engine] two\n"


def test_a_chunk_that_cant_be_uploaded_is_counted_and_not_waited_for() -> None:
    kept = []

    def fail_once(index: int, data: bytes) -> None:
        if index == 1:
            raise OSError("no route to storage")
        kept.append(data)

    log = stream(fail_once, chunk_limit=4, interval=60.0)
    os.write(log.output, b"aaaabbbbcc")
    summary = log.finish()
    assert summary == LogSummary("aaaabbbbcc", 10, 3, 4)
    assert kept == [b"aaaa", b"cc"]


def test_slow_storage_holds_the_writer_back() -> None:
    go = threading.Event()
    sink = Sink()

    def slow(index: int, data: bytes) -> None:
        go.wait(120)
        sink(index, data)

    log = stream(slow, chunk_limit=1024, interval=60.0)
    os.set_blocking(log.output, False)
    written = 0
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 0.3:
        try:
            written += os.write(log.output, b"x" * 4096)
            quiet_since = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
    assert written < 1024 * 1024  # the pipe, one read, and a few chunks
    go.set()
    assert log.finish().lost == 0
    assert len(sink.all) == written


def test_storage_that_hangs_does_not_keep_an_order_from_ending() -> None:
    hang = threading.Event()
    log = stream(lambda index, data: bool(hang.wait(120)), chunk_limit=10, interval=60.0)
    os.write(log.output, b"x" * 1000)
    summary = log.finish(patience=0.2)
    hang.set()
    assert summary.lost == summary.bytes > 0


@pytest.mark.parametrize("chatty", [False, True])
def test_who_still_holds_the_pipe_is_not_waited_for(chatty: bool) -> None:
    sink = Sink()
    log = stream(sink)
    held = os.dup(log.output)
    over = threading.Event()

    def chat() -> None:
        while not over.is_set():
            try:
                os.write(held, b"x" * 100)
            except BrokenPipeError:
                return

    os.write(log.output, b"ours ")
    thread = threading.Thread(target=chat)
    if chatty:
        thread.start()
    assert log.finish(patience=60.0).lost == 0
    over.set()
    if chatty:
        thread.join()
    os.close(held)
    assert sink.all.startswith(b"ours ")


def test_a_short_log_may_stay_in_the_result() -> None:
    sink = Sink()
    log = stream(sink, stays_if_short=True)
    os.write(log.output, "grüße\n".encode())
    assert log.finish(["over"]) == LogSummary("grüße\n[execution-engine] over\n", 32, 0, 0)
    assert sink.chunks == {}


@pytest.mark.parametrize("data", [b"x" * (LIMIT + 1), b"a\xffb", b"x\n" * LIMIT])
def test_a_log_that_its_tail_does_not_tell_whole_is_uploaded(data: bytes) -> None:
    sink = Sink()
    log = stream(sink, stays_if_short=True, interval=60.0)
    writer = threading.Thread(target=lambda: os.write(log.output, data))
    writer.start()
    writer.join()
    summary = log.finish()
    assert (sink.all, summary.bytes, summary.lost) == (data, len(data), 0)
    assert summary.chunks == len(sink.chunks) > 0


def test_of_a_log_that_was_shown_before_all_is_uploaded() -> None:
    sink = Sink()
    log = stream(sink, stays_if_short=True, interval=0.02)
    os.write(log.output, b"early\n")
    assert sink.landed.wait(120)
    os.write(log.output, b"late\n")
    summary = log.finish()
    assert (sink.all, summary) == (b"early\nlate\n", LogSummary("early\nlate\n", 11, len(sink.chunks), 0))
