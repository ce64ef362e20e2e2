"""The log of an order: its worker's; of an SSM order that of each of its instances, together or one alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from execution_engine.errors import NotFound
from execution_engine.history.log_text import last_text
from execution_engine.orders.instance import InstanceOutcome, read_instances
from execution_engine.orders.order import Order
from execution_engine.storage.order_logs import OrderLogs

NAMED = 10
"""So many instances are named where another was asked for; more are counted."""


class Logs:
    """Of one instance, the only one or the one that was asked for, a log is its bytes. Of several it is, in the order
    of their ids, a line ``==> <id> <==`` and what that one wrote, with an empty line between one and the next; who
    wrote nothing is left out. Where nobody wrote anything it is what the engine has to say instead."""

    def __init__(self, logs: OrderLogs) -> None:
        self._logs = logs

    def instances(self, order: Order, attempt: int) -> list[str]:
        """The ids of an SSM order's instances, sorted: those that its end tells of. Until then, those that the job
        names and those that wrote anything. Empty for orders of other targets."""
        if not _is_spread(order):
            return []
        if told := _ended(order, attempt):
            return [one.instance_id for one in told]
        wrote = set(self._logs.instances(order.run_id, order.order_num, attempt)) if attempt else set()
        if attempt == order.attempt and not order.status.is_terminal:
            wrote |= set((order.ssm_targets or {}).get("instance_ids") or ())
        return sorted(wrote)

    def stream(self, order: Order, start: int, attempt: int, instance: str | None) -> Iterator[bytes]:
        """From byte ``start`` on. Raises ``NotFound`` for an instance that there is not, before anything is read."""
        ids = self._chosen(order, attempt, instance)
        return self._stream(order, start, attempt, ids)

    def end(self, order: Order, limit: int, instance: str | None) -> str:
        """The last ``limit`` bytes. Of several instances the end of each, in equal shares, together so many bytes.

        A short log lies in the record as a whole, so that a run of many orders needs no call for each."""
        kept = order.log_tail or ""
        if instance is None and _is_whole(order, kept, limit):
            return last_text(kept.encode(), limit)
        ids = self._chosen(order, order.attempt, instance)
        if len(ids) > 1:
            found = self._end_of_each(order, limit, ids)
        else:
            found = self._end(order, limit, ids[0] if ids else None)
        nothing = not found and instance is None and order.log_bytes != 0
        return last_text(kept.encode() if nothing else found, limit)

    def _chosen(self, order: Order, attempt: int, instance: str | None) -> list[str]:
        ids = self.instances(order, attempt)
        if instance is None:
            return ids
        if instance in ids:
            return [instance]
        raise NotFound(f"order {order.order_name} of run {order.run_id} {_has(order, ids)}, so none {instance}")

    def _stream(self, order: Order, start: int, attempt: int, ids: list[str]) -> Iterator[bytes]:
        written = False
        for piece in self._written(order, start, attempt, ids):
            written = True
            yield piece
        if written or start or attempt != order.attempt or _ended(order, attempt):
            return
        if order.status.is_terminal and not order.log_bytes and order.log_tail:
            yield order.log_tail.encode()

    def _written(self, order: Order, start: int, attempt: int, ids: list[str]) -> Iterator[bytes]:
        if not attempt:
            return iter(())
        at = (order.run_id, order.order_num, attempt)
        if len(ids) > 1:
            return _from(together((one, self._logs.stream(*at, instance=one)) for one in ids), start)
        return self._logs.stream(*at, start, instance=ids[0] if ids else None)

    def _end(self, order: Order, limit: int, instance: str | None) -> bytes:
        return self._logs.end(order.run_id, order.order_num, order.attempt, limit, instance=instance)

    def _end_of_each(self, order: Order, limit: int, ids: list[str]) -> bytes:
        sizes = {one.instance_id: one.log_bytes for one in _ended(order, order.attempt)}
        wrote = [one for one in ids if sizes.get(one) != 0]
        share = max(0, limit - sum(len(heading(one)) + 2 for one in wrote)) // max(1, len(wrote))
        ends = ((one, iter([last_text(self._end(order, share, one), share).encode()])) for one in wrote)
        return b"".join(together(ends))


def heading(instance: str) -> bytes:
    """The line above an instance's part of a log."""
    return f"==> {instance} <==\n".encode()


def together(parts: Iterable[tuple[str, Iterator[bytes]]]) -> Iterator[bytes]:
    """Several instances' logs as one."""
    last = b""
    for instance, pieces in parts:
        begun = False
        for piece in pieces:
            if not piece:
                continue
            if not begun:
                gap = b"" if not last else b"\n" if last.endswith(b"\n") else b"\n\n"
                yield gap + heading(instance)
                begun = True
            last = piece
            yield piece


def _from(pieces: Iterator[bytes], start: int) -> Iterator[bytes]:
    for piece in pieces:
        if rest := piece[start:]:
            yield rest
        start = max(0, start - len(piece))


def _is_spread(order: Order) -> bool:
    return order.ssm_targets is not None or bool(order.instances)


def _ended(order: Order, attempt: int) -> tuple[InstanceOutcome, ...]:
    return read_instances(order.instances) if attempt == order.attempt else ()


def _is_whole(order: Order, kept: str, limit: int) -> bool:
    """Whether ``kept`` is all there is. Of several instances it is a digest, never the log itself."""
    if order.attempt == 0:
        return True
    size = len(kept.encode())
    if len(_ended(order, order.attempt)) > 1:
        return False
    return order.log_bytes == 0 or (order.log_bytes == size and size <= limit)


def _has(order: Order, ids: list[str]) -> str:
    if not _is_spread(order):
        return "runs on no instances"
    if not ids:
        return "has not begun on any instance"
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return f"has the instances {', '.join(ids[:NAMED])}{more}"
