"""``status``, ``history``, ``logs``: what ran, as text, as JSON, as bytes."""

from __future__ import annotations

import json
import signal

import pytest
from unit.cli.stand import FLOW, RUN, TRACE, Stand

from execution_engine.cli.runs import TAKE_UP_LIMIT


@pytest.fixture
def ran(stand: Stand) -> Stand:
    stand.begin("build", "test")
    stand.clock.advance(1)
    stand.tell("0001", "running", attempt=1)
    stand.clock.advance(2)
    stand.log("0001", b"\x00raw \xffbytes\xe2\x82")
    stand.log("0001", b"\xac without an end")
    stand.tell("0001", "failed", attempt=1, exit_code=3)
    stand.tell("0002", "failed", reason="dependency_failed")
    stand.complete("failed", failed=2)
    return stand


LOG = b"\x00raw \xffbytes\xe2\x82\xac without an end"


def test_status_as_text(ran: Stand) -> None:
    result = ran.call("status", RUN)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        f"run      {RUN}",
        f"trace    {TRACE}",
        f"flow     {FLOW}",
        "status   failed: 2 failed of 2",
    ]
    assert lines[-2].split() == ["0001", "build", "✗", "failed", "00:02", "lambda", "exit", "3"]
    assert lines[-1].split() == ["0002", "test", "✗", "failed", "lambda", "dependency_failed"]
    assert result.stderr == ""


def test_status_of_a_run_that_is_being_stopped(stand: Stand) -> None:
    stand.begin("build")
    stand.cancel(RUN)
    assert "status   running (being stopped: cancelled)\n" in stand.call("status", RUN).stdout


def test_status_as_json_is_the_runs_document(ran: Stand) -> None:
    result = ran.call("status", RUN, "--json")
    assert json.loads(result.stdout) == ran.history.run(RUN)


def test_status_says_whose_orders_are_repeated(stand: Stand) -> None:
    stand.again()
    assert "retry of the-old-one\n" in stand.call("status", RUN).stdout


