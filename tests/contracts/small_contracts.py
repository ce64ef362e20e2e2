"""What every ``Keys``, ``DoneMarkers`` and ``Watchdogs`` of ``orders.store`` must do."""

from __future__ import annotations

from typing import Any, Protocol

from execution_engine.orders.store import DoneMarkers, Keys, Watchdogs


class KeysBackend(Protocol):
    keys: Keys

    def held(self, path: str) -> str | None: ...


class KeysContract:
    """Subclasses have a fixture ``backend``; each test has a ``run_id`` of its own."""

    def test_a_key_is_put_and_deleted(self, backend: KeysBackend, run_id: str) -> None:
        path = f"/engine/runs/{run_id}/age-key"
        backend.keys.put(path, "AGE-SECRET-KEY-1", 4_000_000_000.5)
        assert backend.held(path) == "AGE-SECRET-KEY-1"
        backend.keys.delete(path)
        assert backend.held(path) is None

    def test_a_key_may_be_put_again(self, backend: KeysBackend, run_id: str) -> None:
        path = f"/engine/runs/{run_id}/age-key"
        backend.keys.put(path, "AGE-SECRET-KEY-1", 4_000_000_000.0)
        backend.keys.put(path, "AGE-SECRET-KEY-2", 4_000_000_000.0)
        assert backend.held(path) == "AGE-SECRET-KEY-2"

    def test_what_is_gone_may_be_deleted(self, backend: KeysBackend, run_id: str) -> None:
        path = f"/engine/runs/{run_id}/age-key"
        backend.keys.put(path, "AGE-SECRET-KEY-1", 4_000_000_000.0)
        for _ in range(2):
            backend.keys.delete(path)
        assert backend.held(path) is None


class DoneBackend(Protocol):
    done: DoneMarkers

    def document(self, run_id: str) -> dict[str, Any] | None: ...


class DoneContract:
    def test_the_first_marker_stands(self, backend: DoneBackend, run_id: str) -> None:
        assert not backend.done.exists(run_id)
        backend.done.write(run_id, {"status": "succeeded", "summary": {"succeeded": 1}})
        backend.done.write(run_id, {"status": "failed"})
        assert backend.done.exists(run_id)
        assert backend.document(run_id) == {"status": "succeeded", "summary": {"succeeded": 1}}

    def test_a_marker_is_one_runs(self, backend: DoneBackend, run_id: str) -> None:
        backend.done.write(f"{run_id}-other", {})
        assert not backend.done.exists(run_id)


class WatchdogsBackend(Protocol):
    watchdogs: Watchdogs

    def inputs(self, run_id: str) -> list[dict[str, Any]]:
        """What each of the run's watchdogs was started with."""
        ...


class WatchdogsContract:
    def test_starting_twice_is_one_watchdog(self, backend: WatchdogsBackend, run_id: str) -> None:
        for _ in range(2):
            backend.watchdogs.start(run_id, "0001", 1, 60)
        assert backend.inputs(run_id) == [{"run_id": run_id, "order_num": "0001", "attempt": 1, "wait": 60}]

    def test_each_attempt_has_its_own(self, backend: WatchdogsBackend, run_id: str) -> None:
        for num, attempt in (("0000", 1), ("0001", 1), ("0001", 2), ("0002", 1)):
            backend.watchdogs.start(run_id, num, attempt, 60)
        watched = {(one["order_num"], one["attempt"]) for one in backend.inputs(run_id)}
        assert watched == {("0000", 1), ("0001", 1), ("0001", 2), ("0002", 1)}
