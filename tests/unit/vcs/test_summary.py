"""The summary of a run, as a reader of Markdown shows it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from contracts.examples import NOW, a_run, an_order
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from execution_engine.history.documents import order_document, run_document
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import Status
from execution_engine.vcs.summary import LENGTH, label, seconds, summary, wanted_logs

READER = MarkdownIt().enable("table")
RUN = "00000000-0000-4000-8000-00000000abcd"
URL = "https://eu-west-1.console.aws.amazon.com/codesuite/builds/x?region=eu-west-1"


def an_end(num: str, status: str, **changes: Any) -> dict[str, Any]:
    """An order's document."""
    ended = {"attempt": 1, "started_at": NOW, "ended_at": NOW + 2.5} if status != "queued" else {}
    return order_document(an_order(RUN, num, **{"status": Status(status), **ended, **changes}))


def an_instance(name: str, status: str, **changes: Any) -> dict[str, Any]:
    known = {"exit_code": None, "reason": None, "message": None, "seconds": 1.25}
    return {"instance_id": name, "status": status, **known, **changes}


def a_document(*orders: dict[str, Any], status: str | None = "failed", **changes: Any) -> dict[str, Any]:
    """Of a run that is over, but with no ``status``."""
    over: dict[str, Any] = {}
    if status is not None:
        over = {"phase": Phase.COMPLETED, "completed_at": NOW + 75, "status": Status(status), "tally": Tally()}
    run = run_document(a_run(RUN, **{**over, "total": len(orders), **changes}))
    return {**run, "orders": list(orders)}


def cells(text: str) -> list[list[str]]:
    """The rows of all tables, as people see them."""
    rows = re.findall(r"<tr>\n(.*?)</tr>", READER.render(text), re.DOTALL)
    return [
        [html.unescape(re.sub(r"<[^>]+>", "", c)) for c in re.findall(r"<t[dh][^>]*>(.*?)</t", row)] for row in rows
    ]


ORDERS = (
    an_end("0001", "succeeded", order_name="build", execution_target="codebuild", execution_url=URL),
    an_end("0002", "failed", order_name="unit_tests", exit_code=2, attempt=3, reason="command_failed"),
    an_end("0003", "timed_out", order_name="lint", must_succeed=False),
    an_end("0004", "failed", order_name="publish", attempt=0, started_at=None, reason="dependency_failed"),
)


def test_a_run_in_a_few_lines() -> None:
    text = summary(a_document(*ORDERS), {("0002", None): "collecting\n2 failed\n", ("0003", None): ""})
    assert (
        text
        == f"""\
### ❌ <code>exec</code> failed

2 failed, 1 timed out, 1 succeeded of 4, in 1 min 15 s

| | order | target | status | reason | seconds |
|---|---|---|---|---|--:|
| ✅ | [<code>build</code>]({URL}) | <code>codebuild</code> | succeeded |  | 2.5 |
| ❌ | <code>unit_tests</code> | <code>lambda</code> | failed | <code>command_failed</code>, attempt 3 | 2.5 |
| ⌛ | <code>lint</code> | <code>lambda</code> | timed out | optional | 2.5 |
| ❌ | <code>publish</code> | <code>lambda</code> | failed | <code>dependency_failed</code> |  |

<details><summary>❌ <code>unit_tests</code> failed: <code>command_failed</code></summary>

```text
collecting
2 failed
```

</details>

<sub>run <code>{RUN}</code> · trace <code>trace-{RUN}</code> · by <code>ann</code></sub>
"""
    )


def test_the_table_as_it_is_shown() -> None:
    assert cells(summary(a_document(*ORDERS), {})) == [
        ["", "order", "target", "status", "reason", "seconds"],
        ["✅", "build", "codebuild", "succeeded", "", "2.5"],
        ["❌", "unit_tests", "lambda", "failed", "command_failed, attempt 3", "2.5"],
        ["⌛", "lint", "lambda", "timed out", "optional", "2.5"],
        ["❌", "publish", "lambda", "failed", "dependency_failed", ""],
    ]


def test_logs_are_wanted_of_what_ran_and_failed_the_required_first() -> None:
    assert wanted_logs(a_document(ORDERS[2], *ORDERS)) == [("0002", None), ("0003", None), ("0003", None)]


