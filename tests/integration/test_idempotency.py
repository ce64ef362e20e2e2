"""The same request again (contract section 1), through the functions themselves: HTTP, SNS, direct."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from integration.machine import Machine, order, until

from execution_engine.local.gateway import http_event
from execution_engine.local.names import VALUES
from execution_engine.wiring import Engine

FUNCTION = str(VALUES["init_job_function"])
SECRET = "hunter2-hunter2"


class Door:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def invoke(self, event: dict[str, Any]) -> Any:
        answer = self.engine.client("lambda", once=True).invoke(FunctionName=FUNCTION, Payload=json.dumps(event))
        assert "FunctionError" not in answer
        return json.loads(answer["Payload"].read())

    def post(self, name: str, key: str | None) -> tuple[int, dict[str, Any]]:
        request = {"job": job(name)} | ({"idempotency_key": key} if key else {})
        answer = self.invoke(http_event("POST", "/init", request))
        return answer["statusCode"], json.loads(answer["body"])

    def runs_of(self, name: str) -> set[str]:
        """Every run that has, or had, an order of that name."""
        rows = self.engine.client("dynamodb").scan(TableName=self.engine.settings.orders_table)["Items"]
        return {row["run_id"]["S"] for row in rows if row.get("order_name", {}).get("S") == name}

    def ended(self, run_id: str) -> str:
        until(lambda: self.engine.done.exists(run_id))
        return str(self.engine.history.outline(run_id)["status"])


def job(name: str) -> dict[str, Any]:
    return {"username": "ann", "orders": [order(name, "true", env_vars={"TOKEN": SECRET})]}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Any:
    machine = Machine(Path(tmp_path_factory.mktemp("idempotency")))
    with machine.aws() as aws:
        yield Door(Engine(aws.settings))


def test_requests_at_the_same_time_are_one_run(door: Door) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: door.post("together", "together"), range(4)))
    assert {status for status, _ in answers} == {200}
    (run_id,) = {answer["run_id"] for _, answer in answers}
    assert sorted(bool(answer.get("replayed")) for _, answer in answers) == [False, True, True, True]
    assert door.runs_of("together") == {run_id}
    assert door.ended(run_id) == "succeeded"
    assert door.post("together", "together") == (200, {**answers[0][1], "replayed": True})


def test_another_job_under_a_used_key_is_a_conflict(door: Door) -> None:
    _, first = door.post("first", "taken")
    status, answer = door.post("other", "taken")
    assert (status, answer["status"]) == (409, "error")
    assert [fault["where"] for fault in answer["errors"]] == ["idempotency_key"]
    assert first["run_id"] in answer["error"]
    assert door.runs_of("other") == set()


def test_http_without_a_key_is_always_a_new_run(door: Door) -> None:
    assert door.post("each", None)[1]["run_id"] != door.post("each", None)[1]["run_id"]


def test_a_message_delivered_twice_is_one_run(door: Door) -> None:
    record = {"EventSource": "aws:sns", "Sns": {"MessageId": "m-1", "Message": json.dumps({"job": job("message")})}}
    other = {"EventSource": "aws:sns", "Sns": {"MessageId": "m-2", "Message": json.dumps({"job": job("message")})}}
    (first,) = door.invoke({"Records": [record]})
    again, second = door.invoke({"Records": [record, other]})
    assert again == {**first, "replayed": True}
    assert second["run_id"] != first["run_id"]
    assert door.runs_of("message") == {first["run_id"], second["run_id"]}


def test_the_key_and_the_job_are_in_no_table(door: Door) -> None:
    door.post("kept", "my-own-key-7")
    items = door.engine.client("dynamodb").scan(TableName=door.engine.settings.locks_table)["Items"]
    keys = [item for item in items if item["pk"]["S"].startswith("key:")]
    assert keys
    assert all("ttl" in item for item in keys)
    assert "my-own-key-7" not in repr(items)
    assert SECRET not in repr(items)
