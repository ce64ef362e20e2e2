"""Which hosts git may be sent to. Text only: no name is looked up."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from execution_engine.errors import SettingsError
from execution_engine.intake.sources.git_faults import AddressRefused
from execution_engine.settings import PREFIX

SETTING = f"{PREFIX}GIT_HOSTS"
DEFAULT_PORTS = {"https": 443, "ssh": 22}

_ENTRY = re.compile(r"(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*\.?")
"""What ``inet_aton`` takes for an address: ``127.1``, ``2130706433`` and ``0x7f.0.0.1`` are this machine too."""


class GitHosts:
    """An allowlist of ``host`` (at any port) and ``host:port``.

    An IP address, or ``localhost``, is refused unless an entry names that very one; a name never stands for it.
    Names are compared as they are written: a name on the list that leads to an inner address is the operator's
    choice. Raises ``SettingsError`` for an entry that is neither.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = tuple(entry.strip().lower() for entry in entries)
        for entry in self._entries:
            found = _ENTRY.fullmatch(entry)
            if found is None or int(found["port"] or 1) not in range(1, 65_536):
                raise SettingsError(f"{SETTING} has {entry!r}; an entry is host or host:port, as in github.com")

    def check(self, protocol: str, host: str, port: int | None) -> None:
        """Raises ``AddressRefused`` unless this host may be asked; ``host`` in lower case, IPv6 in brackets."""
        at = f"{host}:{port or DEFAULT_PORTS[protocol]}"
        if at in self._entries or host in self._entries:
            return
        if is_address_of_a_machine(host):
            raise AddressRefused(
                f"is at {at}: addresses of single machines are refused; use a host's name, or add {at} to {SETTING}"
            )
        allowed = ", ".join(self._entries) or "none"
        raise AddressRefused(f"is at {host}, which is not among the git hosts of this deployment ({allowed})")


def is_address_of_a_machine(host: str) -> bool:
    """An IP address in any spelling, or this machine by name: what no public repository is reached by."""
    bare = host.strip("[]")
    try:
        ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        name = bare.rstrip(".")
        return bool(_NUMBERS.fullmatch(bare)) or name == "localhost" or name.endswith(".localhost")
    return True