def test_an_exit_code_stands_for_a_reason() -> None:
    run = a_document(an_end("0001", "failed", exit_code=7), an_end("0002", "succeeded", exit_code=0))
    assert [row[4] for row in cells(summary(run, {}))[1:]] == ["exit 7", ""]


def test_a_run_that_goes_on() -> None:
    orders = (an_end("0001", "running", ended_at=None), an_end("0002", "queued", attempt=0))
    text = summary(a_document(*orders, status=None, stop="cancelled"), {})
    assert text.startswith("### ▶️ <code>exec</code> running\n\n1 running, 1 queued of 2 (being stopped: ")
    assert [row[0] for row in cells(text)[1:]] == ["▶️", "⏳"]


def test_a_retry_says_of_what() -> None:
    assert "retry of <code>the-old-one</code>" in summary(a_document(*ORDERS, retry_of="the-old-one"), {})


def test_what_could_not_be_read_is_said() -> None:
    run = {**a_document(*ORDERS), "unreadable": ["record x:0005 can't be read: `why`"]}
    assert "record x:0005 can't be read: `why`" in html.unescape(READER.render(summary(run, {})))


# Instances

FLEET = [
    an_instance("i-2", "succeeded"),
    an_instance("i-1", "failed", exit_code=3),
    an_instance("i-0", "failed", reason="undeliverable", message="the agent | is <off>", seconds=None),
]


def test_instances_are_listed_and_only_the_failed_ones_are_heard() -> None:
    order = {**an_end("0001", "failed", order_name="patch", execution_target="ssm"), "instances": FLEET}
    run = a_document(order)
    assert wanted_logs(run) == [("0001", "i-0"), ("0001", "i-1")]
    text = summary(run, {("0001", "i-0"): "the agent | is <off>\n", ("0001", "i-1"): "broken pipe\n"})
    assert cells(text)[3:] == [
        ["❌", "i-0", "failed", "undeliverable the agent | is <off>", ""],
        ["❌", "i-1", "failed", "exit 3", "1.2"],
        ["✅", "i-2", "succeeded", "", "1.2"],
    ]
    assert "3 instances of <code>patch</code>: 2 failed, 1 succeeded</summary>" in text
    assert "<code>patch</code> on <code>i-1</code> failed: exit 3</summary>\n\n```text\nbroken pipe\n```" in text
    assert "on <code>i-0</code>" not in text, "its log says no more than its row"


def test_an_order_that_failed_on_no_instance_is_heard_itself() -> None:
    order = {**an_end("0001", "failed"), "instances": [an_instance("i-1", "succeeded")]}
    assert wanted_logs(a_document(order)) == [("0001", None)]


def test_of_many_instances_the_failed_ones_are_shown() -> None:
    fleet = [an_instance(f"i-{number:017x}", "succeeded") for number in range(499)] + [an_instance("i-z", "timed_out")]
    text = summary(a_document({**an_end("0001", "failed"), "instances": fleet}), {})
    rows = cells(text)[3:]
    assert rows[0][1] == "i-z"
    assert f"and {500 - len(rows)} more" in text
    assert len(text) < LENGTH


# Logs


def test_the_end_of_a_log_is_shown_clean_in_a_fence_that_holds() -> None:
    log = "start\n" + "line\n" * 100 + "\x1b[31m````\n</details>\n@octocat #12 <b>\x1b[0m\n\n"
    text = summary(a_document(ORDERS[1]), {("0002", None): log})
    fences = [token for token in READER.parse(text) if token.type == "fence"]
    assert len(fences) == 1
    assert fences[0].markup == "`````"
    assert fences[0].content.endswith("line\n````\n</details>\n@octocat #12 <b>\n")
    assert "start" not in fences[0].content
    assert "\x1b" not in text


def test_logs_that_have_no_room_or_were_not_read_are_counted() -> None:
    orders = [an_end(f"{number:04d}", "failed", exit_code=1) for number in range(1, 31)]
    run = a_document(*orders)
    logs = dict.fromkeys(wanted_logs(run)[:20], ("x" * 300 + "\n") * 100)
    text = summary(run, logs)
    shown = text.count("<details>")
    assert 3 < shown < 20
    assert f"and {30 - shown} more logs of what failed" in text
    assert len(text) <= LENGTH


