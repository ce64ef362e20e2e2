"""Every error the engine raises on purpose.

::

    EngineError
    ├── SettingsError          a setting is missing or malformed (names it)
    ├── JobRefused             the caller's job is wrong: all faults at once, each with its place
    ├── IllegalMove            the lifecycle has no such transition; nothing was changed
    ├── StoreError             storage answered, but not with what it promised
    │   ├── ConditionLost      somebody else was first; nothing was written
    │   └── RowUnreadable      one stored record can't be understood (names it)
    ├── CodeUnusable           code that can't be packed, or an archive that must not be unpacked
    ├── SealingFailed          variables or addresses can't be encrypted: there is no bundle
    │   └── Unsealable         and what was given is to blame: it is no key, or no text
    ├── BundleUnreadable       a bundle can't be fetched, verified or opened
    ├── LaunchFailed           a target refused to start an order
    ├── SubmissionPending      the same request is still being submitted; the same again will tell
    └── NotFound               what was asked for does not exist (says how long records live)

An error names the thing, its state, what was tried and the remedy. None carries a secret value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class EngineError(Exception):
    """The root: catching it catches everything the engine raises on purpose."""


class SettingsError(EngineError):
    """A setting is missing or malformed; one line that names it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a job: ``where`` as in ``orders[2].timeout``, ``message`` for a person."""

    where: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"where": self.where, "message": self.message}

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class JobRefused(EngineError):
    """The job can't be taken as it is. Nothing was started and nothing is left behind.

    ``status`` is the HTTP answer: 400 bad job, 409 an idempotency key used for another job,
    413 too large.
    """

    def __init__(self, faults: Iterable[Fault], status: int = 400) -> None:
        self.faults: Sequence[Fault] = tuple(faults)
        self.status = status
        if not self.faults:
            raise ValueError("JobRefused needs at least one fault")
        more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
        super().__init__(f"{self.faults[0]}{more}")


class IllegalMove(EngineError):
    """The lifecycle has no such transition. The order is as it was."""


class StoreError(EngineError):
    """Storage answered, but not with what it promised."""


class ConditionLost(StoreError):
    """A conditional write lost against somebody who was first; nothing was written.

    ``found`` is the item that stood in the way, where the store says so.
    """

    found: Mapping[str, Any] = {}


class RowUnreadable(StoreError):
    """One stored record can't be understood; the others are not affected."""

    def __init__(self, key: str, why: str) -> None:
        self.key = key
        self.why = why
        super().__init__(f"record {key} can't be read: {why}")


class CodeUnusable(EngineError):
    """A folder can't be packed, or an archive breaks the rules; the member at fault is named."""


class SealingFailed(EngineError):
    """Something secret can't be encrypted, so no bundle is made (never one in clear)."""


class Unsealable(SealingFailed):
    """What was given can't be encrypted, or not to that key; with something else it would work."""


class BundleUnreadable(EngineError):
    """A bundle can't be fetched, does not match its digest, or can't be unsealed."""


class LaunchFailed(EngineError):
    """A target refused to start an order. ``transient`` says whether trying again may help."""

    def __init__(self, message: str, *, transient: bool) -> None:
        self.transient = transient
        super().__init__(message)


class SubmissionPending(EngineError):
    """Whether a submission began can't be told yet. Repeating the same request tells, and does no harm."""


class NotFound(EngineError):
    """What was asked for does not exist, or no longer does."""
