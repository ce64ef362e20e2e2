from __future__ import annotations

import base64
import hashlib

import pytest

from execution_engine.errors import SettingsError
from execution_engine.intake.sources.known_hosts import known_hosts

# As GitHub publishes them: GitHub's SSH key fingerprints, docs.github.com.
GITHUB = {
    "ssh-rsa": "uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",
    "ecdsa-sha2-nistp256": "p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
    "ssh-ed25519": "+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
}
LINE = "git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ"


def fingerprint(key: str) -> str:
    return base64.b64encode(hashlib.sha256(base64.b64decode(key)).digest()).decode().rstrip("=")


def test_githubs_keys_are_those_that_it_publishes() -> None:
    lines = [line.split() for line in known_hosts().splitlines()]
    assert {host for host, _, _ in lines} == {"github.com"}
    assert {kind: fingerprint(key) for _, kind, key in lines} == GITHUB


@pytest.mark.parametrize("between", ["\n", ";", " ;\r\n"])
def test_a_setting_adds_servers(between: str) -> None:
    other = "[127.0.0.1]:2222 ssh-rsa AAAA comment"
    assert known_hosts(between.join(("# a remark", LINE, "", other))) == known_hosts() + f"{LINE}\n{other}\n"


def test_a_server_that_the_setting_names_is_known_by_it_alone() -> None:
    own = "example.com,GitHub.com ssh-ed25519 AAAA"
    assert known_hosts(own) == f"{own}\n"


@pytest.mark.parametrize("line", ["github.com", "github.com AAAA", "ssh-rsa AAAA", "x; y", "a ssh-rsa A$(x)"])
def test_what_is_no_line_of_known_hosts_is_named(line: str) -> None:
    with pytest.raises(SettingsError, match="AWS_EXE_SYS_GIT_KNOWN_HOSTS"):
        known_hosts(line)
