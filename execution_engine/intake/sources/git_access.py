"""How a credential reaches git: a token by a helper that git asks, a key by a file that only ssh opens.

Never by URL, argument or configuration: those end up in error messages, process lists and archives.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from execution_engine.intake.sources.git_auth import Way

USER = "x-access-token"
"""What GitHub wants for a user's name beside a token; others ignore it."""

# Holds no secret, and answers exactly the two questions that our server's demand leads to.
_HELPER = """#!/bin/sh
case "$1" in
"Username for 'https://$AWS_EXE_GIT_SERVER': ") printf '%s\\n' "$AWS_EXE_GIT_USER" ;;
"Password for 'https://$AWS_EXE_GIT_USER@$AWS_EXE_GIT_SERVER': ") printf '%s\\n' "$AWS_EXE_GIT_TOKEN" ;;
*) exit 1 ;;
esac
"""

_SSH_SETTINGS = """Host *
BatchMode yes
StrictHostKeyChecking yes
UserKnownHostsFile {known_hosts}
GlobalKnownHostsFile /dev/null
UpdateHostKeys no
IdentityFile {identity}
IdentitiesOnly yes
IdentityAgent none
PreferredAuthentications publickey
ClearAllForwardings yes
ForwardAgent no
ControlPath none
ConnectTimeout 15
ServerAliveInterval 15
ServerAliveCountMax 2
LogLevel ERROR
"""


@contextmanager
def opened(way: Way, folder: Path, known_hosts: str) -> Iterator[dict[str, str]]:
    """The variables by which git finds its way in. ``folder`` is private; the key's file goes when the context ends."""
    if way.place.protocol == "https":
        yield _by_token(way, folder) if way.auth.token else {}
        return
    identity = folder / "identity"
    _write(identity, way.auth.ssh_key or "", 0o600)
    try:
        yield _by_key(identity, folder, known_hosts)
    finally:
        identity.unlink(missing_ok=True)


def _by_token(way: Way, folder: Path) -> dict[str, str]:
    helper = folder / "askpass"
    _write(helper, _HELPER, 0o700)
    return {
        "GIT_ASKPASS": str(helper),
        "AWS_EXE_GIT_SERVER": way.place.server,
        "AWS_EXE_GIT_USER": USER,
        "AWS_EXE_GIT_TOKEN": way.auth.token or "",
    }


def _by_key(identity: Path, folder: Path, known_hosts: str) -> dict[str, str]:
    settings, known = folder / "ssh_config", folder / "known_hosts"
    _write(known, known_hosts, 0o600)
    _write(settings, _SSH_SETTINGS.format(known_hosts=_quoted(known), identity=_quoted(identity)), 0o600)
    # git hands this to a shell; a file of settings leaves nothing in it but that file's name.
    return {"GIT_SSH_COMMAND": f"ssh -F {shlex.quote(str(settings))}", "GIT_SSH_VARIANT": "ssh"}


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("%", "%%") + '"'


def _write(path: Path, text: str, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "w") as file:
        file.write(text)
