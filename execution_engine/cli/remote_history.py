"""``Asking``, answered by an API: the same documents as from the records themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from execution_engine.cli.api_client import ApiClient
from execution_engine.history.documents import Document

_RESULT = ("order_num", "order_name", "status", "reason", "exit_code", "seconds", "log", "instances")
PIECE = 256 * 1024


class RemoteHistory:
    """Long lists are read page by page, logs piece by piece."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def pages(self, trace_id: str, order_name: str | None = None, since: float | None = None) -> Iterator[Document]:
        asked = {"order_name": order_name, "since": None if since is None else f"{since:.6f}"}
        yield from self._pages("traces", trace_id, **asked)

    def outline(self, run_id: str) -> Document:
        return self._api.get("runs", run_id, orders=False)

    def run(self, run_id: str) -> Document:
        return self._whole(run_id)

    def results(self, run_id: str, log_limit: int) -> Document:
        run = self._whole(run_id, logs=log_limit)
        orders = [{name: order[name] for name in _RESULT if name in order} for order in run["orders"]]
        return {"orders": orders, **({"unreadable": run["unreadable"]} if "unreadable" in run else {})}

    def find_order(self, run_id: str, order: str) -> Document:
        return {name: value for name, value in self._one(run_id, order).items() if name != "log_instances"}

    def instances(self, run_id: str, order: str, attempt: int | None = None) -> list[str]:
        return [str(one) for one in self._one(run_id, order, attempt)["log_instances"]]

    def log(
        self, run_id: str, order: str, start: int = 0, attempt: int | None = None, instance: str | None = None
    ) -> Iterator[bytes]:
        # Asked for here, not at the first piece: what does not exist is said before anything is shown.
        first = self._piece(run_id, order, start, attempt, instance)
        return self._log(first, run_id, order, instance)

    def log_end(self, run_id: str, order: str, limit: int, instance: str | None = None) -> str:
        asked = {"tail": limit, "instance": instance}
        return self._api.ask("GET", _log(run_id, order), asked).body.decode("utf-8", "replace")

    def _log(self, piece: Any, run_id: str, order: str, instance: str | None) -> Iterator[bytes]:
        while True:
            for at in range(0, len(piece.body), PIECE):
                yield piece.body[at : at + PIECE]
            if piece.headers.get("x-log-more") != "now":
                return
            start, attempt = int(piece.headers["x-log-next"]), int(piece.headers["x-log-attempt"])
            piece = self._piece(run_id, order, start, attempt, instance)

    def _piece(self, run_id: str, order: str, start: int, attempt: int | None, instance: str | None) -> Any:
        return self._api.ask("GET", _log(run_id, order), {"start": start, "attempt": attempt, "instance": instance})

    def _one(self, run_id: str, order: str, attempt: int | None = None) -> Document:
        found: Document = self._api.get("runs", run_id, order=order, attempt=attempt)["orders"][0]
        return found

    def _whole(self, run_id: str, **asked: Any) -> Document:
        first: Document = {}
        for page in self._pages("runs", run_id, **asked):
            if not first:
                first = page
                continue
            first["orders"] += page["orders"]
            if "unreadable" in page:
                known = first.setdefault("unreadable", [])
                known += [why for why in page["unreadable"] if why not in known]
        del first["next"]
        return first

    def _pages(self, *path: str, **asked: Any) -> Iterator[Document]:
        after = None
        while True:
            page = self._api.get(*path, **asked, next=after)
            after = page["next"]
            yield page
            if after is None:
                return


def _log(run_id: str, order: str) -> tuple[str, ...]:
    return "runs", run_id, "orders", order, "log"
