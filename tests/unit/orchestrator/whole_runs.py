"""Jobs of small orders, run to their end on the fakes."""

from __future__ import annotations

from typing import Any

from fakes.platform import Platform
from fakes.simulation import Delivery, Simulation
from fakes.verdict import check_ended
from fakes.workers import SUCCEEDED, Outcome, Script

from execution_engine.orders.order import Order


def order(name: str, *needs: str, **fields: Any) -> dict[str, Any]:
    return {"order_name": name, "cmds": ["true"], "timeout": 60, "dependencies": list(needs), **fields}


def chain(length: int, **fields: Any) -> list[dict[str, Any]]:
    return [order(f"n{place}", *([f"n{place - 1}"] if place else []), **fields) for place in range(length)]


def fan(width: int, **fields: Any) -> list[dict[str, Any]]:
    return [order(f"n{place}", **fields) for place in range(width)]


def by_name(outcomes: dict[str, Outcome]) -> Script:
    return lambda one: outcomes.get(one.order_name, SUCCEEDED)


def ran(
    orders: list[dict[str, Any]],
    script: Script = lambda _: SUCCEEDED,
    *,
    seed: int | None = None,
    delivery: Delivery | None = None,
    platform: Platform | None = None,
    **job: Any,
) -> tuple[Simulation, str, dict[str, Order]]:
    """The job, run to its end and found in order; its orders by name."""
    simulation = Simulation(platform, script, seed=seed, delivery=delivery)
    run_id = simulation.platform.submit({"orders": orders, **job})
    simulation.finish()
    check_ended(simulation, run_id)
    return simulation, run_id, {one.order_name: one for one in simulation.platform.orders(run_id).values()}


def ends(orders: dict[str, Order]) -> dict[str, str]:
    return {name: f"{one.status} {one.reason or ''}".strip() for name, one in orders.items()}
