"""What changes something: a run is cancelled or retried, by the same door as on the command line."""

from __future__ import annotations

from threading import Lock

from werkzeug.wrappers import Response

from execution_engine.console import answers
from execution_engine.console.place import Place


class Actions:
    """One at a time: who clicks twice gets one retry, and the other is told of it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = Lock()

    def cancel(self, run_id: str) -> Response:
        run_id = self._known(run_id)
        with self._lock:
            self._place.cancel(run_id)
        return answers.see(f"/runs/{run_id}")

    def retry(self, run_id: str) -> Response:
        run_id = self._known(run_id)
        with self._lock:
            again = self._place.retry(run_id)
        return answers.see(f"/runs/{again}")

    def _known(self, run_id: str) -> str:
        """Raises ``NotFound``."""
        return str(self._place.history.outline(run_id)["run_id"])
