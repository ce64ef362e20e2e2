"""Where a credential lies: Parameter Store or Secrets Manager. Names of places, never values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

CredentialStore = Literal["ssm", "secretsmanager"]

_SCHEME = "aws:::"
_PREFIXES: dict[str, CredentialStore] = {"aws:::ssm:": "ssm", "aws:::secretsmanager:": "secretsmanager"}
_NAME: dict[CredentialStore, re.Pattern[str]] = {
    "ssm": re.compile(r"[A-Za-z0-9_./:-]{1,2048}"),
    "secretsmanager": re.compile(r"[A-Za-z0-9/_+=.@:!-]{1,2048}"),
}


@dataclass(frozen=True, slots=True)
class CredentialLocation:
    store: CredentialStore
    name: str


def credential_location(text: str, *, bare: CredentialStore = "ssm") -> CredentialLocation:
    """Read ``aws:::ssm:<path>``, ``aws:::secretsmanager:<name>`` or a bare name, which lies in ``bare``.

    Raises ``ValueError`` that says which forms there are.
    """
    store, name = bare, text
    for prefix, named in _PREFIXES.items():
        if text.startswith(prefix):
            store, name = named, text.removeprefix(prefix)
    if name.startswith(_SCHEME) or not _NAME[store].fullmatch(name):
        raise ValueError("must be aws:::ssm:<path>, aws:::secretsmanager:<name> or a bare path")
    return CredentialLocation(store, name)
