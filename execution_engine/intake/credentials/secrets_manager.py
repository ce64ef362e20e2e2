"""Credentials out of Secrets Manager, by name or ARN: twenty a call, or one by one where that is denied.

The current version of each. Back-off is the client's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from execution_engine.intake.credentials.fetcher import Answer, Fetched, FetcherContext, Unreadable
from execution_engine.intake.credentials.service_errors import AwsError, can_not_tell, code_of, region_of

log = structlog.get_logger()

_ABSENT = "ResourceNotFoundException"
_FINAL = {
    _ABSENT: "does not exist in Secrets Manager",
    "AccessDeniedException": "can't be read: denied (AccessDeniedException); the engine's intake role needs "
    "secretsmanager:GetSecretValue on it and, if its KMS key is a customer's, kms:Decrypt on that",
    "DecryptionFailure": "can't be decrypted (DecryptionFailure); is its KMS key there, and enabled?",
    "InvalidRequestException": "can't be read (InvalidRequestException): it is marked for deletion, restore it, or "
    "name another",
    "InvalidParameterException": "is no name that Secrets Manager takes (InvalidParameterException)",
    "ValidationException": "is no name that Secrets Manager takes (ValidationException)",
}


class SecretsManager:
    """Implements ``Fetcher``."""

    at_once = 20
    """The most that BatchGetSecretValue takes."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def fetch(self, names: Sequence[str]) -> Mapping[str, Answer]:
        found = self._together(names) if len(names) > 1 else {}
        # Also what a batch left out, or could not tell of: by itself it is answered, with the client's patience.
        return {name: found[name] if name in found else self._alone(name) for name in names}

    def _together(self, names: Sequence[str]) -> dict[str, Answer]:
        try:
            answer = self._client.batch_get_secret_value(SecretIdList=list(names))
        except AwsError as error:
            code = code_of(error)
            if code not in _FINAL:
                raise can_not_tell("Secrets Manager", error) from error
            # No right to batches, or an endpoint's policy that denies one secret and so the batch.
            log.warning("secrets are read one by one: BatchGetSecretValue was refused", code=code, secrets=len(names))
            return {}
        found: dict[str, Answer] = {}
        for secret in answer.get("SecretValues", ()):
            for called in (secret.get("Name"), secret.get("ARN")):
                if called in names:
                    found[called] = _fetched(secret)
        for refused in answer.get("Errors", ()):
            if refused.get("SecretId") in names and refused.get("ErrorCode") in _FINAL:
                found[refused["SecretId"]] = self._unreadable(refused["ErrorCode"])
        return found

    def _alone(self, name: str) -> Answer:
        try:
            return _fetched(self._client.get_secret_value(SecretId=name))
        except AwsError as error:
            if code_of(error) not in _FINAL:
                raise can_not_tell("Secrets Manager", error) from error
            return self._unreadable(code_of(error))

    def _unreadable(self, code: str) -> Unreadable:
        return Unreadable(_FINAL[code] + (f", {region_of(self._client)}" if code == _ABSENT else ""))


def secrets_manager(context: FetcherContext) -> SecretsManager:
    return SecretsManager(context.client("secretsmanager"))


def _fetched(secret: Mapping[str, Any]) -> Fetched:
    """``Name`` has no random end as the ARN has."""
    return Fetched(secret["Name"], secret["SecretString"] if "SecretString" in secret else secret["SecretBinary"])
