"""An order's log for its page: stretch after stretch while it grows, or whole as a file."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.wrappers import Response

from execution_engine.console import answers
from execution_engine.console.log_window import START, Cursor, cursor, tail, window
from execution_engine.console.place import Place
from execution_engine.console.reading import has_ended
from execution_engine.errors import NotFound
from execution_engine.history.documents import Document

END = "end"
"""``from=end``: the last stretch, whatever is before it."""


class LogPages:
    def __init__(self, place: Place) -> None:
        self._place = place

    def window(self, run_id: str, num: str, asked: Mapping[str, str]) -> Response:
        """One stretch as JSON: ``{"html", "rest", "next", "more", "ended", "attempt", "latest", "instance",
        "line"}``. ``next`` is where to go on; ``ended``: nothing more ever comes. Which attempt and instance it was
        read of is said, so that the next question is about the same."""
        # Asked before the log is read: a log is complete before its attempt ends.
        order = self._place.history.find_order(run_id, num)
        attempt = attempt_of(asked, order)
        instance = instance_of(self._place, run_id, order, attempt, asked.get("instance"))
        at = self._from(run_id, order, attempt, instance, asked.get("from"))
        seen = window(self._place.history.log(run_id, order["order_num"], at.byte, attempt, instance), at)
        complete = has_ended(order) or attempt < order["attempt"]
        return answers.document(
            {
                "html": seen.html,
                "rest": seen.rest,
                "next": str(seen.next),
                "line": at.line,
                "more": seen.more,
                "ended": complete and not seen.more,
                "attempt": attempt,
                "latest": order["attempt"],
                "instance": instance,
            }
        )

    def whole(self, run_id: str, num: str, asked: Mapping[str, str]) -> Response:
        """Its bytes."""
        order = self._place.history.find_order(run_id, num)
        attempt = attempt_of(asked, order)
        instance = asked.get("instance") or None
        pieces = self._place.history.log(run_id, order["order_num"], 0, attempt, instance)
        return answers.download(pieces, f"{order['order_name']}.log")

    def _from(self, run_id: str, order: Document, attempt: int, instance: str | None, place: str | None) -> Cursor:
        if place == END:
            return tail(self._place.history.log(run_id, order["order_num"], 0, attempt, instance))
        return cursor(place) if place else START


def attempt_of(asked: Mapping[str, str], order: Document) -> int:
    """The one that was asked for, else the last. Raises ``NotFound`` for one that there was not."""
    last = int(order["attempt"])
    text = asked.get("attempt") or str(last)
    attempt = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if not 0 <= attempt <= last or (attempt == 0 and last):
        raise NotFound(f"order {order['order_name']} has had {last} attempts, so none {text[:20]}")
    return attempt


def instance_of(place: Place, run_id: str, order: Document, attempt: int, asked: str | None) -> str | None:
    """The one that was asked for, else, of several, the first that did not succeed, or the first; None where there is
    one log only."""
    if asked:
        return asked
    if order["execution_target"] != "ssm":
        return None
    known = place.history.instances(run_id, order["order_num"], attempt)
    failed = [one["instance_id"] for one in order.get("instances", ()) if one["status"] != "succeeded"]
    return next((one for one in failed if one in known), known[0]) if known else None
