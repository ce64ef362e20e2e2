from __future__ import annotations

from typing import Any

import pytest

from execution_engine.worker.assignment import Assignment, AssignmentMalformed

PAYLOAD: dict[str, Any] = {
    "run_id": "11111111-2222-3333-4444-555555555555",
    "order_num": "0001",
    "order_name": "build",
    "attempt": 2,
    "bucket": "internal",
    "key": "tmp/exec/r/0001/exec.zip",
    "sha256": "a" * 64,
    "not_after": 1234.5,
    "trace_id": "t",
    "flow_id": "me:t-exec",
    "SOPS_KEY_SSM_PATH": "/engine/key",
}


def test_a_payload_and_variables_are_read_alike() -> None:
    assignment = Assignment.from_payload(PAYLOAD)
    assert assignment == Assignment.from_payload({**{k: str(v) for k, v in PAYLOAD.items()}, "more": "x"})
    assert (assignment.attempt, assignment.not_after, assignment.key_path) == (2, 1234.5, "/engine/key")


@pytest.mark.parametrize("name", PAYLOAD)
def test_what_is_missing_is_named(name: str) -> None:
    for without in ({}, {name: None}, {name: ""}):
        payload = {key: value for key, value in PAYLOAD.items() if key != name} | without
        with pytest.raises(AssignmentMalformed, match=f"lacks {name}$"):
            Assignment.from_payload(payload)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("run_id", "../../../../../../../../../../etc/x"),
        ("order_num", "1"),
        ("order_num", "0001/../0002"),
        ("attempt", 0),
        ("attempt", "-1"),
        ("sha256", "A" * 64),
        ("not_after", "nan"),
        ("not_after", -5),
        ("SOPS_KEY_SSM_PATH", "a b"),
    ],
)
def test_what_is_malformed_is_named(name: str, value: Any) -> None:
    with pytest.raises(AssignmentMalformed, match=f"malformed {name}"):
        Assignment.from_payload({**PAYLOAD, name: value})