@pytest.mark.parametrize("abandoned", [True, False])
def test_status_ends_what_nobody_follows_any_more(stand: Stand, abandoned: bool) -> None:
    stand.begin("build", "test")
    stand.alone = True
    stand.abandoned |= {RUN} if abandoned else set()

    def end() -> None:
        stand.tell("0001", "failed", reason="cancelled")
        stand.tell("0002", "failed", reason="cancelled")
        stand.complete("failed", failed=2, cancelled=2)

    stand.steps(lambda: None, end)
    result = stand.call("status", RUN, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "failed"
    assert (stand.cancels, stand.taken_up) == (1, [RUN] if abandoned else [])
    assert ("What ran is lost" in result.stderr) == abandoned
    assert f"execution-engine retry {RUN}" in result.stderr


def test_status_only_shows_what_another_command_follows(stand: Stand) -> None:
    stand.begin("build")
    result = stand.call("status", RUN)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (stand.cancels, stand.taken_up, stand.clock.sleeps) == (0, [], [])


def test_status_lets_another_command_go_on_with_what_was_abandoned(stand: Stand) -> None:
    """Its ``wait`` is there already, and has not taken the run up yet."""
    stand.begin("build")
    stand.abandoned.add(RUN)
    stand.steps(lambda: None, lambda: stand.take_up(RUN))
    result = stand.call("status", RUN)
    assert (result.exit_code, result.stderr, stand.cancels) == (0, "", 0)


@pytest.mark.parametrize("leaves", [True, False])
def test_what_no_other_command_goes_on_with_is_ended(stand: Stand, leaves: bool) -> None:
    """The others left, or do something else."""
    stand.begin("build")
    stand.abandoned.add(RUN)
    begun = stand.clock.now()

    def leave() -> None:
        stand.alone = leaves

    def end() -> None:
        stand.tell("0001", "failed", reason="cancelled")
        stand.complete("failed", failed=1, cancelled=1)

    looks = 1 if leaves else 50
    stand.steps(leave, *[lambda: None] * (looks - 1), end)
    assert stand.call("status", RUN).exit_code == 0
    assert (stand.cancels, stand.taken_up) == (1, [RUN])
    assert (stand.clock.now() - begun < TAKE_UP_LIMIT) == leaves


def test_an_interrupt_ends_the_bringing_to_an_end(stand: Stand) -> None:
    stand.begin("build")
    stand.abandoned.add(RUN)
    stand.alone = True
    stand.steps(lambda: signal.raise_signal(signal.SIGINT))
    assert stand.call("status", RUN).exit_code == 130


REMAINS: dict[str, object] = {
    "killed": {"started_at": 1_800_000_000.0, "last_heard_at": 1_800_000_060.0, "noticed_at": 1_800_000_070.0},
    "submitted": 3,
    "never_started": 1,
    "orders": [
        {"order_num": "0001", "order_name": "build", "attempt": 1, "claimed_at": 1_800_000_001.0}
        | {"status": "failed", "reason": None, "exit_code": 2, "log": "/state/log"},
        {"order_num": "0002", "order_name": None, "attempt": 2, "claimed_at": None}
        | {"status": None, "reason": None, "exit_code": None, "log": None},
    ],
}


@pytest.mark.parametrize("command", [("status",), ("wait",), ("cancel",), ("retry",), ("logs", "build")])
def test_of_a_run_whose_records_are_lost_all_is_said_that_is_known(stand: Stand, command: tuple[str, ...]) -> None:
    stand.lost = REMAINS
    arguments = (command[0], RUN, *command[1:])
    result = stand.call(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"error: the records of run {RUN} are lost")
    assert "was killed (started 2027-01-15 08:00:00.000, last heard of 2027-01-15 08:01:00.000 UTC)" in lines[0]
    assert lines[2:5] == [
        "  0001 build started 2027-01-15 08:00:01.000, failed (exit 2); its log: /state/log",
        "  0002 (attempt 2) started -, was cut off without a result",
        "  1 order never started",
    ]
    document = json.loads(stand.call(*arguments, "--json").stdout)
    assert document == {
        "status": "error",
        "error": lines[0].removeprefix("error: "),
        "errors": [],
        "run_id": RUN,
        "lost": REMAINS,
    }


def test_history_as_text(ran: Stand) -> None:
    result = ran.call("history", TRACE)
    assert result.exit_code == 0
    assert [line.split()[2:4] for line in result.stdout.splitlines()] == [
        ["build", "queued"],
        ["test", "queued"],
        ["build", "running"],
        ["build", "failed"],
        ["test", "failed"],
    ]
    assert result.stdout.splitlines()[3].endswith("attempt=1  exit_code=3")


def test_history_as_json_and_of_one_order(ran: Stand) -> None:
    result = ran.call("history", TRACE, "--order", "test", "--json")
    document = json.loads(result.stdout)
    assert list(document) == ["events"]
    assert [event["event_type"] for event in document["events"]] == ["queued", "failed"]
    assert {event["order_name"] for event in document["events"]} == {"test"}


def test_what_commands_wrote_into_an_event_can_not_move_the_cursor(stand: Stand) -> None:
    stand.begin("build")
    stand.tell("0001", "note", status="info", text="\x1b[2Jgone", rows=[{"a": 1}])
    line = stand.call("history", TRACE).stdout.splitlines()[-1]
    assert line.endswith(r'text="\u001b[2Jgone"  rows=[{"a":1}]')


@pytest.mark.parametrize("order", ["build", "0001"])
def test_a_log_is_its_bytes_and_nothing_else(ran: Stand, order: str) -> None:
    result = ran.call("logs", RUN, order)
    assert result.exit_code == 0
    assert result.stdout_bytes == LOG
    assert result.stderr == ""


def test_a_log_as_json_is_one_document(ran: Stand) -> None:
    result = ran.call("logs", RUN, "build", "--json")
    assert json.loads(result.stdout) == {
        "order_num": "0001",
        "order_name": "build",
        "log": LOG.decode("utf-8", "replace"),
    }


def test_a_log_is_followed_until_its_order_ends(stand: Stand) -> None:
    stand.begin("build")

    def first_attempt() -> None:
        stand.tell("0001", "running", attempt=1)
        stand.log("0001", b"one ")

    def more() -> None:
        stand.log("0001", b"two\n")

    def second_attempt() -> None:
        stand.log("0001", b"last words\n")
        stand.tell("0001", "running", attempt=2)
        stand.log("0001", b"again ", attempt=2)

    def end() -> None:
        stand.log("0001", b"done\n", attempt=2)
        stand.tell("0001", "succeeded", attempt=2)

    stand.steps(first_attempt, more, second_attempt, end)
    result = stand.call("logs", RUN, "build", "--follow")
    assert result.exit_code == 0
    assert result.stdout_bytes == b"one two\nlast words\nagain done\n"


def test_what_nobody_works_on_is_not_followed(stand: Stand) -> None:
    stand.begin("build")
    stand.tell("0001", "running", attempt=1)
    stand.log("0001", b"so far")
    stand.abandoned.add(RUN)
    result = stand.call("logs", RUN, "build", "--follow")
    assert (result.exit_code, result.stdout_bytes, stand.clock.sleeps) == (0, b"so far", [])
    assert "nobody works on run" in result.stderr


def test_nothing_is_awaited_of_an_order_that_ended(ran: Stand) -> None:
    assert ran.call("logs", RUN, "build", "-f").stdout_bytes == LOG
    assert ran.clock.sleeps == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "nope"),
        ("wait", "nope"),
        ("cancel", "nope"),
        ("retry", "nope"),
        ("logs", "nope", "build"),
        ("logs", RUN, "nope"),
        ("history", "nope"),
        ("history", TRACE, "--order", "nope"),
        ("status", ""),
    ],
)
def test_what_does_not_exist_is_refused(ran: Stand, arguments: tuple[str, ...]) -> None:
    result = ran.call(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    result = ran.call(*arguments, "--json")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert (document["status"], document["errors"]) == ("error", [])
    assert "kept for" in document["error"]


def test_the_state_folder_may_be_named_before_and_after(ran: Stand) -> None:
    ran.call("--state", "/before", "status", RUN)
    ran.call("status", RUN, "--state", "/after")
    ran.call("--state", "/before", "status", RUN, "--state", "/after")
    ran.call("status", RUN)
    assert [None if state is None else str(state) for state in ran.opened] == ["/before", "/after", "/after", None]


@pytest.mark.parametrize("unreadable", [(), ("one is damaged", "and another")])
def test_history_as_json_is_written_page_by_page_and_is_one_document(
    ran: Stand, monkeypatch: pytest.MonkeyPatch, unreadable: tuple[str, ...]
) -> None:
    events = next(ran.history.pages(TRACE))["events"]
    assert len(events) > 3
    pages = [{"events": [], "next": "1"}, {"events": events[:2], "next": "2"}, {"events": [], "next": "3"}]
    pages += [{"events": events[2:], "next": None, **({"unreadable": list(unreadable)} if unreadable else {})}]
    monkeypatch.setattr(ran.history, "pages", lambda *asked: iter(pages))
    result = ran.call("history", TRACE, "--json")
    told = {"events": events, **({"unreadable": list(unreadable)} if unreadable else {})}
    assert result.stdout == json.dumps(told, indent=2) + "\n"
    assert result.stderr == "".join(f"{why}\n" for why in unreadable)


def test_history_as_json_of_nothing_that_can_be_read(ran: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"events": [], "next": None, "unreadable": ["damaged"]}
    monkeypatch.setattr(ran.history, "pages", lambda *asked: iter([page]))
    assert json.loads(ran.call("history", TRACE, "--json").stdout) == {"events": [], "unreadable": ["damaged"]}
