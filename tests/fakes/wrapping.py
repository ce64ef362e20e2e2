"""``intake.kept_jobs.Wrapping`` in memory."""

from __future__ import annotations

import json

from fakes.calls import Calls

from execution_engine.errors import BundleUnreadable


class MemoryWrapping:
    """What it makes opens with this very one only, and for its own run."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._wrapped: list[tuple[str, str]] = []

    def wrap(self, run_id: str, identity: str) -> bytes:
        def put() -> bytes:
            self._wrapped.append((run_id, identity))
            return json.dumps(len(self._wrapped)).encode()

        return self._calls.through("wrapping.wrap", put)

    def unwrap(self, run_id: str, wrapped: bytes) -> str:
        def get() -> str:
            try:
                owner, identity = self._wrapped[json.loads(wrapped) - 1]
            except (ValueError, TypeError, IndexError):
                raise BundleUnreadable("never wrapped here") from None
            if owner != run_id:
                raise BundleUnreadable("wrapped for another run")
            return identity

        return self._calls.through("wrapping.unwrap", get)
