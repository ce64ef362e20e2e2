"""``logs RUN ORDER``: the log's bytes, nothing else; in bounded memory, whatever its size."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

from execution_engine.cli import exits, runs
from execution_engine.cli.board import ENDED
from execution_engine.cli.calls import Call
from execution_engine.cli.machine import Machine

LOOK = 0.5
"""Seconds between two looks for more."""


def logs(call: Call, run_id: str, order: str, *, follow: bool) -> int:
    with call.machine() as (machine, _):
        runs.known(call, machine, run_id)
        found = machine.history.find_order(run_id, order)
        follow = follow and found["status"] not in ENDED
        if follow and machine.is_abandoned(run_id):
            call.output.say(f"nobody works on run {run_id} any more: this is all there is (`wait` goes on with it)")
            follow = False
        if follow:
            pieces = _followed(machine, run_id, found["order_num"])
        else:
            pieces = machine.history.log(run_id, found["order_num"])
        if call.output.as_json:
            _write_document(call, found, pieces)
        else:
            for piece in pieces:
                call.output.raw(piece)
                if call.output.closed:
                    break
    return exits.SUCCEEDED


def _followed(machine: Machine, run_id: str, num: str) -> Iterator[bytes]:
    """What there is, then what comes, until the order has ended. Another attempt begins another log."""
    sent, attempt = 0, 0
    while True:
        # Asked before the log is read: a log is complete before its attempt ends.
        order = machine.history.find_order(run_id, num)
        ended = order["status"] in ENDED
        if attempt not in (0, order["attempt"]):
            yield from machine.history.log(run_id, num, sent, attempt)
            sent = 0
        attempt = order["attempt"]
        for piece in machine.history.log(run_id, num, sent, attempt):
            sent += len(piece)
            yield piece
        if ended:
            return
        machine.clock.sleep(LOOK)


def _write_document(call: Call, order: dict[str, Any], pieces: Iterator[bytes]) -> None:
    """One JSON document, written as it is read: a log may be larger than memory."""
    head = {name: order[name] for name in ("order_num", "order_name")}
    call.output.raw(json.dumps(head)[:-1].encode() + b', "log": "')
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        call.output.raw(json.dumps(decoder.decode(piece))[1:-1].encode())
        if call.output.closed:
            return
    call.output.raw(json.dumps(decoder.decode(b"", final=True))[1:-1].encode() + b'"}\n')
