"""The SSH servers that are known by their keys: GitHub's are shipped, others are a setting."""

from __future__ import annotations

import re

from execution_engine import resources
from execution_engine.errors import SettingsError
from execution_engine.settings import PREFIX

SETTING = f"{PREFIX}GIT_KNOWN_HOSTS"

_LINE = re.compile(
    r"(?:@cert-authority\s+|@revoked\s+)?(?P<hosts>\S+)\s+(?:ssh|ecdsa|sk)-\S+\s+[A-Za-z0-9+/=]+(?:\s.*)?"
)


def known_hosts(setting: str = "") -> str:
    """The text of a ``known_hosts`` file. ``setting``: lines as ``ssh-keyscan`` prints them, separated by line
    breaks or semicolons.

    A host that the setting names is known by the setting alone: so an operator is not bound to a shipped key
    that GitHub withdrew. Raises ``SettingsError`` for what is no such line.

    What is shipped: https://docs.github.com/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints
    (the RSA key is that of March 2023).
    """
    given = []
    named: set[str] = set()
    for line in (part.strip() for part in re.split(r"[\r\n;]+", setting)):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise SettingsError(
                f"{SETTING} has a line that is none of a known_hosts file: {line[:60]!r}; "
                "write 'host ssh-ed25519 AAAA…' or '[host]:port ssh-ed25519 AAAA…'"
            )
        named.update(found["hosts"].lower().split(","))
        given.append(line)
    shipped = [
        f"{host} {key}" for host, keys in resources.load("known_hosts").items() if host not in named for key in keys
    ]
    return "".join(f"{line}\n" for line in (*shipped, *given))
