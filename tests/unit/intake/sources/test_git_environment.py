from __future__ import annotations

from pathlib import Path

import pytest

from execution_engine.intake.sources.git_address import GitUrl, Protocol
from execution_engine.intake.sources.git_environment import git_environment

SCRATCH = Path("/scratch")


def environment(
    host: dict[str, str] | None = None, protocol: Protocol = "https", *, sparse: bool = False
) -> dict[str, str]:
    return git_environment(
        host or {}, SCRATCH, GitUrl(protocol, "github.com", "/o/r"), {"GIT_ASKPASS": "/a"}, sparse=sparse
    )


def settings(**how: bool) -> dict[str, str]:
    found = environment(**how)  # type: ignore[arg-type]
    count = int(found["GIT_CONFIG_COUNT"])
    assert f"GIT_CONFIG_KEY_{count}" not in found
    return {found[f"GIT_CONFIG_KEY_{n}"]: found[f"GIT_CONFIG_VALUE_{n}"] for n in range(count)}


def test_of_the_host_only_the_way_to_the_world_is_taken() -> None:
    host = {
        "PATH": "/bin", "HTTPS_PROXY": "http://p:1", "no_proxy": "x", "GIT_SSL_CAINFO": "/ca",
        "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "SSH_AUTH_SOCK": "/agent", "HOME": "/users-home",
        "GIT_SSH_COMMAND": "evil", "GIT_PROXY_COMMAND": "evil", "GIT_EXEC_PATH": "/evil",
        "GIT_CONFIG_PARAMETERS": "evil",
        "GIT_SSL_NO_VERIFY": "1", "GIT_TRACE": "1", "LD_PRELOAD": "/evil.so", "XDG_CONFIG_HOME": "/users-home/.config",
    }  # fmt: skip
    found = environment(host)
    assert {name: found[name] for name in ("PATH", "HTTPS_PROXY", "no_proxy", "GIT_SSL_CAINFO")} == {
        "PATH": "/bin", "HTTPS_PROXY": "http://p:1", "no_proxy": "x", "GIT_SSL_CAINFO": "/ca",
    }  # fmt: skip
    assert found["HOME"] == "/scratch/home"
    assert not {"evil", "/evil", "/evil.so", "/agent", "s", "t"} & set(found.values())
    assert not {"GIT_SSL_NO_VERIFY", "GIT_TRACE", "XDG_CONFIG_HOME"} & set(found)


def test_one_authority_serves_whatever_git_is_linked_with() -> None:
    assert environment({"SSL_CERT_FILE": "/ca"})["GIT_SSL_CAINFO"] == "/ca"
    assert "GIT_SSL_CAINFO" not in environment()


def test_nobodys_configuration_counts_and_nobody_is_asked() -> None:
    found = environment()
    expected = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}
    assert {name: found[name] for name in expected} == expected
    assert found["GIT_ASKPASS"] == "/a"


@pytest.mark.parametrize("protocol", ["https", "ssh"])
def test_no_other_protocol_is_spoken(protocol: Protocol) -> None:
    assert environment(protocol=protocol)["GIT_ALLOW_PROTOCOL"] == protocol


def test_the_rules_are_set() -> None:
    rules = {
        "core.hooksPath": "/dev/null",
        "core.fsmonitor": "false",
        "credential.helper": "",
        "http.followRedirects": "false",
        "submodule.recurse": "false",
        "fetch.recurseSubmodules": "false",
        "protocol.allow": "never",
        "protocol.https.allow": "always",
        "fetch.fsckObjects": "true",
        "core.symlinks": "true",
        "remote.origin.url": "https://github.com/o/r",
    }
    found = settings()
    assert {name: found[name] for name in rules} == rules
    assert (found["core.sparseCheckout"], settings(sparse=True)["core.sparseCheckout"]) == ("false", "true")
