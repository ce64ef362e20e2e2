"""AWS clients for an endpoint on this machine, all from one session that is handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import ClientError

from execution_engine.local.names import Identity


class Session(Protocol):
    """What is needed of a ``boto3.Session``."""

    def client(self, service_name: Any, **options: Any) -> Any: ...


Connect = Callable[[Identity], Session]
"""Makes a session with these very keys, so that nothing of the user's own AWS set-up is read."""


class Clients:
    """One client per service, made when first asked for. S3 with path-style names and with SigV4,
    which boto3 uses in us-east-1 only when told to. Never through a proxy."""

    def __init__(self, session: Session, endpoint: str) -> None:
        self._session = session
        self._endpoint = endpoint
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            config = Config(
                signature_version="s3v4" if service == "s3" else None,
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "max_attempts": 3},
                connect_timeout=5,
                proxies={},
            )
            self._made[service] = self._session.client(service, endpoint_url=self._endpoint, config=config)
        return self._made[service]

    def close(self) -> None:
        for client in self._made.values():
            client.close()
        self._made.clear()


def unless(error: ClientError, expected: str) -> None:
    """Raises the error again, unless it has the expected code (as in: exists already)."""
    if error.response["Error"]["Code"] != expected:
        raise error
