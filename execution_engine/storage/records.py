"""Runs, orders and events in DynamoDB: the only writer of their tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from execution_engine.errors import RowUnreadable
from execution_engine.jobs.naming import RUN_NUM, row_key
from execution_engine.orders.event import Event
from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.status import Status
from execution_engine.orders.store import Rows
from execution_engine.orders.transaction import RunChange, Transaction
from execution_engine.orders.wreck import Wreck
from execution_engine.storage.database import Database, commit
from execution_engine.storage.models import OrderRow, RunRow, Tables
from execution_engine.storage.rows import event_row, order_row, plain, read_order, read_run, run_row, split_key
from execution_engine.storage.wrecks import repair_request, wreck_of

_TALLY_FIELDS = [field.name for field in fields(Tally)]
_SET_FIELDS = ("last_epoch", "cursor", "stop_cursor", "phase", "completed_at", "status")


class DynamoRecords:
    """Implements ``orders.store.Records``."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._tables = tables

    def create_run(self, run: Run) -> None:
        self._database.put(run_row(self._tables, run), self._tables.run.pk.does_not_exist())

    def add_orders(self, orders: Sequence[Order], events: Sequence[Event]) -> None:
        rows = [(self._tables.names.orders, order_row(self._tables, order)) for order in orders]
        lines = [(self._tables.names.events, event_row(self._tables, event)) for event in events]
        self._database.batch_write((table, {"PutRequest": {"Item": row.serialize()}}) for table, row in [*rows, *lines])

    def read(self, run_id: str, nums: Iterable[str] = (), *, with_run: bool = False) -> Rows:
        wanted = list(dict.fromkeys(nums))
        asked = [RUN_NUM, *wanted] if with_run else wanted
        items = self._database.batch_get(self._tables.names.orders, (row_key(run_id, num) for num in asked))
        run: Run | None = None
        orders: list[Order] = []
        missing = dict.fromkeys(wanted, "no such record")
        for item in items:
            num = split_key(item)[1]
            if num == RUN_NUM:
                run = read_run(self._tables, item)
                continue
            try:
                orders.append(read_order(self._tables, item))
                del missing[num]
            except RowUnreadable as error:
                missing[num] = str(error)
        return Rows(run, orders, missing)

    def inspect(self, run_id: str, nums: Iterable[str]) -> list[Wreck]:
        wanted = list(dict.fromkeys(nums))
        items = self._database.batch_get(self._tables.names.orders, (row_key(run_id, num) for num in wanted))
        found = {split_key(item)[1]: item for item in items}
        wrecks = (wreck_of(self._tables, run_id, num, found.get(num)) for num in wanted)
        return [wreck for wreck in wrecks if wreck is not None]

    def repair(self, wreck: Wreck, mended: Order | Run) -> None:
        self._database.send_update(repair_request(self._tables, wreck, mended), type(mended).__name__)

    def commit(self, transaction: Transaction) -> None:
        moves = {move.order.order_num: move for move in transaction.moves}
        write = self._database.transact()
        for num in transaction.touched:
            freed = transaction.releases.get(num, frozenset())
            row = self._order_key(transaction.run_id, num)
            write.update(row, self._order_actions(moves.get(num), freed), self._order_condition(moves.get(num)))
        for num, (before, after) in transaction.appends.items():
            model = self._tables.order
            write.update(
                self._order_key(transaction.run_id, num),
                [model.events_written.set(after)],
                model.events_written == before,
            )
        for event in transaction.events:
            write.save(event_row(self._tables, event))
        if transaction.run is not None:
            self._change_run(write, transaction.run_id, transaction.run)
        commit(write)

    def relaunched(self, order: Order, now: float) -> None:
        model = self._tables.order
        self._database.update(
            self._order_key(order.run_id, order.order_num),
            [model.launches.set(order.launches + 1), model.launched_at.set(now)],
            self._is_out(order) & (model.launches == order.launches),
        )

    def launched(self, order: Order, execution_id: str, execution_url: str | None) -> None:
        model = self._tables.order
        actions: list[Action] = [model.execution_id.set(execution_id)]
        if execution_url is not None:
            actions.append(model.execution_url.set(execution_url))
        self._database.update(self._order_key(order.run_id, order.order_num), actions, self._is_out(order))

    def confirm(self, run_id: str) -> None:
        model = self._tables.run
        stands = model.pk.exists() & (model.phase != str(Phase.WITHDRAWN))
        self._database.update(self._run_key(run_id), [model.signalled.set(True)], stands)

    def withdraw(self, run_id: str) -> None:
        model = self._tables.run
        is_submitting = (model.phase == str(Phase.SUBMITTING)) & ~(model.signalled == True)  # noqa: E712
        self._database.update(self._run_key(run_id), [model.phase.set(str(Phase.WITHDRAWN))], is_submitting)

    def ask_to_stop(self, run_id: str, reason: str) -> None:
        model = self._tables.run
        goes_on = model.phase.is_in(str(Phase.SUBMITTING), str(Phase.RUNNING))
        self._database.update(self._run_key(run_id), [model.stop.set(reason)], model.stop.does_not_exist() & goes_on)

    def complete(self, run: Run, event: Event) -> None:
        model = self._tables.run
        same_stop = model.stop.does_not_exist() if run.stop is None else model.stop == run.stop
        write = self._database.transact()
        write.update(
            self._run_key(run.run_id),
            [
                model.phase.set(str(Phase.COMPLETED)),
                model.status.set(event.status),
                model.completed_at.set(event.epoch),
                model.last_epoch.set(event.epoch),
            ],
            model.completed_at.does_not_exist() & (model.phase == str(Phase.RUNNING)) & (model.open <= 0) & same_stop,
        )
        write.save(event_row(self._tables, event))
        commit(write)

    def discard(self, run_id: str, nums: Iterable[str], events: Iterable[Event]) -> None:
        lines = [{"trace_id": {"S": event.trace_id}, "sk": {"S": event.sk}} for event in events]
        rows = [{"pk": {"S": row_key(run_id, num)}} for num in [*nums, RUN_NUM]]
        self._database.batch_write(
            [(self._tables.names.events, {"DeleteRequest": {"Key": key}}) for key in lines]
            + [(self._tables.names.orders, {"DeleteRequest": {"Key": key}}) for key in rows]
        )

    # How values become expressions

    def _order_actions(self, move: Move | None, freed: frozenset[str]) -> list[Action]:
        model = self._tables.order
        actions: list[Action] = []
        if freed:
            actions.append(model.waiting.delete(set(freed)))
        if move is not None:
            actions.append(model.status.set(str(move.target)))
            for name, value in move.facts.items():
                attribute = getattr(model, name)
                actions.append(attribute.remove() if value is None else attribute.set(plain(value)))
        return actions

    def _order_condition(self, move: Move | None) -> Condition:
        model = self._tables.order
        if move is None:
            return model.pk.exists()
        condition: Condition = (model.status == str(move.order.status)) & (model.attempt == move.order.attempt)
        return condition

    def _is_out(self, order: Order) -> Condition:
        model = self._tables.order
        out = model.status.is_in(str(Status.DISPATCHED), str(Status.RUNNING))
        condition: Condition = out & (model.attempt == order.attempt)
        return condition

    def _change_run(self, write: Any, run_id: str, change: RunChange) -> None:
        model = self._tables.run
        actions: list[Action] = [
            getattr(model, name).add(count) for name in _TALLY_FIELDS if (count := getattr(change.tally, name))
        ]
        for name in _SET_FIELDS:
            value = getattr(change, name)
            if value is not None:
                actions.append(getattr(model, name).set(plain(value)))
        if change.stop is not None:  # the first reason stands
            actions.append(model.stop.set(model.stop | change.stop))
        if change.ready_add:
            actions.append(model.ready.add(set(change.ready_add)))
        elif change.ready_remove:
            actions.append(model.ready.delete(set(change.ready_remove)))
        if not actions:
            return
        condition: Condition = model.pk.exists()
        if change.from_phase is not None:
            condition &= model.phase == str(change.from_phase)
        if change.from_epoch is not None:
            condition &= model.last_epoch == change.from_epoch
        write.update(self._run_key(run_id), actions, condition)

    def _order_key(self, run_id: str, num: str) -> OrderRow:
        return self._tables.order(row_key(run_id, num))

    def _run_key(self, run_id: str) -> RunRow:
        return self._tables.run(row_key(run_id, RUN_NUM))
