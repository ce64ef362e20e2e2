"""Age keys under a key of AWS KMS, each bound to its run: what is wrapped for one opens for no other."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from execution_engine.errors import BundleUnreadable, SealingFailed
from execution_engine.storage.service_errors import code_of

_WILL_NOT_DO = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "DisabledException",
        "IncorrectKeyException",
        "InvalidCiphertextException",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "NotFoundException",
    }
)
"""What KMS says that asking again would not change."""


class KmsWrapping:
    """Implements ``intake.kept_jobs.Wrapping``. ``key``: the id, ARN or alias of a symmetric key."""

    def __init__(self, client: Any, key: str) -> None:
        self._client = client
        self._key = key

    def wrap(self, run_id: str, identity: str) -> bytes:
        """Raises ``SealingFailed``."""
        try:
            answer = self._client.encrypt(
                KeyId=self._key, Plaintext=identity.encode(), EncryptionContext={"run_id": run_id}
            )
        except ClientError as error:
            if (code := code_of(error)) in _WILL_NOT_DO:
                raise SealingFailed(
                    f"the KMS key {self._key} can't encrypt the key of run {run_id} ({code}); check "
                    "AWS_EXE_SYS_KMS_KEY, the key's state and policy, and the role's kms:Encrypt"
                ) from error
            raise
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, run_id: str, wrapped: bytes) -> str:
        """Raises ``BundleUnreadable``."""
        try:
            answer = self._client.decrypt(KeyId=self._key, CiphertextBlob=wrapped, EncryptionContext={"run_id": run_id})
            return bytes(answer["Plaintext"]).decode("ascii")
        except UnicodeDecodeError:
            raise BundleUnreadable(f"what was wrapped for run {run_id} is no age key") from None
        except ClientError as error:
            if (code := code_of(error)) in _WILL_NOT_DO:
                raise BundleUnreadable(
                    f"the KMS key {self._key} can't decrypt the key of run {run_id} ({code}); check "
                    "AWS_EXE_SYS_KMS_KEY, the key's state and policy, and the role's kms:Decrypt"
                ) from error
            raise
