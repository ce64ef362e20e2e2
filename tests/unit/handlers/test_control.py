from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from unit.handlers.conftest import Load, given_to

from execution_engine.errors import Fault, JobRefused, NotFound, SealingFailed
from execution_engine.local.gateway import http_event

RUN = "00000000-0000-4000-8000-000000000001"


class Service:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.error: Exception | None = None

    def __getattr__(self, what: str) -> Callable[[str], dict[str, str]]:
        def do(run_id: str) -> dict[str, str]:
            self.asked.append((what, run_id))
            if self.error is not None:
                raise self.error
            return {"status": "ok", "run_id": run_id}

        return do


@pytest.fixture
def control(load: Load, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("control", given_to("control"))


@pytest.fixture
def service(control: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()
    monkeypatch.setattr(control, "_cancellation", made)
    monkeypatch.setattr(control, "_retry", made)
    return made


def answer(control: ModuleType, method: str, path: str) -> tuple[int, dict[str, Any]]:
    found = control.handler(http_event(method, path), None)
    assert found["headers"]["Content-Type"] == "application/json"
    return found["statusCode"], json.loads(found["body"])


@pytest.mark.parametrize("what", ["cancel", "retry"])
def test_each_route_asks_its_service_of_the_run(control: ModuleType, service: Service, what: str) -> None:
    assert answer(control, "POST", f"/runs/{RUN}/{what}") == (200, {"status": "ok", "run_id": RUN})
    assert service.asked == [(what, RUN)]


@pytest.mark.parametrize("what", ["cancel", "retry"])
@pytest.mark.parametrize(
    ("error", "status", "told", "faults"),
    [
        (NotFound("there is no run x\nsecond line"), 404, "there is no run x", []),
        (JobRefused([Fault("run_id", "goes on")], 409), 409, "run_id: goes on", [("run_id", "goes on")]),
        (JobRefused([Fault("run_id", "nothing left")]), 400, "run_id: nothing left", [("run_id", "nothing left")]),
        (SealingFailed("no key"), 500, "no key", []),
    ],
)
def test_what_the_engine_says_is_the_answer(
    control: ModuleType,
    service: Service,
    what: str,
    error: Exception,
    status: int,
    told: str,
    faults: list[tuple[str, str]],
) -> None:
    service.error = error
    assert answer(control, "POST", f"/runs/{RUN}/{what}") == (
        status,
        {"status": "error", "error": told, "errors": [{"where": at, "message": text} for at, text in faults]},
    )


@pytest.mark.parametrize("what", ["cancel", "retry"])
@pytest.mark.parametrize("run_id", ["a" * 129, "a" * 60_000, "a b", "\0", "ä", "<x>"])
def test_what_can_be_no_id_is_looked_for_nowhere(control: ModuleType, service: Service, what: str, run_id: str) -> None:
    status, told = answer(control, "POST", f"/runs/{run_id}/{what}")
    assert (status, service.asked) == (404, [])
    assert len(told["error"]) < 1_000


@pytest.mark.parametrize("what", ["cancel", "retry"])
def test_any_other_error_gives_nothing_away(control: ModuleType, service: Service, what: str) -> None:
    service.error = RuntimeError("hunter2")
    status, told = answer(control, "POST", f"/runs/{RUN}/{what}")
    assert (status, told["status"], told["errors"]) == (500, "error", [])
    assert "RuntimeError" in told["error"]
    assert "hunter2" not in json.dumps(told)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/runs/{RUN}/cancel"),
        ("DELETE", f"/runs/{RUN}/retry"),
        ("POST", f"/runs/{RUN}"),
        ("POST", f"/runs/{RUN}/cancel/now"),
        ("POST", "/runs//cancel"),
        ("POST", "/"),
    ],
)
def test_anything_else_is_not_here(control: ModuleType, service: Service, method: str, path: str) -> None:
    status, told = answer(control, method, path)
    assert (status, told["status"], told["errors"], service.asked) == (404, "error", [], [])
    assert "/runs/{run_id}/cancel" in told["error"]
