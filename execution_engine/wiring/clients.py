"""The engine's AWS clients: one per service and process, made when first asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from threading import Lock
from typing import Any

_SUBMISSION = 310
"""Seconds: a little more than the function that takes jobs may run."""

_NOTHING_OF_THE_PROCESS = {
    # logical name: (name in files, environment variable, default, conversion)
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ignore_configured_endpoint_urls": (None, None, True, None),
}
"""botocore's session, without the profile, the files and the endpoints that the user of this process has."""

THREADS = 8
"""How many independent calls go out at once."""


class Clients:
    """``environment`` names region, keys and endpoints as AWS's own tools know them.

    Keys are taken from it, not from the process: one process may talk to two places. Without keys there,
    botocore looks for them where it always does.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._made: dict[str, Any] = {}
        self._making = Lock()

    @property
    def region(self) -> str:
        return self.environment.get("AWS_REGION") or self.environment.get("AWS_DEFAULT_REGION") or "us-east-1"

    @property
    def keys(self) -> tuple[str | None, str | None, str | None]:
        """Access key, secret key, session token; None for what the environment does not give."""
        get = self.environment.get
        return get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"), get("AWS_SESSION_TOKEN")

    def endpoint(self, service: str) -> str | None:
        own = self.environment.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        return own or self.environment.get("AWS_ENDPOINT_URL")

    @cached_property
    def session(self) -> Any:
        import botocore.session

        session = botocore.session.Session(_NOTHING_OF_THE_PROCESS if self.keys[0] else None)
        session.set_config_variable("region", self.region)
        if self.keys[0]:
            session.set_credentials(*self.keys)
        return session

    def __call__(self, service: str, *, once: bool = False, patient: bool = False, brief: bool = False) -> Any:
        """botocore's retries and back-off; SigV4 throughout, which presigning relies on.

        ``once``: a client that asks once and waits as long as a submission may take, for what must not be
        done twice because its answer was late. ``patient``: one that tries more often, for services that answer
        few requests a second (Parameter Store, Secrets Manager, STS). ``brief``: one that soon gives up, for what
        nobody may wait for.
        """
        name = (
            f"{service} once" if once else f"{service} patient" if patient else f"{service} brief" if brief else service
        )
        with self._making:  # botocore's sessions make one client at a time
            if name not in self._made:
                from botocore.config import Config

                endpoint = self.endpoint(service)
                config = Config(
                    signature_version="s3v4" if service == "s3" else None,
                    # Virtual names a region's own host; the default signs for the global one, which redirects.
                    s3={"addressing_style": "path" if endpoint else "virtual"},
                    retries={
                        "mode": "standard",
                        "total_max_attempts": 1 if once else 10 if patient else 3 if brief else 5,
                    },
                    connect_timeout=2 if brief else 5,
                    read_timeout=_SUBMISSION if once else 3 if brief else 70,
                    max_pool_connections=THREADS + 2,
                )
                self._made[name] = self.session.create_client(service, config=config, endpoint_url=endpoint)
        return self._made[name]
