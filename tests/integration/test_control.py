"""Cancel and retry through the function that API Gateway asks, under its own role's policy."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from integration.machine import order, until
from integration.view import View

from execution_engine.local.gateway import http_event

Answer = tuple[int, dict[str, Any]]


def ask(view: View, run_id: str, what: str) -> Answer:
    found = view.invoke("control", http_event("POST", f"/runs/{run_id}/{what}"))
    return found["statusCode"], json.loads(found["body"])


def begin(view: View, *orders: dict[str, Any], **job: Any) -> str:
    answer = view.invoke("init-job", {"job": {"username": "ann", "orders": list(orders), **job}})
    assert answer["status"] == "ok", answer
    return str(answer["run_id"])


def ended(view: View, run_id: str) -> dict[str, Any]:
    """What ``done`` says."""
    until(lambda: f"{run_id}/done" in view.keys("DONE_BUCKET", run_id))
    return view.document(f"{run_id}/done", "DONE_BUCKET")


def statuses(view: View, run_id: str) -> dict[str, str]:
    return {one["order_name"]: one["status"] for one in view.orders(run_id)}


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


def test_what_failed_runs_again_and_what_succeeded_does_not(view: View, told: Path, tmp_path: Path) -> None:
    secret, repaired = secrets.token_hex(20), tmp_path / "repaired"
    says = f"echo $ORDER_ID >> {told}"
    first = begin(
        view,
        order("a", says),
        order(
            "b", says, f"test -e {repaired} && test ${{#TOKEN}} = 40", dependencies=["a"], env_vars={"TOKEN": secret}
        ),
        order("c", says, dependencies=["b", "0001"]),
        order("d", says),
    )
    assert ended(view, first)["status"] == "failed"
    repaired.touch()
    status, answer = ask(view, first, "retry")
    second = answer["run_id"]
    assert (status, answer["retry_of"]) == (200, first)
    assert ended(view, second)["status"] == "succeeded"
    assert statuses(view, second) == {"b": "succeeded", "c": "succeeded"}
    assert sorted(told.read_text().split()) == ["a", "b", "b", "c", "d"]
    (run,) = {event["trace_id"] for event in view.events(answer["trace_id"])}
    assert {event["run_id"] for event in view.events(run)} == {first, second}
    assert ask(view, first, "retry")[0] == 400
    kept = view.read(f"tmp/exec/{first}/0000/job.age")
    assert secret.encode() not in kept


def test_asked_again_while_it_runs_it_is_the_same_retry(view: View, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    # The first try fails, the second waits.
    waits = begin(view, order("a", f"test -e {go_on} || {{ touch {go_on}; exit 1; }}; sleep 60"))
    ended(view, waits)
    _, answer = ask(view, waits, "retry")
    until(lambda: statuses(view, answer["run_id"]) == {"a": "running"})
    assert ask(view, waits, "retry") == (200, {**answer, "replayed": True})
    status, refused = ask(view, answer["run_id"], "retry")
    assert (status, refused["errors"][0]["where"]) == (409, "run_id")
    assert ask(view, answer["run_id"], "cancel")[0] == 200
    assert ended(view, answer["run_id"])["status"] == "failed"
    # What was cancelled is what is left to do.
    status, third = ask(view, waits, "retry")
    assert (status, third["retry_of"]) == (200, answer["run_id"])
    ask(view, third["run_id"], "cancel")
    ended(view, third["run_id"])


def test_a_cancelled_command_may_clean_up_and_what_waits_never_starts(view: View, told: Path) -> None:
    traps = f"trap 'echo cleaned >> {told}; exit 1' INT; echo up >> {told}; while :; do sleep 0.1; done"
    run_id = begin(view, order("a", traps), order("b", f"echo b >> {told}", dependencies=["a"]))
    until(lambda: told.exists())
    answers = [ask(view, run_id, "cancel") for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]
    first, second = (answer["run_status"] for _, answer in answers)
    assert first == "cancelling"
    assert second in ("cancelling", "failed"), "by then it may be over"
    assert ended(view, run_id)["status"] == "failed"
    assert {one["order_name"]: one["reason"] for one in view.orders(run_id)} == {"a": "cancelled", "b": "cancelled"}
    assert told.read_text().split() == ["up", "cleaned"]
    assert ask(view, run_id, "cancel")[1]["run_status"] == "failed"


def test_a_run_cancelled_as_soon_as_it_has_a_name_ends(view: View) -> None:
    run_id = begin(view, order("a", "sleep 300", timeout=400))
    assert ask(view, run_id, "cancel")[0] == 200
    assert ended(view, run_id)["status"] == "failed"


def test_a_run_that_succeeded_stays_as_it_is(view: View) -> None:
    run_id = begin(view, order("a"))
    ended(view, run_id)
    assert ask(view, run_id, "cancel") == (
        200,
        {"status": "ok", "run_id": run_id, "trace_id": view.orders(run_id)[0]["trace_id"], "run_status": "succeeded"},
    )
    assert ask(view, run_id, "retry")[0] == 400


@pytest.mark.parametrize("what", ["cancel", "retry"])
def test_an_unknown_run_is_not_found(view: View, what: str) -> None:
    status, answer = ask(view, "11111111-2222-4333-8444-555555555555", what)
    assert (status, answer["status"], answer["errors"]) == (404, "error", [])


def test_other_routes_are_not_here(view: View) -> None:
    found = view.invoke("control", http_event("GET", "/runs/x/cancel"))
    assert found["statusCode"] == 404


def test_a_job_that_was_kept_is_not_found_when_it_is_gone(view: View) -> None:
    run_id = begin(view, order("a", "false"))
    ended(view, run_id)
    view.client("s3").delete_object(Bucket=view.name("INTERNAL_BUCKET"), Key=f"tmp/exec/{run_id}/0000/job.age")
    status, answer = ask(view, run_id, "retry")
    assert (status, "submit the job again" in answer["error"]) == (404, True)
