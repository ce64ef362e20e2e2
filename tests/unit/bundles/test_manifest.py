"""A manifest says the same after the journey, and a wrong one is told before anything runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from execution_engine.bundles.manifest import CodePointer, Manifest
from execution_engine.errors import BundleUnreadable

PLAIN = Manifest("run", "0001", "build", "trace", "flow", ("echo 'ü'\n", "true"), 60.5, 3)
CODE = CodePointer("tmp/exec/run/code/x.zip", "0123456789abcdef" * 4, 12)


@pytest.mark.parametrize("code", [None, CODE])
def test_what_is_written_is_read(code: CodePointer | None) -> None:
    manifest = Manifest("run", "0001", "build", "trace", "flow", ("x",), 60, 0, code, 5.0, 1, 0.5, 1_700_000_000.5)
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert Manifest.from_json(manifest.to_json().encode()) == manifest


def changed(**fields: Any) -> str:
    return json.dumps(json.loads(PLAIN.to_json()) | fields)


def test_times_that_are_not_said_have_their_defaults() -> None:
    fields = json.loads(PLAIN.to_json())
    for name in ("grace", "heartbeat", "control_poll"):
        del fields[name]
    assert Manifest.from_json(json.dumps(fields)) == PLAIN


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "malformed"),
        ("[]", "malformed"),
        ("null", "malformed"),
        ("[" * 100_000, "malformed"),
        ("{}", "format"),
        (changed(format=2), "format 2, this worker reads format 1"),
        (changed(run_id=None), "run_id is not a text"),
        (changed(order_num=1), "order_num is not a text"),
        (changed(order_name=""), "order_name is not a text"),
        (changed(cmds="true"), "cmds is not a list of texts"),
        (changed(cmds=[]), "cmds is not a list of texts"),
        (changed(cmds=["true", 1]), "cmds is not a list of texts"),
        (changed(timeout="60"), "timeout is not a finite number"),
        (changed(timeout=True), "timeout is not a finite number"),
        (changed(timeout=float("nan")), "timeout is not a finite number"),
        (changed(timeout=float("inf")), "timeout is not a finite number"),
        (changed(timeout=10**400), "malformed"),
        (changed(timeout=0), "timeout is not more than 0 s"),
        (changed(grace=-1), "grace is not a finite number"),
        (changed(heartbeat=None), "heartbeat is not a finite number"),
        (changed(control_poll=[]), "control_poll is not a finite number"),
        (changed(variables=1.5), "variables is not a count"),
        (changed(variables=-1), "variables is not a count"),
        (changed(variables=False), "variables is not a count"),
        (changed(key_expires_at="soon"), "key_expires_at is not a moment"),
        (changed(key_expires_at=-1), "key_expires_at is not a moment"),
        (changed(unknown=1), "unknown"),
        (changed(code=[]), "malformed"),
        (changed(code={"key": "k", "sha256": "a" * 64}), "size"),
        (changed(code={"key": "", "sha256": "a" * 64, "size": 1}), "code.key is not a text"),
        (changed(code={"key": "k", "sha256": "A" * 64, "size": 1}), "code.sha256 is not a SHA-256"),
        (changed(code={"key": "k", "sha256": "a" * 64, "size": "1"}), "code.size is not a count"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_fault(text: str, what: str) -> None:
    with pytest.raises(BundleUnreadable, match="manifest.json") as caught:
        Manifest.from_json(text)
    assert what in str(caught.value)
