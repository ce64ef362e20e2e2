from __future__ import annotations

import pytest

from execution_engine.intake.sources.git_address import GitAddress, GitAddresses
from execution_engine.intake.sources.git_auth import GitAuth, ways
from execution_engine.intake.sources.git_faults import AccessRefused
from execution_engine.intake.sources.git_hosts import GitHosts
from execution_engine.intake.sources.git_providers import GitProviders

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\r\nAAAA\r\n-----END OPENSSH PRIVATE KEY-----"


def address(written: str) -> GitAddress:
    hosts = GitHosts(["github.com", "127.0.0.1:2222"])
    return GitAddresses(hosts, GitProviders()).resolve(written, "github")


def tried(written: str, token: str | None = None, key: str | None = None) -> list[tuple[str, bool, bool]]:
    """Protocol, token taken along, key taken along."""
    found = ways(address(written), GitAuth(token, key))
    return [(way.place.protocol, way.auth.token is not None, way.auth.ssh_key is not None) for way in found]


ANYBODY, TOKEN, SSH = ("https", False, False), ("https", True, False), ("ssh", False, True)


@pytest.mark.parametrize(
    ("written", "nothing", "token", "key", "both"),
    [
        ("org/repo", [ANYBODY], [TOKEN], [SSH], [TOKEN, SSH]),
        ("https://github.com/org/repo", [ANYBODY], [TOKEN], [ANYBODY, SSH], [TOKEN, SSH]),
        ("git@github.com:org/repo", [ANYBODY], [TOKEN], [SSH], [SSH, TOKEN]),
    ],
)
def test_the_token_goes_before_the_key_unless_ssh_was_written(
    written: str, nothing: object, token: object, key: object, both: object
) -> None:
    assert tried(written) == nothing
    assert tried(written, "t0ken-1") == token
    assert tried(written, None, KEY) == key
    assert tried(written, "t0ken-1", KEY) == both


def test_a_place_that_only_ssh_reaches_needs_a_key() -> None:
    assert tried("ssh://me@127.0.0.1:2222/org/repo", "t0ken-1", KEY) == [SSH]
    with pytest.raises(AccessRefused, match="ssh://me@127.0.0.1:2222/org/repo.*git_ssh_key_location"):
        tried("ssh://me@127.0.0.1:2222/org/repo", "t0ken-1")


def test_nothing_shows_a_credential() -> None:
    auth = GitAuth("t0ken-1", KEY)
    (first, second) = ways(address("org/repo"), auth)
    for shown in (repr(auth), repr(first), str(second), f"{auth}"):
        assert "t0ken-1" not in shown
        assert "AAAA" not in shown


def test_a_key_is_written_as_openssh_wants_it() -> None:
    assert GitAuth(ssh_key=KEY).ssh_key == KEY.replace("\r", "") + "\n"
    assert GitAuth(" t0ken-1\n", " ") == GitAuth("t0ken-1", None)


@pytest.mark.parametrize("token", ["two\nlines", "two words", "nul\0"])
def test_a_token_that_is_more_than_one_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ValueError, match="single line") as refused:
        GitAuth(token)
    assert token not in str(refused.value)


def test_what_is_no_private_key_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="no private key") as refused:
        GitAuth(ssh_key="ssh-ed25519 AAAAB3")
    assert "AAAAB3" not in str(refused.value)
