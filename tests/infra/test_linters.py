"""What others' experience says against the stacks and the scripts; all of it without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from infra.stacks import ROOT

SCRIPTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("scripts", "tests/smoke", ".ci")
    for path in (ROOT / folder).iterdir()
    if path.is_file() and re.match(rb"#!.*\b(ba)?sh\b", path.read_bytes())
)
COMMANDS = (
    *(f"scripts/{name}.sh" for name in ("generate_backend", "generate_tfvars", "terraform_plugins")),
    *(f"scripts/{name}.sh" for name in ("bootstrap", "create_repository", "push_image", "publish", "deploy")),
    *(f"scripts/{name}.sh" for name in ("archive", "destroy")),
    "tests/smoke/test_deploy.sh",
)
"""What deploys. Nothing of it does anything before it is called rightly."""


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on this machine (tox -e infra installs it)")
    return found


def checkov(folder: Path) -> subprocess.CompletedProcess[str]:
    config = ROOT / "infrastructure" / ".checkov.yaml"
    return run(tool("checkov"), "--config-file", str(config), "-d", str(folder))


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_checkov_has_nothing_to_say() -> None:
    ended = checkov(ROOT / "infrastructure")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_checkov_would_have_something_to_say(tmp_path: Path) -> None:
    """It looks where we think it does, and what is skipped is not everything."""
    shutil.copytree(ROOT / "infrastructure/modules/bucket", tmp_path / "bucket")
    main = tmp_path / "bucket" / "main.tf"
    main.write_text(
        main.read_text("utf-8").replace("block_public_acls       = true", "block_public_acls       = false")
    )
    ended = checkov(tmp_path)
    assert ended.returncode == 1
    assert "CKV_AWS_53" in ended.stdout


def test_each_check_that_is_skipped_has_its_reason() -> None:
    lines = (ROOT / "infrastructure/.checkov.yaml").read_text("utf-8").partition("skip-check:\n")[2].splitlines()
    assert lines[0].lstrip().startswith("#")
    assert all(re.fullmatch(r"  (# .{20,}|- CKV2?_AWS_\d+)", line) for line in lines), lines


@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_has_nothing_to_say(script: str) -> None:
    ended = run(tool("shellcheck"), "--external-sources", f"--source-path={ROOT}", script)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("script", COMMANDS)
def test_each_script_says_how_it_is_called(script: str) -> None:
    """Asked for, and when it is called otherwise."""
    asked, wrong = run(f"./{script}", "--help"), run(f"./{script}", "1", "2", "3", "4", "5")
    assert (asked.returncode, wrong.returncode) == (0, 2)
    assert f"usage: {script}" in asked.stdout
    assert f"usage: {script}" in wrong.stderr
