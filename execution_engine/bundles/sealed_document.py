"""What makes a SOPS document a sealed one. Asked of sops's own output: an exit code of 0 is no proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LEAST_SOPS = (3, 11)

_OTHER_KEYS = ("kms", "gcp_kms", "azure_kv", "hc_vault", "hckms", "pgp", "key_groups")


def parse_object(document: bytes) -> dict[str, Any] | None:
    """The JSON object in ``document``; None when it is anything else."""
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def why_not_sealed(document: bytes, variables: Mapping[str, str], recipient: str) -> str | None:
    """Why ``document`` is not ``variables`` sealed to ``recipient`` alone by a recent sops; None when it is.

    An empty value stays empty in a SOPS document: there is nothing to encrypt.
    """
    found = parse_object(document) or {}
    about = found.pop("sops", None)
    if not isinstance(about, dict):
        return "sops wrote no SOPS document; check the installed sops"
    version = str(about.get("version", "of unknown version"))
    if _numbers(version) < LEAST_SOPS:
        return f"sops {version} is too old, 3.11 or later is needed"
    recipients = [entry.get("recipient") for entry in about.get("age") or () if isinstance(entry, dict)]
    if recipients != [recipient] or any(about.get(kind) for kind in _OTHER_KEYS):
        return "sops sealed to other keys than the one it was given; check its configuration"
    if found.keys() != variables.keys():
        return "sops did not seal exactly the variables it was given; check the installed sops"
    for name, value in variables.items():
        if value and (found[name] == value or not str(found[name]).startswith("ENC[")):
            return f"sops left the variable {name!r} in clear; check the installed sops"
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split(".")[:2])
