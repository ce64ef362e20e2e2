"""A cancel that comes when the last order has ended, and the run has not."""

from __future__ import annotations

from fakes.calls import Point, Side
from fakes.simulation import Simulation
from fakes.verdict import check_ended

from execution_engine.orders.status import Status


def test_a_cancel_before_the_end_decides_how_the_run_ends() -> None:
    simulation = Simulation()
    platform = simulation.platform
    run_id = platform.submit({"orders": [{"cmds": ["true"], "timeout": 60}]})
    asked = []

    def cancel(point: Point) -> None:
        if point.name == "records.complete" and point.side is Side.BEFORE and not asked:
            asked.append(point)
            platform.records.ask_to_stop(run_id, "cancelled")

    with platform.calls.points(cancel):
        simulation.finish()
    assert asked
    run = platform.run(run_id)
    assert (run.stop, run.status) == ("cancelled", Status.FAILED)
    assert platform.done.documents[run_id]["status"] == platform.events(run_id)[-1].status == "failed"
    check_ended(simulation, run_id)
