from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from execution_engine.intake.sources.git_access import opened
from execution_engine.intake.sources.git_address import GitUrl
from execution_engine.intake.sources.git_auth import GitAuth, Way

HTTPS = GitUrl("https", "git.example.com", "/o/r", 8443)
SSH = GitUrl("ssh", "git.example.com", "/o/r")
TOKEN = "it's a $(token) `x` \\n %s".replace(" ", "")
KEY = "-----BEGIN X-----\nAAAA\n"


def ask(variables: dict[str, str], prompt: str) -> subprocess.CompletedProcess[str]:
    command = [variables["GIT_ASKPASS"], prompt]
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, text=True, check=False
    )


def test_the_helper_answers_our_servers_two_questions(tmp_path: Path) -> None:
    with opened(Way(HTTPS, GitAuth(TOKEN)), tmp_path, "") as variables:
        user = ask(variables, "Username for 'https://git.example.com:8443': ")
        password = ask(variables, "Password for 'https://x-access-token@git.example.com:8443': ")
    assert (user.stdout, password.stdout) == ("x-access-token\n", f"{TOKEN}\n")


@pytest.mark.parametrize(
    "prompt",
    [
        "Password for 'https://x-access-token@evil.example.com': ",
        "Password for 'https://x-access-token@git.example.com': ",
        "Password for 'https://someone@git.example.com:8443': ",
        "Password for 'https://x-access-token@git.example.com:8443': more",
        "*",
        "",
    ],
)
def test_the_helper_answers_nobody_else(tmp_path: Path, prompt: str) -> None:
    with opened(Way(HTTPS, GitAuth(TOKEN)), tmp_path, "") as variables:
        answer = ask(variables, prompt)
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", "")


def test_a_token_is_in_no_file(tmp_path: Path) -> None:
    with opened(Way(HTTPS, GitAuth(TOKEN)), tmp_path, ""):
        written = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert written
        assert not [path for path in written if TOKEN in path.read_text()]


def test_without_a_token_nothing_answers(tmp_path: Path) -> None:
    with opened(Way(HTTPS), tmp_path, "") as variables:
        assert variables == {}


@pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed (Debian: openssh-client)")
def test_a_keys_file_is_private_and_goes(tmp_path: Path) -> None:
    folder = tmp_path / "100% private"
    folder.mkdir()
    with opened(Way(SSH, GitAuth(ssh_key=KEY)), folder, "github.com ssh-rsa AAAA\n") as variables:
        identity = folder / "identity"
        assert identity.read_text() == KEY
        assert stat.S_IMODE(identity.stat().st_mode) == 0o600
        assert "AAAA" not in str(variables)
        command = f"{variables['GIT_SSH_COMMAND']} -G github.com"
        said = subprocess.run(
            command, shell=True, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"}
        )
    assert not identity.exists()
    settings = said.stdout.splitlines()
    for line in (
        "batchmode yes",
        "identitiesonly yes",
        "stricthostkeychecking true",
        "updatehostkeys false",
        "forwardagent no",
        "globalknownhostsfile /dev/null",
        f"userknownhostsfile {folder / 'known_hosts'}",
    ):
        assert line in settings


def test_a_keys_file_goes_when_the_fetch_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), opened(Way(SSH, GitAuth(ssh_key=KEY)), tmp_path, ""):
        raise ZeroDivisionError
    assert not (tmp_path / "identity").exists()
