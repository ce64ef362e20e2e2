"""What a command sees, what becomes of what it leaves behind, and of what it prints."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from integration.killing import exists
from integration.machine import Item, Machine, Ran, finish, order

UNICODE = "příliš žluťoučký 🐎"
ENV_VARS = {
    "GREETING": f'it\'s "{UNICODE}"',
    "LINES": "one\ntwo\n",
    "EMPTY": "",
    "EQUALS": "a=b=c",
    "DOLLAR": "$(id) $HOME",
}

SPOKEN: list[tuple[str, str, str]] = [
    ("quotes", """echo "it's" 'a "quote"' \\$HOME '$HOME'""", """it's a "quote" $HOME $HOME\n"""),
    ("newlines", "for i in 1 2\ndo\n\techo $i\ndone", "1\n2\n"),
    ("unicode", f"echo {UNICODE}", f"{UNICODE}\n"),
    ("substitution", "echo $(echo inner $(echo most)) `echo ticks`", "inner most ticks\n"),
    ("heredoc", "cat <<'END'\n$NOT \\expanded\n  'kept'\nEND", "$NOT \\expanded\n  'kept'\n"),
    ("comment", "echo a # not b", "a\n"),
    ("long", f": {'x' * 200_000}; echo long", "long\n"),
    ("both-streams", "echo out; echo err >&2; echo out", "out\nerr\nout\n"),
    ("no-input", "wc -c; read line || echo none", "0\nnone\n"),
    ("a-bash", "[[ $0 ]] && echo ${BASH_VERSION:+bash}", "bash\n"),
]

PRINTED: dict[str, tuple[bytes, int]] = {
    "50-megabytes": (b"0123456789abcde\n" * 64, 51_200),
    "binary": (bytes(range(256)), 8_000),
    "no-newline": ("é".encode(), 5_000_000),
}
PRINT = "python3 - <<'END'\nimport sys\nfor _ in range({times}):\n    sys.stdout.buffer.write({piece!r})\nEND"

EVENTS = {
    "plan": '{"add": 3, "rate": 0.25, "list": [{"name": "é", "ok": true, "before": null}], "deep": {"er": {"est": 1}}}',
    "named": '{"event_type": "deployed", "status": "done", "to": "prod"}',
    "empty": "{}",
}


PASSED_ON = re.compile(
    "(HTTP|HTTPS|ALL|NO)_PROXY|(http|https|all|no)_proxy|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|"
    "NODE_EXTRA_CA_CERTS|GIT_SSL_CA(INFO|PATH)|PIP_.*|UV_.*|(NPM_CONFIG|npm_config)_.*"
)
"""On one machine: the proxy, CA and package-index settings."""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git checkout."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "sub" / "data").write_text("data\n")
    (folder / "tool").write_text("#!/bin/sh\necho tool $0 $(cat sub/data)\n")
    (folder / "tool").chmod(0o755)
    (folder / "link").symlink_to("sub/data")
    (folder / "ignored").write_text("ignored")
    (folder / ".gitignore").write_text("ignored\n")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def spoken(machine: Machine, code: Path) -> Ran:
    events = [f"echo '{text}' > $AWS_EXE_SYS_EVENTS_DIR/{stem}.json" for stem, text in EVENTS.items()]
    orders = [
        *(order(name, command) for name, command, _ in SPOKEN),
        order("executable", "./tool"),
        order("files", "cat link; readlink link; ls -A . sub; ls -ld sub/empty tool | cut -c1-10"),
        order("apart", "cd sub; export LEFT=1 LATER=2; echo > new", "echo $(ls -d new sub/new) ${LEFT-none}"),
        order("leaves", "sleep 300 & echo $!", "setsid nohup sleep 300 > /dev/null 2>&1 & echo $!"),
        order("events", *events, "echo no json > $AWS_EXE_SYS_EVENTS_DIR/broken.json"),
        order("environment", "env -0", env_vars=ENV_VARS, queue_id="0x"),
    ]
    ran = finish(machine.start("run", machine.job_file(orders, code), "--json"))
    assert ran.code == 0, ran.err
    return ran


