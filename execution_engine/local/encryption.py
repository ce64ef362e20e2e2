"""What S3 keeps under a KMS key is ciphertext on this machine's disk, too: ministack only says that it is."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from execution_engine.bundles.age import AgeKey, public_keys, seal_bytes, unseal_bytes

_HEADER = "x-amz-server-side-encryption"


def encrypt_at_rest(key_file: Path) -> None:
    """Before ministack serves. ``key_file`` holds an age key of this state folder's own; it is made if it is not
    there. Whoever can read it can read what it encrypts: that protects copies of the objects, and greps."""
    s3: Any = importlib.import_module("ministack.services.s3")
    persist, read = s3._persist_object, s3._read_body
    identity = _identity(key_file)
    recipient = next(iter(public_keys(identity)))

    def persist_encrypted(bucket: str, key: str, stored: Any) -> None:
        if isinstance(stored, dict) and _is_encrypted(stored) and stored.get("body") is not None:
            stored["body"] = seal_bytes(stored["body"], recipient)  # which goes to the disk, and from memory
        persist(bucket, key, stored)

    def read_decrypted(bucket: str, key: str, stored: Mapping[str, Any]) -> bytes:
        data: bytes = read(bucket, key, stored)
        from_disk = stored.get("body") is None
        return unseal_bytes(data, identity) if data and from_disk and _is_encrypted(stored) else data

    s3._persist_object, s3._read_body = persist_encrypted, read_decrypted


def _is_encrypted(stored: Mapping[str, Any]) -> bool:
    return bool((stored.get("preserved_headers") or {}).get(_HEADER) == "aws:kms")


def _identity(key_file: Path) -> str:
    try:
        return key_file.read_text()
    except FileNotFoundError:
        key = AgeKey.generate()
        with open(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key.identity)
        return key.identity
