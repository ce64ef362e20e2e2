"""What SSM refuses, and whose fault that is. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from botocore.exceptions import ClientError

from execution_engine.targets.ssm.invocations import one_line

_BLAMED = {"InvalidInstanceId", "UnsupportedPlatformType"}
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_INSTANCE_ARN = re.compile(r":(?:managed-)?instance/([A-Za-z0-9_-]+)")


def code_of(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def said(error: Exception) -> str:
    """In one line."""
    if isinstance(error, ClientError):
        return one_line(f"SSM: {code_of(error)}: {_message(error) or 'it does not say why'}")
    return f"SSM could not be asked: {type(error).__name__}"


def blames_instances(error: Exception) -> bool:
    """Whether the others of the group would be taken without some. A malformed id is a fault of the request, as SSM
    sees it."""
    malformed = code_of(error) == "ValidationException" and "instanceids" in _message(error).lower()
    return malformed or code_of(error) in _BLAMED


def denied_instance(error: Exception, ids: Sequence[str]) -> str | None:
    """The one that the engine's role has no right to: IAM refuses the whole request, and names the first."""
    found = _INSTANCE_ARN.search(_message(error)) if code_of(error) == "AccessDeniedException" else None
    return found[1] if found and found[1] in ids else None


def named_in(error: Exception, ids: Sequence[str]) -> set[str]:
    """As in "Instances [[i-…, i-…]] not in a valid state for account …"."""
    return set(ids).intersection(_WORD.findall(_message(error)))


def halves(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[: len(ids) // 2], ids[len(ids) // 2 :]]


def _message(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Message") or "") if isinstance(error, ClientError) else ""
