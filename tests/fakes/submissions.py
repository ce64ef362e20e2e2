"""``orders.submission.Submissions`` in memory."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace

from fakes.calls import Calls
from fakes.items import Change, Condition, Item, Items

from execution_engine.errors import ConditionLost
from execution_engine.orders.submission import Submission


class MemorySubmissions:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.items = Items()

    def claim(self, submission: Submission, now: float) -> Submission:
        def is_free(item: Item | None) -> bool:
            return item is None or item["expires_at"] <= now

        def write() -> Submission:
            try:
                return _submission(self.items.update(_put(submission, is_free)))
            except ConditionLost as lost:
                return _submission(dict(lost.found))

        return self._calls.through("submissions.claim", write)

    def find(self, key: str, now: float) -> Submission | None:
        def read() -> Submission | None:
            item = self.items.get((key,))
            return _submission(item) if item is not None and item["expires_at"] > now else None

        return self._calls.through("submissions.find", read)

    def take_over(self, seen: Submission, by: Submission) -> None:
        def is_as_seen(item: Item | None) -> bool:
            return _is(seen)(item) and item is not None and item["until"] == seen.until

        self._calls.through("submissions.take_over", lambda: self.items.update(_put(by, is_as_seen)))

    def renew(self, submission: Submission, until: float) -> Submission:
        change = Change((submission.key,), _is(submission), sets={"until": until})
        self._calls.through("submissions.renew", lambda: self.items.update(change))
        return replace(submission, until=until)

    def forget(self, submission: Submission) -> None:
        def delete() -> None:
            with suppress(ConditionLost):
                self.items.update(Change((submission.key,), _is(submission)))
                self.items.delete((submission.key,))

        self._calls.through("submissions.forget", delete)


def _put(submission: Submission, condition: Condition) -> Change:
    item = {field.name: getattr(submission, field.name) for field in fields(Submission)}
    return Change((submission.key,), condition, puts=item)


def _is(submission: Submission) -> Condition:
    return lambda item: item is not None and item["run_id"] == submission.run_id


def _submission(item: Item) -> Submission:
    return Submission(**item)
