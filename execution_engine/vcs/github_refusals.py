"""GitHub's refusals as errors of the engine: what was tried, where, and what helps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from execution_engine.errors import EngineError, NotFound
from execution_engine.vcs.errors import VcsBusy, VcsDenied, VcsError, VcsUnanswered
from execution_engine.vcs.github_patience import Answer


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried: ``doing`` as in ``create the comment 'exec' on acme/shop#12``; ``api`` where; ``token_name``
    with whose token."""

    doing: str
    api: str
    token_name: str


def refusal(trial: Trial, answer: Answer) -> EngineError:
    """What to raise for an answer that is neither waited for nor tried again."""
    said = f"{answer.status}" + (f" {answer.message}" if answer.message else "")
    begun = f"can't {trial.doing} at {trial.api}:"
    if answer.status == 401:
        return VcsDenied(
            f"{begun} GitHub does not accept {trial.token_name} ({said}). It is wrong, expired or revoked, or of "
            "another GitHub: give one that is valid there"
        )
    if answer.status == 403:
        return VcsDenied(f"{begun} {trial.token_name} may not ({said}). {_remedy(answer)}")
    if answer.status in (404, 410):
        return NotFound(
            f"{begun} there is nothing of that name that {trial.token_name} may see ({said}). Check organisation, "
            "repository and number; for a private repository the token needs access to it"
        )
    if answer.status == 422:
        return VcsError(f"{begun} GitHub takes the request for wrong ({said}). Nothing was changed")
    return VcsError(f"{begun} GitHub answered {said}. Nothing is known to have changed; try again later")


def _remedy(answer: Answer) -> str:
    if "x-github-sso" in answer.headers:
        return "The organisation wants the token authorised for its single sign-on"
    if "locked" in answer.message.lower():
        return "Unlock the conversation, or give a token with write access to the repository"
    needed = answer.headers.get("x-accepted-github-permissions")
    return (
        "It needs write access to issues or pull requests of the repository (in GitHub Actions: permissions: "
        "pull-requests: write; a fork's workflow has none)" + (f"; GitHub names {clean(needed, '')}" if needed else "")
    )


def busy(trial: Trial, answer: Answer, waited: float, until: float) -> VcsBusy:
    """``until``: the epoch at which it may be tried again."""
    at = datetime.fromtimestamp(min(until, 2e11), UTC).strftime("%Y-%m-%d %H:%M:%S")
    return VcsBusy(
        f"can't {trial.doing} at {trial.api}: the rate limit of {trial.token_name} is used up ({answer.status} "
        f"{answer.message}) after {waited:.0f} s of waiting. Try again after {at} UTC"
    )


def unanswered(trial: Trial, answer: Answer, tries: int) -> VcsUnanswered:
    said = f"{answer.status or ''} {answer.message}".strip()
    times = "" if tries == 1 else f", {tries} times"
    return VcsUnanswered(
        f"can't {trial.doing} at {trial.api}: no usable answer{times} ({said}). Check that this machine reaches it "
        "(proxy, certificates, a status page), then try again: it does no harm"
    )


def answer_of(status: int, data: Any, headers: Mapping[str, Any] | None, token: str | None) -> Answer:
    """GitHub's answer as it may be told: its message and those of its ``errors``, of one line, without the token."""
    document = data if isinstance(data, Mapping) else {}
    parts = [document.get("message")]
    errors = document.get("errors")
    for error in errors if isinstance(errors, list) else []:
        parts.append(error.get("message") or error.get("code") if isinstance(error, Mapping) else error)
    message = ": ".join(clean(part, token) for part in parts if isinstance(part, str) and part)
    lowered = {str(name).lower(): str(value) for name, value in (headers or {}).items()}
    return Answer(status, message[:500], lowered)


def clean(text: str, token: str | None) -> str:
    line = "".join(character if character.isprintable() else " " for character in text)
    return (line.replace(token, "***") if token else line)[:300]
