"""Taking an attempt: who wrote the claim may start its commands, nobody else ever (law 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from execution_engine.worker.courier import Unanswered
from execution_engine.worker.report import Reporter, parsed
from execution_engine.worker.telling import tell

ReadObject = Callable[[str], "bytes | None"]
_log = structlog.get_logger()


def take(reporter: Reporter, document: dict[str, Any], read: ReadObject | None) -> bool:
    """Whether the attempt is ours. Raises ``UrlRefused`` when no claim can be written at all.

    A claim that is there may be our own, written by a try whose answer was lost: its nonce tells.
    If it can't be read back, it counts as somebody else's: commands that never start are found
    by the watchdog, commands that start twice can't be taken back.
    """
    try:
        if reporter.claim(document):
            return True
    except Unanswered as error:
        _log.warning("claim unanswered to the last try", key=reporter.keys.claim, error=str(error))
    standing = _standing(reporter, read)
    return standing is not None and standing.get("nonce") == document["nonce"]


def _standing(reporter: Reporter, read: ReadObject | None) -> dict[str, Any] | None:
    try:
        if found := reporter.read_claim():
            return found
        return parsed(read(reporter.keys.claim)) if read is not None else None
    except Exception as error:  # whoever reads: unread is unread
        _log.warning("claim can't be read back", key=reporter.keys.claim, error=tell(error))
        return None


def claim_document(
    *,
    run_id: str,
    order_num: str,
    attempt: int,
    nonce: str,
    at: float,
    execution_url: str | None,
    instance: str | None = None,
) -> dict[str, Any]:
    document = {
        "run_id": run_id,
        "order_num": order_num,
        "attempt": attempt,
        "nonce": nonce,
        "by": "worker",
        "at": at,
        "execution_url": execution_url,
    }
    return document if instance is None else {**document, "instance_id": instance}
