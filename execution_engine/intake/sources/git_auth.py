"""With what a repository is asked for, and in which order it is tried. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from execution_engine.intake.sources.git_address import GitAddress, GitUrl
from execution_engine.intake.sources.git_faults import AccessRefused


@dataclass(frozen=True, slots=True)
class GitAuth:
    """What ``git_token_location`` and ``git_ssh_key_location`` held; never shown.

    Raises ``ValueError`` for a token that could not be sent as it is; the message does not hold it.
    """

    token: str | None = field(default=None, repr=False)
    ssh_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        token, key = (self.token or "").strip(), (self.ssh_key or "").strip()
        if not token.isprintable() or " " in token:
            raise ValueError("holds more than a token: a single line without spaces was expected")
        if key and not key.startswith("-----BEGIN "):
            raise ValueError("holds no private key: one that starts with -----BEGIN was expected")
        object.__setattr__(self, "token", token or None)
        # OpenSSH takes a key without its last line break for none at all.
        object.__setattr__(self, "ssh_key", "\n".join(key.splitlines()) + "\n" if key else None)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self.token, self.ssh_key) if secret)


NOBODY = GitAuth()


@dataclass(frozen=True, slots=True)
class Way:
    """One place, and the only credential that is taken along to it."""

    place: GitUrl
    auth: GitAuth = NOBODY


def ways(address: GitAddress, auth: GitAuth) -> tuple[Way, ...]:
    """What is tried, in turn: by HTTPS with the token, then by SSH with the key.

    A protocol that the caller wrote goes first if there is a credential for it. Public repositories need none, so
    without a token HTTPS is tried as nobody in particular, unless there is a key and the caller did not write
    ``https``. Raises ``AccessRefused`` if there is no way at all.
    """
    by_https, by_ssh = address.at("https"), address.at("ssh")
    found = []
    if by_ssh is not None and auth.ssh_key is not None:
        found.append(Way(by_ssh, GitAuth(ssh_key=auth.ssh_key)))
    if by_https is not None:
        wrote_https = address.explicit and address.places[0].protocol == "https"
        wrote_ssh = address.explicit and not wrote_https
        way = Way(by_https, GitAuth(token=auth.token))
        if auth.token is not None or wrote_https or not found:
            found.insert(len(found) if wrote_ssh else 0, way)
    if not found:
        raise AccessRefused(f"{address.places[0]} is reached by SSH; name its key's place in git_ssh_key_location")
    return tuple(found)
