"""Age keys, and sealing a few bytes with them, without a process of its own.

pyrage is imported where it is used: a worker that runs an order without secrets need not load it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from execution_engine.errors import BundleUnreadable, Unsealable


@dataclass(frozen=True, slots=True)
class AgeKey:
    """``identity`` (``AGE-SECRET-KEY-1…``) opens what was sealed to ``recipient`` (``age1…``)."""

    identity: str = field(repr=False)
    recipient: str

    @classmethod
    def generate(cls) -> AgeKey:
        from pyrage import x25519

        identity = x25519.Identity.generate()
        return cls(str(identity), str(identity.to_public()))


def seal_bytes(data: bytes, recipient: str) -> bytes:
    """Age-encrypt ``data`` to one recipient. Raises ``Unsealable`` when that is no age public key."""
    import pyrage

    sealed: bytes = pyrage.encrypt(data, [parse_recipient(recipient)])
    return sealed


def unseal_bytes(data: bytes, identity: str) -> bytes:
    """Open what `seal_bytes` made, with the one of the keys in ``identity`` that does. Raises ``BundleUnreadable``:
    other keys, or changed bytes."""
    import pyrage

    keys = parse_identities(identity)
    try:
        opened: bytes = pyrage.decrypt(data, keys)
    except pyrage.DecryptError as error:
        raise BundleUnreadable(f"sealed bytes can't be opened with the run's age key: {error}") from None
    return opened


def parse_recipient(recipient: str) -> Any:
    """One X25519 public key, nothing else: no list, no plugin, no SSH key. ``Unsealable`` otherwise."""
    import pyrage

    try:
        return pyrage.x25519.Recipient.from_str(recipient.strip())
    except pyrage.RecipientError:
        shown = recipient if recipient.startswith("age1") else "the given text"
        raise Unsealable(f"{shown!r} is no age public key; give one that age-keygen prints (age1…)") from None


def public_keys(text: str) -> dict[str, str]:
    """Public key → private key, of each in ``text``. Raises as ``parse_identities`` does."""
    return {str(key.to_public()): str(key) for key in parse_identities(text)}


def parse_identities(text: str) -> list[Any]:
    """X25519 private keys, one a line, as ``age-keygen`` writes them; lines that begin with ``#`` are comments. At
    least one. The error says nothing about them but that they are none."""
    import pyrage

    lines = (line.strip() for line in text.splitlines())
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
        if not keys:
            raise pyrage.IdentityError("no key")
        return keys
    except pyrage.IdentityError:
        raise BundleUnreadable(
            "the run's age key is malformed (AGE-SECRET-KEY-1… expected); check the parameter it is kept in"
        ) from None
