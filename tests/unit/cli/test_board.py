"""Where orders stand, which of them a table has room for, and how it looks."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from execution_engine.cli.board import STATUSES, Board, Change, Line
from execution_engine.cli.folding import MOST, fold
from execution_engine.cli.live import LiveTable, draw


def line(num: int, state: str = "queued", **facts: Any) -> Line:
    return Line(f"{num:04d}", f"order-{num}", "lambda", True, state=state, **facts)


def event(kind: str, epoch: float = 10.0, status: str | None = None, num: str = "0001", **data: Any) -> dict[str, Any]:
    return {"order_num": num, "event_type": kind, "status": status or kind, "epoch": epoch, "data": data}


def test_a_life_with_a_second_attempt() -> None:
    board = Board([line(1)])
    told = [
        board.learn(event("queued")),
        board.learn(event("dispatched", 11, attempt=1)),
        board.learn(event("running", 12, attempt=1)),
        board.learn(event("running", 12, attempt=1)),
        board.learn(event("queued", 13, attempt=1)),
        board.learn(event("dispatched", 14, attempt=2)),
        board.learn(event("running", 15, attempt=2)),
        board.learn(event("failed", 19, attempt=2, exit_code=7)),
    ]
    assert told == [
        None,
        Change(11, "order-1", "dispatched"),
        Change(12, "order-1", "running"),
        None,
        Change(13, "order-1", "queued", "attempt 1 failed, to be tried again"),
        Change(14, "order-1", "dispatched"),
        Change(15, "order-1", "running", "attempt 2"),
        Change(19, "order-1", "failed", "exit 7"),
    ]
    assert board.lines["0001"].elapsed(100) == 4
    assert board.counts == {"failed": 1}


def test_what_commands_report_is_a_note_whatever_it_is_called() -> None:
    board = Board([line(1)])
    assert board.learn(event("deployed", status="info")) == Change(10, "order-1", "deployed", "info", note=True)
    assert board.learn(event("succeeded", status="info")) == Change(10, "order-1", "succeeded", "info", note=True)
    assert board.lines["0001"].state == "queued"


def test_events_of_the_job_and_of_strangers_are_no_news() -> None:
    board = Board([line(1)])
    assert board.learn({"event_type": "job_started", "status": "running", "epoch": 1.0}) is None
    assert board.learn(event("running", num="0009")) is None


def test_the_time_of_an_order() -> None:
    assert line(1).elapsed(10) is None
    assert line(1, "running", started=4.0, since=4.0).elapsed(10) == 6
    assert line(1, "succeeded", started=4.0, since=9.0).elapsed(10) == 5
    assert line(1, "failed", since=9.0).elapsed(10) is None, "it never ran"
    assert line(1, "queued", started=4.0).elapsed(10) is None, "it waits for its next attempt"


ENDS = {
    "web-2": {"status": "failed", "exit_code": 7, "started_at": 10.0, "ended_at": 13.0},
    "web-1": {"status": "succeeded"},
}


def test_the_end_of_an_order_tells_of_its_instances() -> None:
    board = Board([Line("0001", "patch", "ssm", True)])
    change = board.learn(event("failed", 13, exit_code=7, instances=ENDS))
    assert change is not None
    assert [one["instance_id"] for one in change.instances] == ["web-1", "web-2"]
    assert board.lines["0001"].instances == change.instances


def test_an_attempt_that_is_repeated_leaves_no_instances_behind() -> None:
    board = Board([Line("0001", "patch", "ssm", True, "running")])
    change = board.learn(event("queued", attempt=1, instances=ENDS))
    assert change is not None
    assert len(change.instances) == 2
    assert board.lines["0001"].instances == ()


def test_what_commands_report_says_on_which_instance() -> None:
    board = Board([Line("0001", "patch", "ssm", True), line(2)])
    told = board.learn(event("deployed", status="info", instance_id="web-1\x1b[2J"))
    assert told == Change(10, "patch", "deployed", "info, web-1", note=True)
    own = board.learn(event("deployed", status="info", num="0002", instance_id="web-1"))
    assert own == Change(10, "order-2", "deployed", "info", note=True), "elsewhere it is the commands' own word"


def test_few_orders_are_all_shown() -> None:
    lines = [line(i, "succeeded") for i in range(10)]
    assert fold(lines, 10).shown == tuple(lines)
    assert fold(lines, 10).hidden == ""


def test_of_many_those_that_run_and_those_that_failed_are_shown() -> None:
    lines = [line(i, "succeeded") for i in range(100)]
    lines[7], lines[60] = line(7, "running"), line(60, "failed")
    folded = fold(lines, 40)
    assert [one.num for one in folded.shown] == ["0007", "0060"]
    assert folded.hidden == ""


def test_what_failed_by_itself_is_shown_before_what_never_ran() -> None:
    lines = [line(i, "failed", reason="dependency_failed", since=50.0) for i in range(100)]
    lines[70] = line(70, "failed", since=1.0)
    assert "0070" in {one.num for one in fold(lines, 5).shown}


@given(st.lists(st.sampled_from(STATUSES), max_size=80), st.integers(-5, 60))
def test_a_table_always_fits_and_tells_what_is_left_out(states: list[str], room: int) -> None:
    lines = [line(i, state) for i, state in enumerate(states)]
    folded = fold(lines, room)
    assert len(folded.shown) <= max(3, min(MOST, room))
    assert [one for one in lines if one in folded.shown] == list(folded.shown), "in the order of the job"
    matter = [one for one in lines if one.state not in ("queued", "succeeded")]
    left_out = sum(1 for one in matter if one not in folded.shown)
    assert folded.hidden == (f"{left_out} more that run or failed" if left_out else "")


def drawn(board: Board, width: int = 80, room: int = 20) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(draw(board, now=75.0, begun=10.0, room=room))
    return [text.rstrip() for text in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_the_table() -> None:
    optional = Line("0003", "order-3", "lambda", False, "failed", since=20.0, started=15.0, exit_code=1)
    board = Board([line(1, "succeeded", started=10.0, since=71.0), line(2, "running", started=70.0), optional])
    assert drawn(board) == [
        "✓ succeeded  order-1  lambda  01:01",
        "▶ running    order-2  lambda  00:05",
        "✗ failed     order-3  lambda  00:05  exit 1 optional",
        "01:05  1 running · 1 succeeded · 1 failed",
    ]


def on_instances(*statuses: str) -> Board:
    ends = {f"i-{place:017}": {"status": status, "exit_code": 137} for place, status in enumerate(statuses)}
    board = Board([Line("0001", "patch", "ssm", True, "running", started=10.0), line(2)])
    board.learn(event("failed", 15.0, exit_code=137, instances=ends))
    return board


def test_the_table_counts_instances_and_names_those_that_did_not_succeed() -> None:
    assert drawn(on_instances("succeeded", "failed", "timed_out")) == [
        "✗ failed       patch                ssm     00:05  exit 137",
        "                                                   3 instances: 1 succeeded, 1 …",
        "  ✗ failed     i-00000000000000001                 exit 137",
        "  ⏱ timed out  i-00000000000000002                 exit 137",
        "· queued       order-2              lambda",
        "01:05  1 queued · 1 failed",
    ]


def test_orders_have_room_before_instances() -> None:
    statuses = ["failed"] * 50
    assert len(drawn(on_instances(*statuses), room=20)) == 21
    assert len(drawn(on_instances(*statuses), room=3)) == 4
    lines = drawn(on_instances(*statuses), room=4, width=120)
    assert lines[1].strip() == "50 instances: 50 failed (not all shown)"
    assert lines[3].split()[:3] == ["·", "queued", "order-2"]
    assert [text for text in drawn(on_instances(*statuses), room=2) if "instance" in text] == []


def test_a_large_table_is_counts_and_what_matters() -> None:
    board = Board([line(i, "running", started=70.0) for i in range(40)] + [line(99)])
    lines = drawn(board)
    assert len(lines) == 22
    assert lines[-2:] == ["and 20 more that run or failed", "01:05  1 queued · 40 running"]


@pytest.mark.parametrize("width", [20, 40, 200])
def test_a_narrow_terminal_breaks_no_line(width: int) -> None:
    board = Board([Line("0001", "n" * 128, "codebuild", True, "failed", reason="dependency_failed")])
    assert len(drawn(board, width)) == 2


def test_a_live_table_ends_with_its_last_picture() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24)
    board = Board([line(1, "running", started=1.0)])
    with LiveTable(console, 0.0) as live:
        live.show(board, [], 2.0)
        live.say("interrupted [not markup]")
        board.learn(event("succeeded", 5.0))
        live.show(board, [], 6.0)
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert "interrupted [not markup]" in written
    assert "succeeded" in written
    assert written.endswith("\x1b[?25h"), "the cursor is back"


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    class Gone(io.StringIO):
        gone = False

        def write(self, text: str) -> int:
            if self.gone:
                raise OSError(5, "Input/output error")
            return super().write(text)

    file = Gone()
    console = Console(file=file, force_terminal=True, width=80, height=24)
    with LiveTable(console, 0.0) as live:
        file.gone = True
        live.show(Board([line(1)]), [], 1.0)
        live.say("anybody?")
    file.gone = False
