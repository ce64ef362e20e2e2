"""How an order ended on its instances, as text."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from execution_engine.cli.instances import choose, count, message, rows, unsuccessful, why


def one(name: str = "web-1", status: str = "succeeded", **facts: Any) -> dict[str, Any]:
    unknown = {"exit_code": None, "reason": None, "message": None, "seconds": None}
    return {"instance_id": name, "status": status, **unknown, **facts}


def test_they_are_counted_by_how_they_ended() -> None:
    assert count([one()]) == "1 instance: 1 succeeded"
    some = [one("a", "timed_out"), one("b", "failed"), one("c"), one("d")]
    assert count(some) == "4 instances: 2 succeeded, 1 failed, 1 timed out"


def test_why_one_did_not_succeed() -> None:
    assert why(one(exit_code=0)) == ""
    assert why(one(status="failed", exit_code=7)) == "exit 7"
    assert why(one(status="failed", reason="worker_lost")) == "worker_lost"
    assert why(one(status="failed", reason="cancelled", exit_code=130)) == "cancelled, exit 130"
    assert why(one(status="timed_out")) == ""


def test_each_has_a_line_and_below_it_what_is_said_of_it() -> None:
    lost = one("i-0123456789abcdef0", "failed", reason="dispatch_failed", message="DeliveryTimedOut:\n\x1b[2Jnot there")
    told = rows(
        [one(seconds=61.4, exit_code=0), one("web-2", "failed", exit_code=7, seconds=1.0), lost, one("b")], **AT
    )
    assert told == [
        ["  web-1                ✓ succeeded  01:01"],
        ["  web-2                ✗ failed     00:01  exit 7"],
        ["  i-0123456789abcdef0  ✗ failed     dispatch_failed", "      DeliveryTimedOut: not there"],
        ["  b                    ✓ succeeded"],
    ]


AT: dict[str, Any] = {"indent": "  ", "columns": 80}


@given(st.text(max_size=500), st.integers(0, 200))
def test_no_message_is_wider_than_the_terminal_or_moves_its_cursor(said: str, columns: int) -> None:
    told = rows([one(status="failed", message=said)], indent="  ", columns=columns)
    assert all(len(line) <= max(40, columns) and line.isprintable() for line in told[0])
    assert "".join(told[0][1:]).replace(" ", "") == message(one(message=said)).replace(" ", "")


def test_nobody_has_nothing() -> None:
    assert rows([], **AT) == []
    assert choose([], 3) == ([], "")


def test_of_many_those_stay_that_did_not_succeed() -> None:
    some = [one("a"), one("b", "failed"), one("c"), one("d", "timed_out"), one("e")]
    shown, hidden = choose(some, 3)
    assert [each["instance_id"] for each in shown] == ["a", "b", "d"]
    assert hidden == "and 2 more: 2 succeeded"
    assert choose(some, 1) == ([some[1]], "and 4 more: 3 succeeded, 1 timed out")
    assert choose(some, 5) == (some, "")


@given(st.lists(st.sampled_from(["succeeded", "failed", "timed_out"]), max_size=30), st.integers(-3, 40))
def test_the_choice_keeps_the_order_and_counts_the_rest(statuses: list[str], most: int) -> None:
    some = [one(f"web-{place:02}", status) for place, status in enumerate(statuses)]
    shown, hidden = choose(some, most)
    assert shown == [each for each in some if each in shown]
    assert len(shown) == min(len(some), max(0, most))
    left = len(some) - len(shown)
    assert hidden.startswith(f"and {left} more: ") if left else hidden == ""
    assert len(unsuccessful(shown)) == min(len(shown), len(unsuccessful(some)))
