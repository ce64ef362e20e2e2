"""What every ``orders.store.Reports`` must do with what workers (or anybody) wrote."""

from __future__ import annotations

import json
from typing import Any, Protocol

import pytest

from execution_engine.jobs.naming import (
    claim_key,
    control_key,
    events_key,
    heartbeat_key,
)
from execution_engine.orders.store import Reports

NUM = "0001"
NOW = 1_700_000_000.5


class ReportsBackend(Protocol):
    reports: Reports

    def put(self, key: str, body: bytes) -> None:
        """As a worker would write it."""
        ...

    def wait(self, seconds: float) -> None:
        """Lets the storage's clock go on."""
        ...


class ReportsContract:
    """Subclasses have a fixture ``backend``; each test has a ``run_id`` of its own."""

    # Claims

    def test_what_nobody_wrote_is_not_there(self, backend: ReportsBackend, run_id: str) -> None:
        reports = backend.reports
        assert reports.claim(run_id, NUM, 1) is None
        assert reports.result(run_id, NUM, 1) is None
        assert not reports.has_result(run_id, NUM, 1)
        assert reports.events(run_id, NUM, 1) == []
        assert reports.silence(run_id, NUM, 1) is None
        assert reports.asked(run_id, NUM, 1) is None

    def test_a_workers_claim_is_read(self, backend: ReportsBackend, run_id: str) -> None:
        backend.put(claim_key(run_id, NUM), as_json(nonce="n", at=NOW, by="worker", execution_url="https://x.org/"))
        claim = backend.reports.claim(run_id, NUM, 1)
        assert claim is not None
        assert (claim.nonce, claim.at, claim.void, claim.execution_url) == ("n", NOW, False, "https://x.org/")
        assert backend.reports.claim(run_id, NUM, 2) is None

    @pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"null", b'{"void": 1, "at": "x", "nonce": null}'])
    def test_a_malformed_claim_is_a_claim(self, backend: ReportsBackend, run_id: str, body: bytes) -> None:
        backend.put(claim_key(run_id, NUM), body)
        claim = backend.reports.claim(run_id, NUM, 1)
        assert claim is not None
        assert not claim.void
        assert not backend.reports.void(run_id, NUM, 1, "n", "cancelled", NOW)

    def test_an_unclaimed_attempt_can_be_made_void(self, backend: ReportsBackend, run_id: str) -> None:
        assert backend.reports.void(run_id, NUM, 2, "n", "cancelled", NOW)
        claim = backend.reports.claim(run_id, NUM, 2)
        assert claim is not None
        assert (claim.nonce, claim.at, claim.void, claim.reason) == ("n", NOW, True, "cancelled")
        assert not backend.reports.void(run_id, NUM, 2, "m", "job_timed_out", NOW)
        assert backend.reports.claim(run_id, NUM, 2) == claim
        assert backend.reports.claim(run_id, NUM, 1) is None

    def test_a_claimed_attempt_can_not(self, backend: ReportsBackend, run_id: str) -> None:
        backend.put(claim_key(run_id, NUM), as_json(nonce="worker's"))
        assert not backend.reports.void(run_id, NUM, 1, "n", "cancelled", NOW)
        claim = backend.reports.claim(run_id, NUM, 1)
        assert claim is not None
        assert (claim.nonce, claim.void) == ("worker's", False)

    # Events

    def test_events_are_read_in_their_order(self, backend: ReportsBackend, run_id: str) -> None:
        told = [{"event_type": "b", "data": {"n": 1}}, {"event_type": "a"}]
        backend.put(events_key(run_id, NUM, 2), json.dumps(told).encode())
        assert backend.reports.events(run_id, NUM, 2) == told

    @pytest.mark.parametrize(
        ("body", "left"),
        [(b"", []), (b"no JSON", []), (b"{}", []), (b"[1, null, {}, [{}]]", [{}]), (b"[" * 100_000, [])],
    )
    def test_what_is_no_event_is_left_out(
        self, backend: ReportsBackend, run_id: str, body: bytes, left: list[Any]
    ) -> None:
        backend.put(events_key(run_id, NUM), body)
        assert backend.reports.events(run_id, NUM, 1) == left

    # Silence

    def test_silence_is_counted_from_the_last_heartbeat(self, backend: ReportsBackend, run_id: str) -> None:
        backend.put(claim_key(run_id, NUM), as_json(nonce="n"))
        backend.wait(20)
        assert _about(backend.reports.silence(run_id, NUM, 1), 20)
        backend.put(heartbeat_key(run_id, NUM), b"{}")
        backend.wait(5)
        assert _about(backend.reports.silence(run_id, NUM, 1), 5)
        backend.put(heartbeat_key(run_id, NUM), b"{}")
        assert _about(backend.reports.silence(run_id, NUM, 1), 0)

    # Control

    def test_what_is_asked_of_an_attempt_is_not_asked_of_another(self, backend: ReportsBackend, run_id: str) -> None:
        backend.reports.ask(run_id, NUM, {"action": "stop", "attempt": 1})
        assert backend.reports.asked(run_id, NUM, 1) == {"action": "stop", "attempt": 1}
        assert backend.reports.asked(run_id, NUM, 2) is None

    def test_the_last_request_is_what_is_asked(self, backend: ReportsBackend, run_id: str) -> None:
        backend.reports.ask(run_id, NUM, {"action": "stop", "reason": "timed_out", "asked_at": NOW})
        backend.reports.ask(run_id, NUM, {"action": "stop", "reason": "cancelled", "asked_at": NOW + 1})
        assert backend.reports.asked(run_id, NUM, 1) == {"action": "stop", "reason": "cancelled", "asked_at": NOW + 1}

    @pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"[" * 100_000])
    def test_what_is_no_request_asks_nothing(self, backend: ReportsBackend, run_id: str, body: bytes) -> None:
        backend.put(control_key(run_id, NUM), body)
        assert backend.reports.asked(run_id, NUM, 1) is None


def as_json(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def _about(found: float | None, seconds: float) -> bool:
    """S3 keeps whole seconds only."""
    return found is not None and abs(found - seconds) <= 2
