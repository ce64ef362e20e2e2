"""What the messages are is git's own; the integration tests hear them from real servers."""

from __future__ import annotations

import base64

import pytest

from execution_engine.intake.sources.git_address import GitUrl
from execution_engine.intake.sources.git_auth import GitAuth, Way
from execution_engine.intake.sources.git_faults import (
    AccessRefused,
    GitFailed,
    GitRefused,
    HostKeyRefused,
    RefMissing,
    RepositoryMissing,
    Unreachable,
)
from execution_engine.intake.sources.git_messages import Inability, inability, quoted, refusal

TOKEN = "ghp_t0ken/+=&value"
_UNADVERTISED = "Server does not allow request for unadvertised object"
WAY = Way(GitUrl("https", "github.com", "/o/r"), GitAuth(TOKEN))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("fatal: couldn't find remote ref x", RefMissing),
        ("fatal: remote error: upload-pack: not our ref 1234", RefMissing),
        ("remote: Repository not found.\nfatal: repository 'https://github.com/o/r/' not found", RepositoryMissing),
        ("ERROR: Repository not found.\nfatal: Could not read from remote repository.", RepositoryMissing),
        ("fatal: Authentication failed for 'https://github.com/o/r/'", AccessRefused),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", AccessRefused),
        ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", AccessRefused),
        ("git@github.com: Permission denied (publickey).", AccessRefused),
        ("Host key verification failed.\nfatal: Could not read from remote repository.", HostKeyRefused),
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", HostKeyRefused),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 302", Unreachable),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", Unreachable),
        ("ssh: connect to host x port 22: Connection refused", Unreachable),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 503", Unreachable),
        ("fatal: unable to access 'https://x/': SSL certificate problem: unable to get local issuer", Unreachable),
        ("error: object 12: hasDotgit: contains '.git'\nfatal: fsck error in packed object", GitFailed),
        ("write error: No space left on device", GitFailed),
        ("something new", GitFailed),
        ("", GitFailed),
    ],
)
def test_what_git_says_has_one_meaning(said: str, kind: type[GitRefused]) -> None:
    fault = refusal(said, WAY, "v1")
    assert type(fault) is kind
    assert "https://github.com/o/r at v1" in str(fault)


def test_a_servers_own_words_decide_nothing() -> None:
    said = "remote: fatal: couldn't find remote ref x\nremote: does not support filter\nfatal: unheard of"
    assert type(refusal(said, WAY, None)) is GitFailed
    assert inability(said) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (f"error: {_UNADVERTISED} 12", Inability.COMMIT),
        ("fatal: dumb http transport does not support shallow capabilities", Inability.SHALLOW),
        # A file that is asked for when it is needed is an unadvertised object too.
        (f"error: {_UNADVERTISED} 1\nfatal: could not fetch 1 from promisor remote", Inability.FILTER),
        ("fatal: couldn't find remote ref x", None),
    ],
)  # fmt: skip
def test_what_a_server_can_not_do_is_known(said: str, why: Inability | None) -> None:
    assert inability(said) is why


@pytest.mark.parametrize(
    "form",
    [
        TOKEN,
        base64.b64encode(TOKEN.encode()).decode(),
        base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode(),
        base64.urlsafe_b64encode(TOKEN.encode()).decode(),
        "ghp_t0ken%2F%2B%3D%26value",
        f"https://x-access-token:{TOKEN}@github.com/o/r",
        f"https://{TOKEN}@github.com",
    ],
)
def test_no_form_of_a_credential_is_quoted(form: str) -> None:
    text = quoted(f"remote: you sent {form} here", [TOKEN])
    assert "***" in text
    assert form not in text
    assert "t0ken" not in text


def test_no_line_of_a_key_is_quoted() -> None:
    assert "AAAAsecret" not in quoted("remote: AAAAsecret2", ["-----BEGIN X-----\nAAAAsecret2\n"])


def test_a_credential_of_another_kind_in_a_url_is_hidden_too() -> None:
    assert quoted("via http://me:pass@proxy:3128/ failed", []) == "via http://***@proxy:3128/ failed"


def test_what_is_quoted_is_one_short_printable_line() -> None:
    assert quoted("hint: a\n\x1b[31mred\x07\nremote: \nlast", []) == " [31mred ; last"
    text = quoted("x" * 1000 + "end", [])
    assert len(text) == 301
    assert text.endswith("end")


def test_the_folders_of_a_fetch_are_not_shown() -> None:
    assert (
        quoted('Load key "/var/tmp/aws-exe-sys-git-ab1/private/identity": bad', [])
        == 'Load key "private/identity": bad'
    )
