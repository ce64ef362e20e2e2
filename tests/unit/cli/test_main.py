"""The console script itself, as a process."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from execution_engine import __version__
from execution_engine.cli.application import ORDER

CALL = [sys.executable, "-c", "from execution_engine.cli.main import main; main()"]


def call(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CALL, *arguments], capture_output=True, text=True, timeout=60, check=False, env=env)


def test_help_names_every_command_and_exit_code() -> None:
    asked = call("--help")
    assert asked.returncode == 0
    listed = re.findall(r"^  ([a-z]+) ", asked.stdout[asked.stdout.index("\nCommands:") :], re.MULTILINE)
    assert tuple(listed) == ORDER
    for code in ("0  ", "1  ", "2  ", "3  ", "130  "):
        assert any(line.strip().startswith(code) for line in asked.stdout.splitlines())


def test_help_loads_nothing_that_is_slow() -> None:
    check = (
        "import sys; sys.argv = ['x', '--help']\n"
        "from execution_engine.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "slow = {'boto3', 'botocore', 'pydantic', 'pynamodb', 'rich', 'yaml', 'structlog'} & set(sys.modules)\n"
        "sys.exit(str(slow) if slow else 0)"
    )
    asked = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=False)
    assert asked.returncode == 0, asked.stderr


def test_the_version() -> None:
    assert call("--version").stdout == f"{__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["run"], ["status", "--nope"]])
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    asked = call(*arguments)
    assert asked.returncode == 2
    assert "Usage:" in asked.stderr
    assert asked.stdout == ""


def test_a_reader_that_goes_is_no_error(tmp_path: Path) -> None:
    orders = [f'{{"order_name": "order-{i}", "timeout": 1, "cmds": ["true"]}}' for i in range(3_000)]
    path = tmp_path / "job.json"
    path.write_text(f'{{"username": "ann", "orders": [{", ".join(orders)}]}}')
    command = f'"$@" graph --json {path} | head -n 1; echo "codes: ${{PIPESTATUS[*]}}"'
    asked = subprocess.run(
        ["bash", "-c", command, "bash", *CALL], capture_output=True, text=True, timeout=60, check=False
    )
    assert asked.stdout == "{\ncodes: 0 0\n"
    assert asked.stderr == ""


def test_a_narrow_encoding_ends_no_command(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(
        "username: a\norders: [{timeout: 1, cmds: [a], order_name: x}, {timeout: 1, cmds: [b], dependencies: [x]}]"
    )
    asked = call("graph", str(path), env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"})
    assert asked.returncode == 0
    assert asked.stdout == "1  x\n2  b  ← x\n"