@pytest.fixture(scope="module")
def log(machine: Machine) -> Callable[[Ran, str], bytes]:
    def read(ran: Ran, name: str) -> bytes:
        found = machine.call("logs", ran.json["run_id"], name)
        assert found.code == 0, found.err
        return found.out

    return read


@pytest.mark.parametrize(("name", "printed"), [(name, printed) for name, _, printed in SPOKEN])
def test_a_command_means_what_it_says_to_bash(spoken: Ran, name: str, printed: str) -> None:
    assert spoken.orders[name]["log"] == printed


def test_code_keeps_its_modes_links_and_empty_folders(spoken: Ran) -> None:
    assert spoken.orders["executable"]["log"] == "tool ./tool data\n"
    lines = spoken.orders["files"]["log"].splitlines()
    assert lines[:2] == ["data", "sub/data"]
    assert set(lines[2:-2]) >= {".gitignore", "link", "tool", "data", "empty"}
    assert not {"ignored", ".git"} & set(lines)
    assert lines[-2:] == ["drwxr-xr-x", "-rwxr-xr-x"]


def test_the_environment_is_the_contracts(machine: Machine, spoken: Ran, log: Callable[[Ran, str], bytes]) -> None:
    seen = dict(entry.split("=", 1) for entry in log(spoken, "environment").decode().split("\0") if entry)
    for name in ("PWD", "SHLVL", "_"):  # bash's own
        seen.pop(name)
    document = spoken.json
    number = spoken.orders["environment"]["order_num"]
    assert seen.pop("AWS_EXE_SYS_EVENTS_DIR").startswith(str(machine.state / "tmp"))
    assert seen.pop("TMPDIR") == str(machine.state / "tmp")
    assert seen.pop("PATH").endswith(os.environ["PATH"])
    passed_on = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    assert seen == {
        **passed_on,
        **ENV_VARS,
        "HOME": os.environ["HOME"],
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "TRACE_ID": document["trace_id"],
        "RUN_ID": document["run_id"],
        "FLOW_ID": document["flow_id"],
        "ORDER_ID": "environment",
        "ORDER_NUM": number,
    }


def test_folder_and_variables_are_not_carried_over(spoken: Ran) -> None:
    assert spoken.orders["apart"]["log"].splitlines()[-1] == "sub/new none"


def test_what_is_left_in_the_background_is_ended(spoken: Ran) -> None:
    pids = spoken.orders["leaves"]["log"].split()
    assert len(pids) == 2
    assert not [pid for pid in pids if exists(int(pid))]


def test_events_of_commands_are_history(machine: Machine, spoken: Ran) -> None:
    answer = machine.call("history", spoken.json["trace_id"], "--order", "events", "--json")
    events: list[Item] = answer.json["events"]
    assert {event["order_name"] for event in events} == {"events"}
    told = {event["event_type"]: (event["status"], event["data"]) for event in events if "data" in event}
    assert told["plan"] == (
        "info",
        {
            "add": 3,
            "rate": 0.25,
            "list": [{"name": "é", "ok": True, "before": None}],
            "deep": {"er": {"est": 1}},
        },
    )
    assert told["deployed"] == ("done", {"to": "prod"})
    assert told["empty"] == ("info", {})
    kinds = [event["event_type"] for event in events]
    assert "broken" not in kinds
    assert kinds.index("running") < kinds.index("plan") < kinds.index("succeeded") == len(kinds) - 1
    assert "broken.json" in spoken.orders["events"]["log"]


def test_a_log_is_whole_whatever_was_printed(machine: Machine, log: Callable[[Ran, str], bytes]) -> None:
    ran = machine.run([order(name, PRINT.format(piece=piece, times=times)) for name, (piece, times) in PRINTED.items()])
    assert ran.code == 0, ran.err
    for name, (piece, times) in PRINTED.items():
        expected, found = piece * times, log(ran, name)
        assert len(found) == len(expected)
        assert hashlib.sha256(found).digest() == hashlib.sha256(expected).digest()
