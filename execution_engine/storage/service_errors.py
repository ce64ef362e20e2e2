"""What AWS says when it does not do what it was asked for."""

from __future__ import annotations

from botocore.exceptions import ClientError


def code_of(error: ClientError) -> str:
    """Its name in the service's API, such as ``ConditionalCheckFailedException``; empty where the answer has none."""
    return str(error.response.get("Error", {}).get("Code", ""))
