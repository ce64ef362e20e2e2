"""What Systems Manager answers instead of what was asked for, by the names its API gives them."""

from __future__ import annotations

from execution_engine.errors import EngineError
from execution_engine.local.api import ApiError


class Refused(ApiError):
    """``code``: as in the service's model, ``InvalidInstanceId``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Malformed(ApiError):
    """The request is not one that Systems Manager takes, or not one that this stand-in knows (says which)."""


class StartFailed(EngineError):
    """A script's process can't be had."""
