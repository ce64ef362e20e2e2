"""Orders that run on several instances: what every command shows of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contracts.examples import NOW
from unit.cli.stand import RUN, TRACE, Stand
from unit.cli.test_simulated import SSM

from execution_engine.orders.order import Order

AWS_ID = "i-0123456789abcdef0"
WORDS = "Undeliverable: SSM can't reach the instance, it was terminated some time ago and will not come back"

ENDS: dict[str, Any] = {
    "web-1": {"status": "succeeded", "exit_code": 0, "started_at": NOW, "ended_at": NOW + 2, "log_bytes": 4},
    "web-2": {"status": "failed", "exit_code": 28, "started_at": NOW, "ended_at": NOW + 3, "log_bytes": 8},
    AWS_ID: {"status": "failed", "reason": "dispatch_failed", "message": WORDS},
}


def begin(stand: Stand, **targets: Any) -> None:
    stand.begin("patch", "restart", execution_target="ssm", ssm_targets=targets or {"tags": {"Role": ["web"]}})
    stand.tell("0001", "running", attempt=1)


def end(stand: Stand) -> None:
    stand.log("0001", b"one\n", instance="web-1")
    stand.log("0001", b"no room\n", instance="web-2")
    stand.log("0001", WORDS.encode(), instance=AWS_ID)
    stand.tell("0001", "failed", attempt=1, exit_code=28, instances=ENDS)
    stand.tell("0002", "succeeded", attempt=1, exit_code=0, instances={"web-1": ENDS["web-1"]})
    stand.complete("failed", failed=1, succeeded=1)


@pytest.fixture
def ran(stand: Stand) -> Stand:
    begin(stand)
    stand.clock.advance(3)
    end(stand)
    return stand


ROWS = [
    f"      {AWS_ID}  ✗ failed     dispatch_failed",
    "          Undeliverable: SSM can't reach the instance, it was terminated some",
    "          time ago and will not come back",
    "      web-1                ✓ succeeded  00:02",
    "      web-2                ✗ failed     00:03  exit 28",
]


def test_status_shows_each_instance_below_its_order(ran: Stand) -> None:
    lines = ran.call("status", RUN).stdout.splitlines()
    assert lines[-8].split() == ["0001", "patch", "✗", "failed", "00:03", "ssm", "exit", "28"]
    assert lines[-7:-2] == ROWS
    assert lines[-1] == "      web-1  ✓ succeeded  00:02"
    assert max(map(len, lines)) <= 80


def test_status_as_json_has_them_sorted_by_their_ids(ran: Stand) -> None:
    first, second = json.loads(ran.call("status", RUN, "--json").stdout)["orders"]
    assert [one["instance_id"] for one in first["instances"]] == [AWS_ID, "web-1", "web-2"]
    assert first["instances"][2] == {
        "instance_id": "web-2",
        "status": "failed",
        "exit_code": 28,
        "reason": None,
        "message": None,
        "started_at": NOW,
        "ended_at": NOW + 3,
        "seconds": 3.0,
        "log_bytes": 8,
    }
    assert [one["seconds"] for one in second["instances"]] == [2.0]


def test_history_shows_them_below_the_event_that_ends_the_order(ran: Stand) -> None:
    lines = ran.call("history", TRACE).stdout.splitlines()
    place = next(place for place, line in enumerate(lines) if "failed" in line)
    assert lines[place].endswith("attempt=1  exit_code=28")
    assert lines[place + 1 : place + 6] == ROWS
    events = json.loads(ran.call("history", TRACE, "--json").stdout)["events"]
    assert [event["data"]["instances"] for event in events if event["event_type"] == "failed"] == [ENDS]


def test_what_commands_call_instances_is_theirs(stand: Stand) -> None:
    begin(stand)
    stand.tell("0001", "failed", status="info", instances={"web-1": {"status": "failed"}})
    line = stand.call("history", TRACE).stdout.splitlines()[-1]
    assert line.endswith('instances={"web-1":{"status":"failed"}}')


def test_run_tells_a_count_and_who_did_not_succeed_and_at_the_end_of_each(stand: Stand, job: Path) -> None:
    job.write_text(SSM)

    def first() -> None:
        begin(stand)
        stand.tell("0001", "patched", status="info", instance_id="web-1")

    begin(stand)
    stand.world.the_events.clear()
    stand.steps(first, lambda: end(stand))
    result = stand.call("run", job, "--instances", f"web-1:Role=web:Stage=prod,web-2,{AWS_ID}")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    live = lines.index("      3 instances: 1 succeeded, 2 failed")
    assert lines[live - 2].endswith(" patch    event patched (info, web-1)")
    assert lines[live - 1].endswith(" patch    failed (exit 28)")
    assert lines[live + 1 : live + 5] == [*ROWS[:3], ROWS[4]], "who succeeded is counted"
    assert lines[live + 6] == "      1 instance: 1 succeeded"
    assert lines[live + 7 : -7] == [
        "restart succeeded",
        "  web-1  ✓ succeeded  00:02",
        "patch failed (exit 28), 3 instances: 1 succeeded, 2 failed",
        f"  {AWS_ID}  ✗ failed     dispatch_failed",
        "      Undeliverable: SSM can't reach the instance, it was terminated some time",
        "      ago and will not come back",
        "  web-1                ✓ succeeded  00:02",
        "  web-2                ✗ failed     00:03  exit 28",
        "    │ no room",
    ]
    assert f"  execution-engine logs {RUN} patch --instance {AWS_ID}" in lines


def test_json_of_a_run_has_every_outcome_and_the_combined_log(ran: Stand) -> None:
    document = json.loads(ran.call("wait", RUN, "--json").stdout)
    first, second = document["orders"]
    assert [one["status"] for one in first["instances"]] == ["failed", "succeeded", "failed"]
    assert first["log"] == f"==> {AWS_ID} <==\n{WORDS}\n\n==> web-1 <==\none\n\n==> web-2 <==\nno room\n"
    assert second["instances"][0]["instance_id"] == "web-1"


def test_an_attempt_that_is_to_be_repeated_tells_where_it_failed(stand: Stand, job: Path) -> None:
    stand.steps(lambda: end(stand))
    begin(stand)
    stand.tell("0001", "queued", attempt=1, instances={"web-2": {"status": "failed", "exit_code": 1}})
    job.write_text(SSM)
    lines = stand.call("run", job, "--instances", "web-1:Role=web:Stage=prod,web-2").stderr.splitlines()
    place = lines.index("      1 instance: 1 failed")
    assert lines[place - 1].endswith("queued (attempt 1 failed, to be tried again)")
    assert lines[place + 1] == "      web-2  ✗ failed     exit 1"


def test_very_many_instances_are_counted_at_the_end_and_all_in_the_status(stand: Stand) -> None:
    begin(stand)
    ends = {f"web-{place:03}": {"status": "succeeded"} for place in range(200)}
    ends["web-150"] = {"status": "failed", "exit_code": 1}
    stand.tell("0001", "failed", attempt=1, exit_code=1, instances=ends)
    stand.complete("failed", failed=1)
    told = stand.call("wait", RUN).stderr
    assert "  web-150  ✗ failed     exit 1\n" in told
    assert "  and 170 more: 170 succeeded\n" in told
    assert stand.call("status", RUN).stdout.count("✓ succeeded") == 199


def test_logs_of_all_and_of_one(ran: Stand) -> None:
    whole = f"==> {AWS_ID} <==\n{WORDS}\n\n==> web-1 <==\none\n\n==> web-2 <==\nno room\n"
    assert ran.call("logs", RUN, "patch").stdout == whole
    assert ran.call("logs", RUN, "patch", "--follow").stdout == whole
    assert ran.call("logs", RUN, "patch", "--instance", "web-2").stdout_bytes == b"no room\n"
    assert ran.call("logs", RUN, "restart").stdout_bytes == b"", "of the only one its bytes"
    assert json.loads(ran.call("logs", RUN, "patch", "--instance", "web-2", "--json").stdout) == {
        "order_num": "0001",
        "order_name": "patch",
        "instance_id": "web-2",
        "log": "no room\n",
    }


@pytest.mark.parametrize("options", [(), ("--follow",)])
def test_logs_of_an_instance_that_there_is_not(ran: Stand, options: tuple[str, ...]) -> None:
    result = ran.call("logs", RUN, "patch", "--instance", "web-9", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"has the instances {AWS_ID}, web-1, web-2, so none web-9" in result.stderr


def follow(stand: Stand) -> None:
    """Two instances in turn, then a second attempt of which the row tells everything at its end."""

    def turns() -> None:
        stand.log("0001", b"a line\n", instance="web-2")
        stand.log("0001", b"half a ", instance="web-1")

    def more() -> None:
        stand.log("0001", b"line\n", instance="web-1")

    def again() -> None:
        stand.log("0001", b"last words", instance="web-2")
        stand.tell("0001", "running", attempt=2)
        stand.log("0001", b"second\n", attempt=2, instance="web-1")

    def over() -> None:
        stand.log("0001", b"done\n", attempt=2, instance="web-2")
        stand.tell("0001", "succeeded", attempt=2, instances={"web-1": ENDS["web-1"], "web-2": ENDS["web-1"]})

    begin(stand, instance_ids=["web-1", "web-2"])
    stand.steps(lambda: stand.log("0001", b"begun\n", instance="web-1"), turns, more, again, over)


def test_logs_that_are_followed_say_whose_they_are(stand: Stand) -> None:
    follow(stand)
    result = stand.call("logs", RUN, "patch", "--follow")
    assert result.exit_code == 0
    assert result.stdout.split("\n") == [
        "==> web-1 <==",
        "begun",
        "half a ",
        "",
        "==> web-2 <==",
        "a line",
        "",
        "==> web-1 <==",
        "line",
        "",
        "==> web-2 <==",
        "last words",
        "",
        "==> web-1 <==",
        "second",
        "",
        "==> web-2 <==",
        "done",
        "",
    ]


def test_the_log_of_one_is_followed_as_it_is(stand: Stand) -> None:
    follow(stand)
    result = stand.call("logs", RUN, "patch", "--follow", "--instance", "web-2")
    assert result.stdout_bytes == b"a line\nlast wordsdone\n"


def test_an_instance_that_tags_may_still_find_is_waited_for(stand: Stand) -> None:
    begin(stand)
    stand.steps(
        lambda: stand.log("0001", b"one\n", instance="web-1"),
        lambda: stand.log("0001", b"two\n", instance="web-2"),
        lambda: stand.tell("0001", "succeeded", attempt=1, instances={"web-2": ENDS["web-1"], "web-1": ENDS["web-1"]}),
    )
    assert stand.call("logs", RUN, "patch", "-f", "--instance", "web-2").stdout_bytes == b"two\n"


def test_what_the_engine_says_of_an_order_that_came_nowhere_is_followed_too(stand: Stand) -> None:
    begin(stand, instance_ids=["web-1", "web-2"])

    def refuse() -> None:
        stand.tell("0001", "failed", attempt=1, reason="dispatch_failed")
        order = stand.world.the_orders["0001"]
        values = {name: getattr(order, name) for name in Order.__slots__}
        stand.world.the_orders["0001"] = Order(**{**values, "log_tail": "no command was taken"})

    stand.steps(refuse)
    assert stand.call("logs", RUN, "patch", "--follow").stdout_bytes == b"no command was taken"
