"""What AWS's refusals mean to who asks for credentials: final ones are answers, all others are nobody's fault."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from execution_engine.errors import StoreError

AwsError = (ClientError, BotoCoreError)

DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
"""Services of the query protocol (STS) say the one, all others the other."""


def code_of(error: Exception) -> str:
    """AWS's own word for it; of what never reached AWS, the name of botocore's exception."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def message_of(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Message", "")) if isinstance(error, ClientError) else ""


def can_not_tell(service: str, error: Exception) -> StoreError:
    """The client has tried as often as it may; what it says in its own words stays out."""
    return StoreError(f"{service} gave no answer for now ({code_of(error)}); nothing was started: submit the job again")


def region_of(client: Any) -> str:
    return str(client.meta.region_name)
