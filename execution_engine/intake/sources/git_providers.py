"""Who resolves ``org/repo``: the addresses that a ``git_provider`` stands for."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from execution_engine.errors import SettingsError
from execution_engine.intake.sources.git_faults import AddressRefused
from execution_engine.jobs.git_rules import git_repo
from execution_engine.settings import PREFIX

SETTING = f"{PREFIX}GIT_PROVIDERS"

_KNOWN = {"github": ("https://github.com", "ssh://git@github.com")}


class GitProviders:
    """``entries``: ``name=base``, as ``github=https://git.example.com``; a base is a URL that ``/org/repo.git`` is
    put behind. A provider may have one base for https and one for ssh. Where only one is named, and
    without a port, the other is the same host. An entry replaces what is known of that name.

    Raises ``SettingsError`` for an entry that is none.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        given: dict[str, dict[str, str]] = {}
        for entry in entries:
            name, _, base = entry.strip().partition("=")
            base = base.rstrip("/")
            try:
                if not name or "://" not in base:
                    raise ValueError("is no name=URL")
                git_repo(f"{base}/org/repo")
            except ValueError as error:
                raise SettingsError(f"{SETTING}: the entry for {name!r} {error}; write name=https://host") from None
            given.setdefault(name, {})[urlsplit(base).scheme] = base
        self._bases = {**_KNOWN, **{name: _both(bases) for name, bases in given.items()}}

    def bases(self, name: str) -> tuple[str, ...]:
        """HTTPS first. Raises ``AddressRefused`` for a provider that nobody knows."""
        if name not in self._bases:
            known = ", ".join(sorted(self._bases))
            raise AddressRefused(
                f"can't be resolved: this deployment knows no git_provider {name!r} ({known}); write a URL"
            )
        return self._bases[name]


def _both(bases: dict[str, str]) -> tuple[str, ...]:
    for one, other, user in (("https", "ssh", "git@"), ("ssh", "https", "")):
        url = urlsplit(bases.get(one, ""))
        if other not in bases and url.hostname and url.port is None:
            bases = {**bases, other: f"{other}://{user}{url.hostname}{url.path}"}
    return tuple(bases[protocol] for protocol in ("https", "ssh") if protocol in bases)
