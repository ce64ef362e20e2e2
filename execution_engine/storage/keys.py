"""Age keys in Parameter Store: one per run, encrypted, expiring by itself (Advanced tier, ≈ $0.05 a month)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from execution_engine.errors import BundleUnreadable
from execution_engine.storage.service_errors import code_of


class ParameterKeys:
    """Implements ``orders.store.Keys`` and the worker's reading of one."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, path: str, identity: str, expires_at: float) -> None:
        moment = datetime.fromtimestamp(expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        policy = [{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": moment}}]
        self._client.put_parameter(
            Name=path,
            Value=identity,
            Type="SecureString",
            Tier="Advanced",
            Policies=json.dumps(policy),
            Overwrite=True,
        )

    def delete(self, path: str) -> None:
        try:
            self._client.delete_parameter(Name=path)
        except ClientError as error:
            if code_of(error) != "ParameterNotFound":
                raise

    def get(self, path: str) -> str:
        """The identity (``AGE-SECRET-KEY-…``) at ``path``; raises ``BundleUnreadable``, with the remedy."""
        try:
            value = self._client.get_parameter(Name=path, WithDecryption=True)["Parameter"]["Value"]
        except ClientError as error:
            if (code := code_of(error)) in ("ParameterNotFound", "AccessDeniedException", "AccessDenied"):
                raise BundleUnreadable(
                    f"the age key at {path} can't be read ({code}); a run's key is deleted when the run ends: "
                    "submit the job again"
                ) from error
            raise
        return str(value)
