"""Where a credential lies, whoever reads it: a store and a name in it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from execution_engine.jobs.credential_locations import CredentialStore, credential_location

OWN_STORES = ("ssm", "secretsmanager")

_STORE = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_AWS = "aws"
_BETWEEN = ":::"


@dataclass(frozen=True, slots=True)
class Location:
    """Equal for all ways to write the same place, such as ``/a`` and ``aws:::ssm:/a``."""

    store: str
    name: str


def location(text: str, *, bare: CredentialStore = "ssm") -> Location:
    """Read ``aws:::<store>:<name>``, ``<store>:::<name>`` or a bare name, which lies in ``bare``.

    Which stores there are is not known here. No parameter and no secret has ``:::`` in its name. Raises
    ``ValueError`` that says which forms there are.
    """
    first, between, rest = text.partition(_BETWEEN)
    if between and first != _AWS:
        return _others(first, rest)
    if between and (store := rest.partition(":")[0]) not in OWN_STORES:
        return _others(store, rest.partition(":")[2])
    found = credential_location(text, bare=bare)
    return Location(found.store, found.name)


def _others(store: str, name: str) -> Location:
    if not _STORE.fullmatch(store) or not name:
        raise ValueError(
            "must be aws:::ssm:<path>, aws:::secretsmanager:<name>, a bare path, or <store>:::<name> of a store that "
            "an installed package reads"
        )
    return Location(store, name)
