"""Where a repository is: parsed, and only places that are allowed. Nobody is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from execution_engine.intake.sources.git_faults import AddressRefused
from execution_engine.intake.sources.git_hosts import GitHosts
from execution_engine.intake.sources.git_providers import GitProviders
from execution_engine.jobs.git_rules import git_repo

Protocol = Literal["https", "ssh"]


@dataclass(frozen=True, slots=True)
class GitUrl:
    """One place of a repository. ``path`` starts with ``/``, except where it is relative to the SSH user's home.

    ``str`` is what git is given; it never holds a credential.
    """

    protocol: Protocol
    host: str
    path: str
    port: int | None = None
    user: str = "git"

    @property
    def server(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host

    def __str__(self) -> str:
        if self.protocol == "https":
            return f"https://{self.server}{self.path}"
        if self.path.startswith("/"):
            return f"ssh://{self.user}@{self.server}{self.path}"
        return f"{self.user}@{self.host}:{self.path}"


@dataclass(frozen=True, slots=True)
class GitAddress:
    """A repository as the caller wrote it and the places it is at, the one that was written first.

    Equal places mean the same repository, whatever the spelling: compare by ``places``.
    """

    written: str
    places: tuple[GitUrl, ...]
    explicit: bool = True
    """Whether the caller wrote a protocol. ``org/repo`` says none."""

    def at(self, protocol: Protocol) -> GitUrl | None:
        return next((place for place in self.places if place.protocol == protocol), None)


class GitAddresses:
    """Resolves what callers write in ``git_repo``."""

    def __init__(self, hosts: GitHosts, providers: GitProviders) -> None:
        self._hosts = hosts
        self._providers = providers

    def resolve(self, written: str, provider: str) -> GitAddress:
        """``provider`` resolves ``org/repo`` only. Raises ``AddressRefused``, as the end of a sentence.

        A URL at its protocol's own port is also tried by the other protocol, where that is at its own port:
        that is what makes the SSH key a fallback of the token.
        """
        try:
            git_repo(written)
        except ValueError as error:
            raise AddressRefused(str(error)) from None  # which never repeats the URL
        if "://" not in written and "@" not in written:
            return self._of_provider(written, provider)
        url = _from_url(written) if "://" in written else _from_scp(written)
        self._hosts.check(url.protocol, url.host, url.port)
        return GitAddress(written, (url, *self._by_the_other_protocol(url)))

    def _of_provider(self, written: str, provider: str) -> GitAddress:
        places = []
        refused: AddressRefused | None = None
        for base in self._providers.bases(provider):
            url = _from_url(f"{base}/{written.strip('/').removesuffix('.git')}.git")
            try:
                self._hosts.check(url.protocol, url.host, url.port)
                places.append(url)
            except AddressRefused as error:
                refused = refused or error
        if not places:
            raise refused or AddressRefused(f"can't be resolved: git_provider {provider!r} has no address")
        return GitAddress(written, tuple(places), explicit=False)

    def _by_the_other_protocol(self, url: GitUrl) -> tuple[GitUrl, ...]:
        if url.port is not None or "~" in url.path:
            return ()
        other: Protocol = "ssh" if url.protocol == "https" else "https"
        place = replace(url, protocol=other, path="/" + url.path.lstrip("/"), user="git")
        try:
            self._hosts.check(place.protocol, place.host, place.port)
        except AddressRefused:
            return ()
        return (place,)


def _from_url(text: str) -> GitUrl:
    url = urlsplit(text)
    host = (url.hostname or "").lower()
    protocol: Protocol = "https" if url.scheme == "https" else "ssh"
    port = None if url.port == (443 if protocol == "https" else 22) else url.port
    if port == 0:
        raise AddressRefused("has port 0, which no server is at")
    return GitUrl(protocol, f"[{host}]" if ":" in host else host, _path(url.path), port, url.username or "git")


def _from_scp(text: str) -> GitUrl:
    """``user@host:path``. The path is relative to the user's home, which most servers take for their root."""
    user, _, rest = text.partition("@")
    host, _, path = rest.partition(":")
    return GitUrl("ssh", host.lower(), _path(path), None, user)


def _path(path: str) -> str:
    return path.rstrip("/")
