"""What CodeBuild answers instead of what was asked for, by the names its API gives them."""

from __future__ import annotations

from execution_engine.errors import EngineError
from execution_engine.local.api import ApiError


class InvalidInput(ApiError):
    """The request is not one that CodeBuild takes, or not one that this stand-in knows (says which)."""

    code = "InvalidInputException"


class NotFound(ApiError):
    """There is no such project, or no such build."""

    code = "ResourceNotFoundException"


class TooMany(ApiError):
    """The queue is full."""

    code = "AccountLimitExceededException"


class ProvisioningFailed(EngineError):
    """A build's container can't be had; ``code`` and the message go into the phase's context."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