def test_a_log_that_says_nothing_is_not_shown() -> None:
    text = summary(a_document(ORDERS[1]), {("0002", None): " \n\n"})
    assert "<details>" not in text
    assert "more logs" not in text


# Sizes and hostile contents


def test_a_run_of_thousands_shows_what_is_worth_a_look() -> None:
    orders = [an_end(f"{number:04d}", "succeeded", execution_url=URL * 3) for number in range(1, 9_999)]
    orders[4_000] = an_end("4001", "failed", exit_code=1)
    orders[4_001:4_010] = [
        an_end(f"{n}", "failed", attempt=0, started_at=None, reason="dependency_failed") for n in range(4_002, 4_011)
    ]
    text = summary(a_document(*orders), {})
    rows = cells(text)[1:]
    failed = [row[1] for row in rows if row[3] == "failed"]
    assert failed == [f"order-{number}" for number in range(4_001, 4_011)]
    assert f"and {9_998 - len(rows):,} more: {9_988 - len(rows) + 10:,} succeeded" in text
    assert 10 < len(rows) <= 100
    assert len(text) <= LENGTH


def test_the_cause_stays_before_what_it_kept_from_running() -> None:
    behind = {"attempt": 0, "started_at": None, "reason": "dependency_failed"}
    orders = [an_end(f"{number:04d}", "failed", **behind) for number in range(1, 301)]
    rows = cells(summary(a_document(*orders, an_end("0301", "failed", exit_code=1)), {}))
    assert rows[-1][1:5] == ["order-0301", "lambda", "failed", "exit 1"]
    assert len(rows) == 101


_NASTY = st.text(max_size=300) | st.sampled_from(
    ["|" * 200, "</details></summary><script>", "@octocat fixes #12", "```", "a\n\n# b", "[x](y)", "&" * 300, ""]
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(_NASTY, _NASTY, _NASTY, _NASTY, _NASTY), min_size=1, max_size=40),
    st.sampled_from(["failed", "timed_out", "succeeded"]),
)
def test_nothing_in_a_run_is_obeyed_and_no_summary_is_too_long(rows: list[tuple[str, ...]], status: str) -> None:
    orders = [
        {
            **an_end(f"{place:04d}", status, reason=reason, execution_url=f"https://example.org/{url}"),
            "order_name": name,
            "execution_target": reason,
            "instances": [an_instance(instance, status, reason=reason, message=log)],
        }
        for place, (name, reason, url, instance, log) in enumerate(rows, 1)
    ]
    run = a_document(*orders, status=status, username=rows[0][0], flow_id=rows[0][1])
    text = summary(run, {key: row[4] * 50 for key, row in zip(wanted_logs(run), rows, strict=False)})
    assert len(text) <= LENGTH
    rendered = READER.render(text)
    tags = set(re.findall(r"<(/?[a-z0-9]+)", rendered))
    known = ("h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "a", "details", "summary", "pre", "sub")
    assert tags <= {*known, *(f"/{name}" for name in known)}
    assert rendered.count("<details>") == rendered.count("</details>")
    assert rendered.rstrip().endswith("</code></sub></p>")
    outside = re.sub(r"<code[^>]*>.*?</code>|<[^>]+>", "", rendered, flags=re.DOTALL)
    assert not re.search(r"[@#]", outside)


@pytest.mark.parametrize(
    ("flow", "name"),
    [("ann:trace-00-exec", "exec"), ("ann:trace-00-a-b", "a-b"), ("odd", "odd"), ("ann:trace-00-", "run")],
)
def test_the_label_of_a_run(flow: str, name: str) -> None:
    assert label({"flow_id": flow, "username": "ann", "trace_id": "trace-00"}) == name


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0, "0.0 s"), (3.21, "3.2 s"), (59.94, "59.9 s"), (60, "1 min 00 s"), (245, "4 min 05 s"), (7_440, "2 h 04 min")],
)
def test_durations(duration: float, text: str) -> None:
    assert seconds(duration) == text
