"""Which attempt of which order."""

from __future__ import annotations

from typing import NamedTuple

from execution_engine.jobs.naming import Callback
from execution_engine.orders.order import Order


class Attempt(NamedTuple):
    """In the order in which the functions of ``jobs.naming`` take them."""

    run_id: str
    order_num: str
    attempt: int

    @classmethod
    def of(cls, named: Order | Callback) -> Attempt:
        return cls(named.run_id, named.order_num, named.attempt)
