"""One DynamoDB client for all tables, behind PynamoDB's models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError
from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from execution_engine.clock import Clock
from execution_engine.errors import ConditionLost, StoreError
from execution_engine.storage.service_errors import code_of

_LOST = {"ConditionalCheckFailed", "TransactionConflict"}
"""Why a transaction is cancelled when somebody else was first. Anything else is no news about the records."""

BATCH_WRITE_LIMIT = 25
BATCH_GET_LIMIT = 100
_UNPROCESSED_TRIES = 8


class SessionConnection(Connection):
    """PynamoDB's connection on a botocore session that is handed in, not on one of the process' making."""

    def __init__(self, session: Any, **options: Any) -> None:
        super().__init__(**options)
        self._session = session

    @property
    def session(self) -> Any:
        return self._session


class Database:
    """What PynamoDB's models would do on a connection each, on one shared connection.

    The models build the requests; the client, and with it the time its making takes, is one.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def update(self, row: Model, actions: Sequence[Action], condition: Condition | None = None) -> dict[str, Any]:
        """The whole item as it is now, in DynamoDB's JSON. ``ConditionLost`` carries the item that stood in
        the way as ``found``."""
        request = row.get_update_kwargs_from_instance(
            actions=list(actions), condition=condition, return_values_on_condition_failure="ALL_OLD"
        )
        return self.send_update(request, type(row).__name__)

    def send_update(self, request: Mapping[str, Any], what: str) -> dict[str, Any]:
        """An update as DynamoDB takes it; likewise."""
        for again in range(_UNPROCESSED_TRIES):
            self._pause(again)
            try:
                answer = self._connection.dispatch("UpdateItem", {**request, "ReturnValues": "ALL_NEW"})
                return dict(answer["Attributes"])
            except ClientError as error:
                if code_of(error) != "TransactionConflictException":  # a transaction is at work on the item
                    raise _lost(error, what) from error
        raise StoreError(f"a {what} was in transactions {_UNPROCESSED_TRIES} times in a row")

    def put(self, row: Model, condition: Condition | None = None) -> None:
        request = row.get_save_kwargs_from_instance(condition=condition)
        try:
            self._connection.dispatch("PutItem", request)
        except ClientError as error:
            raise _lost(error, type(row).__name__) from error

    def delete(self, row: Model, condition: Condition) -> None:
        """Raises ``ConditionLost``."""
        request = row.get_delete_kwargs_from_instance(condition=condition)
        try:
            self._connection.dispatch("DeleteItem", request)
        except ClientError as error:
            raise _lost(error, type(row).__name__) from error

    def transact(self) -> TransactWrite:
        return TransactWrite(connection=self._connection)

    def batch_get(self, table: str, keys: Iterable[str]) -> list[dict[str, Any]]:
        """Consistent reads by ``pk``; keys that do not exist are not in the answer."""
        items: list[dict[str, Any]] = []
        todo = list(dict.fromkeys(keys))
        while todo:
            page, todo = todo[:BATCH_GET_LIMIT], todo[BATCH_GET_LIMIT:]
            request = {table: {"Keys": [{"pk": {"S": key}} for key in page], "ConsistentRead": True}}
            for again in range(_UNPROCESSED_TRIES):
                self._pause(again)
                answer = self._connection.dispatch("BatchGetItem", {"RequestItems": request})
                items.extend(answer.get("Responses", {}).get(table, []))
                request = answer.get("UnprocessedKeys") or {}
                if not request:
                    break
            else:
                raise StoreError(f"DynamoDB left reads of {table} unprocessed {_UNPROCESSED_TRIES} times; it throttles")
        return items

    def batch_write(self, requests: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """``(table, PutRequest or DeleteRequest)``, 25 a call; what is left unprocessed is sent again."""
        todo = list(requests)
        while todo:
            page, todo = todo[:BATCH_WRITE_LIMIT], todo[BATCH_WRITE_LIMIT:]
            request: dict[str, list[Mapping[str, Any]]] = {}
            for table, one in page:
                request.setdefault(table, []).append(one)
            for again in range(_UNPROCESSED_TRIES):
                self._pause(again)
                answer = self._connection.dispatch("BatchWriteItem", {"RequestItems": request})
                request = answer.get("UnprocessedItems") or {}
                if not request:
                    break
            else:
                raise StoreError(f"DynamoDB left writes unprocessed {_UNPROCESSED_TRIES} times; it throttles")

    def _pause(self, again: int) -> None:
        """Before another try of what botocore does not back off from by itself."""
        if again:
            self._clock.sleep(0.05 * 2.0**again)

    def query(self, table: str, **request: Any) -> dict[str, Any]:
        """One page of a query, as DynamoDB answers it."""
        return dict(self._connection.dispatch("Query", {"TableName": table, **request}))


def commit(transaction: TransactWrite) -> None:
    """Raises ``ConditionLost`` if DynamoDB cancelled the transaction: a condition, or another one's conflict.

    Both mean the same to whoever decided it: read again, decide again.
    """
    try:
        with transaction:
            pass
    except TransactWriteError as error:
        if error.cause_response_code != "TransactionCanceledException":
            raise
        codes = {reason.code for reason in error.cancellation_reasons if reason is not None}
        if codes <= _LOST:
            raise ConditionLost(f"transaction cancelled: {', '.join(sorted(codes))}") from error
        raise StoreError(f"DynamoDB cancelled a transaction: {', '.join(sorted(codes - _LOST))}") from error


def _lost(error: ClientError, what: str) -> Exception:
    failure: Exception = error
    if code_of(error) != "ConditionalCheckFailedException":
        return failure
    cause = error.__cause__
    lost = ConditionLost(f"{what} was changed by somebody else first")
    if isinstance(cause, ClientError):
        lost.found = cause.response.get("Item", {})
    return lost
