"""Idempotency keys in DynamoDB, beside the locks. Each method is one call of one item."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

from pynamodb.expressions.condition import Condition

from execution_engine.errors import ConditionLost
from execution_engine.orders.submission import Submission
from execution_engine.storage.database import Database
from execution_engine.storage.models import Tables

_FIELDS = [field.name for field in fields(Submission) if field.name != "key"]


class DynamoSubmissions:
    """Implements ``orders.submission.Submissions``."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._table = tables.names.locks
        self._model = tables.submission

    def claim(self, submission: Submission, now: float) -> Submission:
        model = self._model
        # DynamoDB deletes what has expired some time within days, so the time is looked at, too.
        is_free = model.pk.does_not_exist() | (model.expires_at <= now)
        try:
            return self._write(submission, is_free)
        except ConditionLost as lost:
            # Perhaps by this very one, whose first answer got lost.
            return self._read(submission.key, dict(lost.found))

    def find(self, key: str, now: float) -> Submission | None:
        for item in self._database.batch_get(self._table, [key]):
            found = self._read(key, item)
            return found if found.expires_at > now else None
        return None

    def take_over(self, seen: Submission, by: Submission) -> None:
        self._write(by, self._is(seen) & (self._model.until == seen.until))

    def renew(self, submission: Submission, until: float) -> Submission:
        self._database.update(self._model(submission.key), [self._model.until.set(until)], self._is(submission))
        return replace(submission, until=until)

    def forget(self, submission: Submission) -> None:
        with suppress(ConditionLost):
            self._database.delete(self._model(submission.key), self._is(submission))

    def _write(self, submission: Submission, condition: Condition) -> Submission:
        model = self._model
        actions = [getattr(model, name).set(getattr(submission, name)) for name in _FIELDS]
        actions.append(model.ttl.set(int(submission.expires_at)))
        self._database.update(model(submission.key), actions, condition)
        return submission

    def _is(self, submission: Submission) -> Condition:
        condition: Condition = self._model.run_id == submission.run_id
        return condition

    def _read(self, key: str, item: dict[str, Any]) -> Submission:
        row = self._model.from_raw_data(item)
        return Submission(key=key, **{name: getattr(row, name) for name in _FIELDS})
