"""What git meant by what it printed, as one of our faults. Pure; reads English, which ``LC_ALL=C`` sees to."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from enum import Enum
from urllib.parse import quote, quote_plus

from execution_engine.intake.sources.git_access import USER
from execution_engine.intake.sources.git_auth import Way
from execution_engine.intake.sources.git_faults import (
    AccessRefused,
    GitFailed,
    GitRefused,
    HostKeyRefused,
    RefMissing,
    RepositoryMissing,
    Unreachable,
)
from execution_engine.intake.sources.known_hosts import SETTING as KNOWN_HOSTS

SCRATCH = "aws-exe-sys-git-"
"""How the folders begin that a fetch happens in."""

_QUOTED = 300
"""Characters. What a server says beyond that tells nobody anything."""

_URL_CREDENTIAL = re.compile(r"(://)[^/\s@']+@(?!\s)")
_SCRATCH_PATH = re.compile(rf"[^\s\"']*/{SCRATCH}[^/\s]+/")
_NOT_WORTH_A_WORD = re.compile(
    r"hint:.*|remote:|@+|warning: filtering not recognized.*|fatal: Could not read from remote repository\.|"
    r"Please make sure you have the correct access rights|and the repository exists\.|"
)


class Inability(Enum):
    """What a server can't do, so that it is asked for more than is needed."""

    FILTER = re.compile(r"from promisor remote|does not support filter")
    """Leave out files, and bring them later."""
    SHALLOW = re.compile(r"does not support shallow|shallow capabilities")
    """Leave out the history."""
    COMMIT = re.compile(r"does not allow request for unadvertised object|no such remote ref [0-9a-f]{40}")
    """Give a commit by its hash."""


_NO_ANSWER = (
    r"[Cc]ould not resolve|Connection (?:refused|closed|reset)|[Tt]imed out|[Cc]ould ?n.t connect|Failed to connect"
    r"|Network is unreachable|No route to host|returned error: (?:429|5\d\d)|early EOF|hung up unexpectedly"
)
_OTHER_KEY = (
    "the server shows another SSH host key than is known: somebody may be in between; if its key was really "
    f"replaced, put the new one into {KNOWN_HOSTS}"
)

_TELLS: tuple[tuple[str, type[GitRefused], str], ...] = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY", HostKeyRefused, _OTHER_KEY),
    (r"Host key verification failed", HostKeyRefused,
     f"no SSH host key is known for the server; put it into {KNOWN_HOSTS}"),
    (r"couldn't find remote ref HEAD", RefMissing, "it has no default branch; name a commit, tag or branch"),
    (r"couldn't find remote ref|not our ref|unadvertised object|no such remote ref", RefMissing,
     "there is no commit, tag or branch of this name"),
    (r"Permission denied \(|Too many authentication", AccessRefused,
     "the SSH key is refused; check git_ssh_key_location: a private key without a passphrase that may read it"),
    (r"Authentication failed for|returned error: 40[13]\b", AccessRefused,
     "access is refused; check git_token_location: a token that is still valid and may read it"),
    (r"could not read Username|terminal prompts disabled", AccessRefused,
     "there is no such repository, or it wants a credential; name its place in git_token_location"),
    (r"[Rr]epository .{0,300}not found|does not appear to be a git repository", RepositoryMissing,
     "there is no such repository, or the credential may not see it"),
    (r"returned error: 30\d|redirect", Unreachable,
     "the server redirects to another place, which is not followed; write where it is now"),
    (r"[Cc]ertificate|SSL|TLS|CAfile|handshake", Unreachable, "there is no safe connection to the server"),
    (_NO_ANSWER, Unreachable, "the server can't be reached, or does not answer as it should"),
    (r"fsck error", GitFailed, "it holds what git takes for an attack, or for damage"),
    (r"No space left on device", GitFailed, "there is no room for it on this machine's disk"),
)  # fmt: skip
"""Pattern, fault, sentence; the first that is found counts."""


def inability(said: str) -> Inability | None:
    own = _its_own(said)
    return next((one for one in Inability if one.value.search(own)), None)


def refusal(said: str, way: Way, ref: str | None) -> GitRefused:
    """The fault that ``said``, a git's standard error, tells of; what it quotes holds no credential."""
    text, own = quoted(said, way.auth.secrets), _its_own(said)
    where = f"{way.place} at {ref}" if ref else str(way.place)
    for pattern, kind, sentence in _TELLS:
        if re.search(pattern, own):
            return kind(f"{where}: {sentence} (git: {text})")
    return GitFailed(f"{where}: it can't be fetched (git: {text or 'it did not say why'})")


def _its_own(said: str) -> str:
    """Without what git only passes on: a server's words must not decide what we make of it."""
    return "\n".join(line for line in said.splitlines() if not line.startswith("remote:"))


def quoted(said: str, secrets: Iterable[str]) -> str:
    """One printable line of what was said, the end of it if it is long, with every credential as ``***``."""
    for form in sorted(_forms(secrets), key=len, reverse=True):
        said = said.replace(form, "***")
    said = _SCRATCH_PATH.sub("", _URL_CREDENTIAL.sub(r"\1***@", said))
    lines = (line.strip() for line in said.splitlines())
    text = "; ".join(line for line in lines if not _NOT_WORTH_A_WORD.fullmatch(line))
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= _QUOTED else "…" + text[-_QUOTED:]


def _forms(secrets: Iterable[str]) -> set[str]:
    """As it is, as URLs and headers hold it, and line by line."""
    found: set[str] = set()
    for secret in secrets:
        for text in (secret, *secret.splitlines()):
            for raw in (text.encode(), f"{USER}:{text}".encode()):
                coded = base64.b64encode(raw).decode()
                found.update((coded, coded.rstrip("="), base64.urlsafe_b64encode(raw).decode()))
            found.update((text, quote(text, safe=""), quote_plus(text)))
    return {form for form in found if len(form) >= 6}
