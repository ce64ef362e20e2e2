"""Gives each build its container: an image that can be had, a role's session, an environment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from execution_engine.local.builds.build import Build
from execution_engine.local.builds.container import Container
from execution_engine.local.builds.errors import ProvisioningFailed

NOWHERE = ".invalid"
"""No registry is ever found under this top-level domain (RFC 2606), here neither: an image from there is the way
to see provisioning fail. Any other image is the engine's own interpreter."""


class Sessions(Protocol):
    """Temporary credentials of roles."""

    def open(self, role: str, name: str) -> dict[str, str]:
        """As environment variables. Raises ``ProvisioningFailed``."""
        ...

    def close(self, credentials: Mapping[str, str]) -> None: ...


class Provider:
    """``host``: what builds see of the process's environment. ``folders``, ``logs``: where theirs are made."""

    def __init__(
        self,
        sessions: Sessions,
        host: Mapping[str, str],
        endpoint: str,
        folders: Path,
        logs: Path,
        grace: float,
        now: Callable[[], float],
    ) -> None:
        self._sessions = sessions
        self._host = host
        self._endpoint = endpoint
        self._folders = folders
        self._logs = logs
        self._grace = grace
        self._now = now

    def log_url(self, uuid: str) -> str:
        return self._log(uuid).as_uri()

    def provide(self, build: Build) -> Container:
        """Raises ``ProvisioningFailed``."""
        registry = build.request.image.partition("/")[0].partition(":")[0]
        if registry.endswith(NOWHERE):
            raise ProvisioningFailed(
                "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE",
                f"Unable to pull customer's container image. CannotPullContainerError: lookup {registry}: no such host",
            )
        if (module := build.request.module) is None:
            raise ProvisioningFailed(
                "YAML_FILE_ERROR", "on one machine a buildspec's only command is `python -m MODULE`, in phase build"
            )
        credentials = self._sessions.open(build.request.role, f"AWSCodeBuild-{build.uuid}")
        folder = self._folders / build.uuid
        try:
            environment = {**self._host, **container_environment(build, self._endpoint, self.log_url(build.uuid))}
            return Container(
                module,
                {**environment, **credentials},
                folder,
                self._log(build.uuid),
                self._grace,
                self._now,
                lambda: self._sessions.close(credentials),
            )
        except (OSError, ValueError) as error:  # no process, or a variable that can't be handed to one
            self._sessions.close(credentials)
            shutil.rmtree(folder, ignore_errors=True)
            raise ProvisioningFailed("INTERNAL_SERVICE_ERROR", f"the process can't be started: {error}") from error

    def _log(self, uuid: str) -> Path:
        return self._logs / f"{uuid}.log"


def container_environment(build: Build, endpoint: str, log_url: str) -> dict[str, str]:
    """What CodeBuild sets in every container, over what the request sets; and where AWS is."""
    return {
        **build.request.variables,
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_IMAGE": build.request.image,
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_CI": "true",
        "CODEBUILD_INITIATOR": build.initiator,
        "CODEBUILD_KMS_KEY_ID": build.describe()["encryptionKey"],
        "CODEBUILD_LOG_PATH": build.uuid,
        "CODEBUILD_PUBLIC_BUILD_URL": log_url,
        "CODEBUILD_START_TIME": str(int(build.started_at * 1000)),
        "AWS_REGION": build.region,
        "AWS_DEFAULT_REGION": build.region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_CODEBUILD": endpoint,
    }
