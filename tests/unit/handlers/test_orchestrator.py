from __future__ import annotations

from types import ModuleType
from typing import Any
from urllib.parse import quote_plus

import pytest
from structlog.testing import capture_logs
from unit.handlers.conftest import Load, given_to

from execution_engine.jobs.naming import Callback, claim_key, heartbeat_key, result_key

ONE = "00000000-0000-4000-8000-000000000001"
TWO = "00000000-0000-4000-8000-000000000002"


class Orchestrator:
    def __init__(self) -> None:
        self.noticed: dict[str, frozenset[str]] = {}
        self.looked: list[tuple[str, list[str]]] = []
        self.failing: dict[str, Exception] = {}

    def notice(self, run_id: str, marks: frozenset[str]) -> None:
        self.noticed[run_id] = marks
        if run_id in self.failing:
            raise self.failing[run_id]

    def look(self, run_id: str, nums: list[str]) -> None:
        self.looked.append((run_id, nums))


class Gathering:
    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str | None, int | None]] = []
        self.failing: dict[str | None, Exception] = {}

    def hear(self, callback: Callback, size: int | None) -> None:
        self.heard.append((callback.run_id, callback.kind, callback.instance, size))
        if callback.instance in self.failing:
            raise self.failing[callback.instance]


@pytest.fixture
def module(load: Load) -> ModuleType:
    return load("orchestrator", given_to("orchestrator"))


@pytest.fixture
def orchestrator(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Orchestrator:
    made = Orchestrator()
    monkeypatch.setattr(module, "_orchestrator", made)
    return made


@pytest.fixture
def gathering(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Gathering:
    made = Gathering()
    monkeypatch.setattr(module, "_gathering", made)
    return made


def event(*keys: str) -> dict[str, Any]:
    records = [
        {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": key}}} for key in keys
    ]
    return {"Records": records}


def test_one_notice_a_run_with_all_that_is_said_of_it(module: ModuleType, orchestrator: Orchestrator) -> None:
    keys = [claim_key(ONE, "0001"), result_key(ONE, "0001"), result_key(TWO, "0003", 2), claim_key(ONE, "0001")]
    module.handler(event(*keys), None)
    assert orchestrator.noticed == {ONE: {"0001/1/claim", "0001/1/result"}, TWO: {"0003/2/result"}}


def test_keys_come_encoded(module: ModuleType, orchestrator: Orchestrator) -> None:
    module.handler(event(quote_plus(result_key(ONE, "0001", 2))), None)
    assert orchestrator.noticed == {ONE: {"0001/2/result"}}


def test_what_is_no_callback_is_set_aside(module: ModuleType, orchestrator: Orchestrator) -> None:
    told = event(heartbeat_key(ONE, "0001"), "tmp/callbacks/runs/x/result.json", "", claim_key(ONE, "0002"))
    told["Records"][1:1] = [{}, {"s3": {}}, {"s3": {"object": {"key": None}}}, {"s3": None}, None, "text"]
    with capture_logs() as lines:
        module.handler(told, None)
    assert orchestrator.noticed == {ONE: {"0002/1/claim"}}
    assert [line["event"] for line in lines] == ["not a callback", *["not a notification"] * 6, *["not a callback"] * 2]


def test_a_run_that_fails_stops_no_other_and_is_raised_at_the_end(
    module: ModuleType, orchestrator: Orchestrator
) -> None:
    orchestrator.failing = {ONE: KeyError("first")}
    with pytest.raises(KeyError, match="first"):
        module.handler(event(claim_key(ONE, "0001"), claim_key(TWO, "0001")), None)
    assert orchestrator.noticed.keys() == {ONE, TWO}


def test_what_instances_wrote_is_gathered_and_marks_nothing(
    module: ModuleType, orchestrator: Orchestrator, gathering: Gathering
) -> None:
    told = event(*[claim_key(ONE, "0001", 2, one) for one in ("web-1", "web-2")], result_key(TWO, "0003", 1, "i-2"))
    told["Records"][0]["s3"]["object"]["size"] = 321
    told["Records"][1]["s3"]["object"]["size"] = "large"
    module.handler(told, None)
    assert gathering.heard == [
        (ONE, "claim", "web-1", 321),
        (ONE, "claim", "web-2", None),
        (TWO, "result", "i-2", None),
    ]
    assert orchestrator.noticed == {}


def test_an_instance_that_fails_stops_nobody_and_is_raised_at_the_end(
    module: ModuleType, orchestrator: Orchestrator, gathering: Gathering
) -> None:
    gathering.failing = {"a": KeyError("first")}
    keys = [claim_key(ONE, "0001", 1, "a"), claim_key(ONE, "0001", 1, "b"), claim_key(TWO, "0001")]
    with pytest.raises(KeyError, match="first"):
        module.handler(event(*keys), None)
    assert [instance for _, _, instance, _ in gathering.heard] == ["a", "b"]
    assert orchestrator.noticed.keys() == {TWO}


def test_where_nothing_runs_on_instances_their_words_are_set_aside(
    module: ModuleType, orchestrator: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_gathering", None)
    module.handler(event(claim_key(ONE, "0001", 1, "a"), claim_key(TWO, "0001")), None)
    assert orchestrator.noticed.keys() == {TWO}


def test_a_look_is_a_look(module: ModuleType, orchestrator: Orchestrator) -> None:
    module.handler({"look": {"run_id": ONE, "order_num": "0000"}}, None)
    assert (orchestrator.looked, orchestrator.noticed) == ([(ONE, ["0000"])], {})
