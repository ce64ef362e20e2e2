"""What the exit codes mean, in every command."""

from __future__ import annotations

SUCCEEDED = 0
FAILED = 1
REFUSED = 2
TIMED_OUT = 3
INTERRUPTED = 130

_OF_STATUS = {"succeeded": SUCCEEDED, "failed": FAILED, "timed_out": TIMED_OUT}


def of_status(status: str) -> int:
    """The exit code of a run that ended so."""
    return _OF_STATUS.get(status, FAILED)
