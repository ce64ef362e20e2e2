"""Sessions for the embedded AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from execution_engine.local.names import Identity


def connect(identity: Identity) -> Any:
    """A session with these very keys, so that nothing of the user's own AWS set-up is read."""
    import boto3

    from execution_engine.local.names import REGION

    return boto3.Session(
        aws_access_key_id=identity.access_key,
        aws_secret_access_key=identity.secret_key,
        region_name=REGION,
    )
