"""``logs RUN ORDER``: the log's bytes, nothing else; in bounded memory, whatever its size."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

from execution_engine.cli import exits, runs
from execution_engine.cli.board import ENDED
from execution_engine.cli.calls import Call
from execution_engine.cli.following import Following


def logs(call: Call, run_id: str, order: str, instance: str | None, *, follow: bool) -> int:
    """``instance``: of an SSM order what this one wrote; None for all."""
    with call.machine() as (machine, _):
        runs.known(call, machine, run_id)
        found = machine.history.find_order(run_id, order)
        follow = follow and found["status"] not in ENDED
        if follow and machine.is_abandoned(run_id):
            call.output.say(f"nobody works on run {run_id} any more: this is all there is (`wait` goes on with it)")
            follow = False
        if follow:
            pieces = Following(machine, run_id, found["order_num"], instance).pieces()
        else:
            pieces = machine.history.log(run_id, found["order_num"], instance=instance)
        if call.output.as_json:
            _write_document(call, found, instance, pieces)
        else:
            for piece in pieces:
                call.output.raw(piece)
                if call.output.closed:
                    break
    return exits.SUCCEEDED


def _write_document(call: Call, order: dict[str, Any], instance: str | None, pieces: Iterator[bytes]) -> None:
    """One JSON document, written as it is read: a log may be larger than memory."""
    head = {name: order[name] for name in ("order_num", "order_name")}
    head |= {} if instance is None else {"instance_id": instance}
    call.output.raw(json.dumps(head)[:-1].encode() + b', "log": "')
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        call.output.raw(json.dumps(decoder.decode(piece))[1:-1].encode())
        if call.output.closed:
            return
    call.output.raw(json.dumps(decoder.decode(b"", final=True))[1:-1].encode() + b'"}\n')
