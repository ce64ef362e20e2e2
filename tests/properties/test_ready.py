"""The set of what is ready: nobody who may go is forgotten, and nobody waits while there is room."""

from __future__ import annotations

from typing import Any

from fakes.platform import Platform
from fakes.simulation import Simulation
from fakes.verdict import check_ended
from fakes.workers import Outcome
from hypothesis import given, settings
from hypothesis import strategies as st

from execution_engine.jobs.naming import claim_key, result_key
from execution_engine.orders.order import Order
from execution_engine.orders.plan import Limits
from execution_engine.orders.status import Status


def order(name: str, *needs: str) -> dict[str, Any]:
    return {"order_name": name, "cmds": ["true"], "timeout": 60, "dependencies": list(needs)}


def check_nobody_is_forgotten(platform: Platform, run_id: str) -> None:
    """To hold whenever nobody works on the run and no mark asks for it: nothing else would ever happen."""
    run = platform.run(run_id)
    if not platform.locks.is_free(run_id) or platform.locks.marks(run_id):
        return
    free = [one for one in platform.orders(run_id).values() if one.is_ready(platform.clock.now())]
    if not run.is_seen:
        return
    forgotten = {one.order_num for one in free if _waited(one)} - run.ready
    assert not forgotten, f"{forgotten} may go and nobody knows"
    assert not free or run.tally.in_flight >= platform.limits.max_in_flight, "there is room, and somebody waits"


def _waited(one: Order) -> bool:
    """The others' first attempts are the cursor's to offer."""
    return bool(one.dependencies)


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    orders = []
    for place in range(draw(st.integers(2, 14))):
        needs = draw(st.frozensets(st.integers(0, place - 1), max_size=2)) if place else frozenset()
        orders.append(order(f"n{place:02d}", *(f"n{one:02d}" for one in sorted(needs))))
    return draw(st.permutations(orders))


@settings(max_examples=100)
@given(graphs(), st.integers(1, 3), st.integers(0, 2**16), st.lists(st.integers(1, 14), max_size=30), st.data())
def test_nobody_who_may_go_is_forgotten(  # type: ignore[no-untyped-def]
    orders, most, seed, looks, data
) -> None:
    """Looks at any orders, together with endings, are what makes a change both add and remove."""
    limits = Limits(max_in_flight=most, page=data.draw(st.integers(1, 3)), settle=data.draw(st.sampled_from([1, 200])))
    simulation = Simulation(Platform(limits=limits), lambda _: Outcome(seconds=5), seed=seed)
    platform = simulation.platform
    run_id = platform.submit({"orders": orders, "job_timeout": 86_400})
    todo = [f"{place:04d}" for place in looks if place <= len(orders)]
    while simulation.step():
        if todo and data.draw(st.booleans()):
            # Marks that one pass finds together: as when they come while another pass goes on.
            platform.locks.mark(run_id, frozenset({f"{todo.pop()}/look/x{len(todo)}"}), platform.clock.now())
        check_nobody_is_forgotten(platform, run_id)
    platform.orchestrator.look(run_id, ["0000"])
    check_ended(simulation, run_id)


def test_a_removal_that_is_put_off_harms_nobody() -> None:
    platform = Platform(limits=Limits(max_in_flight=1))
    names = ["root", "a", "b", "c", "d"]
    needs = {"root": [], "a": ["root"], "b": ["root"], "c": ["root"], "d": ["a"]}
    run_id = platform.submit({"orders": [order(name, *needs[name]) for name in names]})
    num = {name: f"{place:04d}" for place, name in enumerate(names, 1)}

    def out() -> list[str]:
        return [one.order_name for one in platform.orders(run_id).values() if one.status.is_out]

    def ends(name: str, *also: str) -> None:
        for key in (claim_key, result_key):
            platform.objects.put_once(key(run_id, num[name]), b'{"status": "succeeded", "nonce": "x"}')
        marks = {f"{num[name]}/1/result", *(f"{num[one]}/look/x" for one in also)}
        platform.orchestrator.notice(run_id, frozenset(marks))

    platform.orchestrator.look(run_id, ["0000"])
    ends("root")
    assert (out(), platform.run(run_id).ready) == (["a"], {num["b"], num["c"]})
    ends("a", "b")
    # b took the place, d came in: b is still named.
    assert (out(), platform.run(run_id).ready) == (["b"], {num["b"], num["c"], num["d"]})
    ends("b")
    assert (out(), platform.run(run_id).ready) == (["c"], {num["d"]})
    ends("c")
    ends("d")
    assert {one.status for one in platform.orders(run_id).values()} == {Status.SUCCEEDED}
    assert platform.run(run_id).ready == frozenset()
