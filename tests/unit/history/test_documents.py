from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.examples import NOW, an_order, new_run_id

from execution_engine.history.documents import instance_documents, order_document, result_document

ENDS: dict[str, Any] = {
    "web-2": {"status": "failed", "exit_code": 7, "started_at": NOW, "ended_at": NOW + 1.5, "log_bytes": 9},
    "web-1": {"status": "failed", "reason": "dispatch_failed", "message": "Undeliverable"},
}


def test_an_order_tells_how_it_ended_on_each_instance_by_their_ids() -> None:
    order = an_order(new_run_id(), execution_target="ssm", instances=ENDS)
    told = order_document(order)["instances"]
    assert told == [
        {
            "instance_id": "web-1",
            "status": "failed",
            "exit_code": None,
            "reason": "dispatch_failed",
            "message": "Undeliverable",
            "started_at": None,
            "ended_at": None,
            "seconds": None,
            "log_bytes": None,
        },
        {
            "instance_id": "web-2",
            "status": "failed",
            "exit_code": 7,
            "reason": None,
            "message": None,
            "started_at": NOW,
            "ended_at": NOW + 1.5,
            "seconds": 1.5,
            "log_bytes": 9,
        },
    ]
    assert result_document(order, "")["instances"] == told
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize("instances", [None, {}, {"web-1": {"status": "no such"}}])
def test_where_there_are_none_nothing_is_said_of_them(instances: Any) -> None:
    order = an_order(new_run_id(), instances=instances)
    assert "instances" not in order_document(order)
    assert "instances" not in result_document(order, "")


@pytest.mark.parametrize("what", [None, "text", 3, [{"instance_id": "web-1"}], {"a b": {"status": "failed"}, "x": 1}])
def test_what_is_no_map_of_endings_tells_none(what: object) -> None:
    assert instance_documents(what) == []
