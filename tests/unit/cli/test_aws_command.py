"""``aws COMMAND``: a program whose AWS is the machine's and no other."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from unit.cli.stand import Stand

from execution_engine.cli.aws_command import environment


@pytest.fixture(autouse=True)
def own_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of the user")


def test_it_gets_the_machines_environment_and_nothing_of_the_users_aws(stand: Stand, tmp_path: Path) -> None:
    into = tmp_path / "seen"
    program = f"import json, os; json.dump(dict(os.environ), open({str(into)!r}, 'w'))"
    result = stand.call("--state", tmp_path, "aws", sys.executable, "-c", program)
    assert result.exit_code == 0, result.stderr
    seen = json.loads(into.read_text())
    assert {name: value for name, value in seen.items() if name.startswith("AWS")} == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4",
        "AWS_ACCESS_KEY_ID": "of-the-machine",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert seen["PATH"] == os.environ["PATH"]
    assert (stand.opened, stand.left) == ([tmp_path], 1)


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 128 + 15)])
def test_its_exit_code_is_the_commands(stand: Stand, script: str, code: int) -> None:
    assert stand.call("aws", "--", "sh", "-c", script).exit_code == code
    assert stand.left == 1


def test_its_options_are_its_own(stand: Stand, tmp_path: Path) -> None:
    into = tmp_path / "said"
    script = f'printf "%s|" "$@" > {into}'
    assert stand.call("aws", "sh", "-c", script, "sh", "--state", "x", "--help", "-d").exit_code == 0
    assert into.read_text() == "--state|x|--help|-d|"
    assert stand.opened == [None]


@pytest.mark.parametrize("arguments", [["aws"], ["aws", "--"], ["aws", "no-such-command-anywhere"]])
def test_without_a_command_that_can_be_run(stand: Stand, arguments: list[str]) -> None:
    result = stand.call(*arguments)
    assert result.exit_code == 2
    assert "error: " in result.stderr


def test_what_of_the_user_stays() -> None:
    user = {"PATH": "/bin", "HOME": "/home", "AWS_REGION": "x", "aws_profile": "y", "BOTO_CONFIG": "z", "NO_PROXY": "a"}
    found = environment(user, {"NO_PROXY": "a,127.0.0.1", "AWS_REGION": "us-east-1"})
    assert {name: value for name, value in found.items() if value != os.devnull} == {
        "PATH": "/bin",
        "HOME": "/home",
        "NO_PROXY": "a,127.0.0.1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
