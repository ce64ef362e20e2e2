"""The same commands on Lambda, in CodeBuild and on an instance: the same status, exit code, log and events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.machine import Item, Machine, order
from integration.view import View

NASTY = r"""printf '%s\n' 'single '"'"'quoted'"'"'' "double \"quoted\"" '$(not run) `nor this` ${nor_this} \\ \n \t'
cat <<'END'
a here-document: "quotes", 'quotes', $(echo no), `echo no`, \backslashes\, {{ braces }}, {{BundleUrl}}, %percent%
naïve — 🦀 — 日本語 — tab:	— end
END
echo "$((6*7)) $(echo "nested $(echo 'deep')") ${X-unset}" & wait
echo to-stderr >&2"""

THIRTY_LINES = "\n".join(
    [
        "set -euo pipefail",
        "declare -A seen=()",
        "total=0",
        "add() {",
        "  local -r n=$1",
        "  [[ -v seen[$n] ]] && return 0",
        "  seen[$n]=1",
        "  (( total += n ))",
        "}",
        "while read -r word rest; do",
        "  case $word in",
        "    '#'*) continue ;;",
        '    [0-9]*) add "$word" ;;',
        '    *) printf \'skipped %q (%s)\\n\' "$word" "${rest:-}" ;;',
        "  esac",
        "done <<'TABLE'",
        "1 one",
        "# no",
        "22 two twos",
        'it\'s "odd" $HOME',
        "22 again",
        "300",
        "TABLE",
        "trap 'echo \"left with $?\"' EXIT",
        "for i in {1..3}; do",
        "  if (( i == 2 )); then continue; fi",
        '  echo "round $i: $total"',
        "done",
        "[[ $total == 323 ]] || exit 9",
        "false || true",
        'echo "$ORDER_ID of $ORDER_NUM" | tr a-z A-Z',
    ]
)

BIG = "head -c 50000000 /dev/zero | tr '\\0' x | fold -w 99; echo; echo the-end"

EVENTS = """printf '{"size": 3, "nested": {"a": [1, null, "é"]}}' > "$AWS_EXE_SYS_EVENTS_DIR/built.json"
printf '{"event_type": "other", "status": "warn", "x": 1}' > "$AWS_EXE_SYS_EVENTS_DIR/named.json"
echo broken > "$AWS_EXE_SYS_EVENTS_DIR/broken.json"
exit 3"""


def background(folder: Path) -> str:
    """Outlives its parent, until the order has ended."""
    return f"(trap '' HUP; while sleep 0.1; do date +%s%N >> {folder}/alive-$RUN_ID; done) & disown; echo left-behind"


FOREVER = "while :; do sleep 0.1; done"

CASES: dict[str, tuple[list[str], Item]] = {
    "nasty": ([NASTY, 'echo "second: $PWD" | grep -c .'], {"env_vars": {"GREETING": 'it\'s "$HOME"\nline two'}}),
    "variables": (
        ['printf "%s|" "$GREETING" "$EMPTY"; env | cut -d= -f1 | grep -c "^AWS_SECRET" || true'],
        {"env_vars": {"GREETING": 'it\'s "$HOME"\nline two \\ $(no)', "EMPTY": ""}},
    ),
    "thirty-lines": ([THIRTY_LINES], {}),
    "big": ([BIG], {"timeout": 120}),
    "exit-7": (["echo before", "exit 7", "echo never"], {}),
    "killed": (["kill -9 $$"], {}),
    "not-utf8": ([r"printf 'a\xff\xfe\x00b\n'; exit 1"], {}),
    "silent": (["true"], {}),
    "missing": (["no-such-command-here 2>/dev/null"], {}),
    "stdin": (["cat; echo rc=$?"], {}),
    "events": ([EVENTS], {}),
    "trap": ([f"trap 'echo cleaned up; exit 5' INT; echo up; {FOREVER}"], {"timeout": 5}),
    "deaf": ([f"trap '' INT TERM; echo up; {FOREVER}"], {"timeout": 4}),
    "background": (["BACKGROUND", "sleep 0.5; echo done"], {}),
}
TARGETS = ("lambda", "codebuild", "ssm")
_TOLD = ("status", "reason", "exit_code")
_OF_PLACE = {"execution_target", "execution_url", "instances"}
"""What is told of where it ran; all else is alike."""


class Outcomes:
    """Of all cases on each target: one run for Lambda and CodeBuild, one on an instance."""

    def __init__(self, machine: Machine, view: View, folder: Path) -> None:
        self._machine = machine
        self._view = view
        self.folder = folder
        self.found: dict[str, dict[str, Item]] = {target: self._run(target) for target in TARGETS}

    def _run(self, target: str) -> dict[str, Item]:
        where: Item = {"execution_target": target}
        options: dict[str, Any] = {}
        if target == "ssm":
            where = {"execution_target": "ssm", "ssm_targets": {"instance_ids": ["web-1"]}}
            options = {"instances": "web-1:Role=web"}
        orders = [
            order(name, *(background(self.folder) if cmd == "BACKGROUND" else cmd for cmd in cmds), **where, **fields)
            for name, (cmds, fields) in CASES.items()
        ]
        ran = self._machine.run(orders, **options)
        document = ran.json
        events = self._view.events(document["trace_id"])
        return {
            name: {
                **{told: one[told] for told in _TOLD},
                "log": self._machine.call("logs", document["run_id"], name).out,
                "events": [_event(event) for event in events if event.get("order_name") == name],
                "run_id": document["run_id"],
            }
            for name, one in ran.orders.items()
        }


def _event(event: Item) -> tuple[str, str, Item]:
    data = {key: value for key, value in (event.get("data") or {}).items() if key not in _OF_PLACE}
    return event["event_type"], event["status"], data


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    machine = Machine(tmp_path_factory.mktemp("everywhere"), grace="1", control_poll="1")
    with machine.aws() as aws:
        yield Outcomes(machine, View(aws.settings), tmp_path_factory.mktemp("shared"))


EXPECTED: dict[str, tuple[str, int | None]] = {
    "nasty": ("succeeded", 0),
    "variables": ("succeeded", 0),
    "thirty-lines": ("succeeded", 0),
    "big": ("succeeded", 0),
    "exit-7": ("failed", 7),
    "killed": ("failed", 137),
    "not-utf8": ("failed", 1),
    "silent": ("succeeded", 0),
    "missing": ("failed", 127),
    "stdin": ("succeeded", 0),
    "events": ("failed", 3),
    "trap": ("timed_out", 5),
    "deaf": ("timed_out", None),
    "background": ("succeeded", 0),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", CASES)
def test_it_ends_as_expected(outcomes: Outcomes, case: str, target: str) -> None:
    found = outcomes.found[target][case]
    assert (found["status"], found["exit_code"], found["reason"]) == (*EXPECTED[case], None)


@pytest.mark.parametrize("target", TARGETS[1:])
@pytest.mark.parametrize("case", CASES)
def test_it_is_told_alike(outcomes: Outcomes, case: str, target: str) -> None:
    on_lambda, here = outcomes.found["lambda"][case], outcomes.found[target][case]
    assert here["log"] == on_lambda["log"]
    assert here["events"] == on_lambda["events"]


@pytest.mark.parametrize("target", TARGETS)
def test_the_log_is_whole(outcomes: Outcomes, target: str) -> None:
    log = outcomes.found[target]["big"]["log"]
    assert log.count(b"x") == 50_000_000
    assert log.endswith(b"the-end\n")


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_left_in_the_background_has_ended(outcomes: Outcomes, target: str) -> None:
    beat = outcomes.folder / f"alive-{outcomes.found[target]['background']['run_id']}"
    last = beat.read_text()
    assert last, "it did outlive its parent"
    time.sleep(1)  # ten beats of whoever still beats
    assert beat.read_text() == last


@pytest.mark.parametrize("target", TARGETS)
def test_who_is_interrupted_may_clean_up(outcomes: Outcomes, target: str) -> None:
    assert b"cleaned up" in outcomes.found[target]["trap"]["log"]
