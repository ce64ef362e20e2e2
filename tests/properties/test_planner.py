"""Any graph, any outcomes, any order of notifications: the run ends as the contract says it must."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fakes.platform import Platform
from fakes.simulation import Delivery, Simulation
from fakes.verdict import check_ended
from fakes.workers import FAILED, SUCCEEDED, TIMED_OUT, Manner, Outcome
from hypothesis import given, settings
from hypothesis import strategies as st

from execution_engine.orders.plan import Limits

OUTCOMES = (SUCCEEDED, FAILED, TIMED_OUT, Outcome(seconds=25.0), Outcome(manner=Manner.REFUSED))


@dataclass(frozen=True)
class Sample:
    """One order of a random job: ``needs`` are places, ``outcomes`` are of attempts 1, 2, …"""

    needs: frozenset[int]
    must_succeed: bool
    outcomes: tuple[Outcome, ...]

    @property
    def last(self) -> Outcome:
        """What becomes of it, if it runs: the first success, else the last attempt."""
        return next((one for one in self.outcomes if one.status == "succeeded" and _runs(one)), self.outcomes[-1])


@st.composite
def jobs(draw: st.DrawFn, most: int = 10) -> tuple[Sample, ...]:
    samples = []
    for place in range(draw(st.integers(1, most))):
        attempts = 1 if draw(st.integers(0, 3)) else 2
        samples.append(
            Sample(
                draw(st.frozensets(st.integers(0, place - 1), max_size=4)) if place else frozenset(),
                draw(st.booleans()),
                tuple(draw(st.sampled_from(OUTCOMES)) for _ in range(attempts)),
            )
        )
    return tuple(samples)


deliveries = st.builds(
    Delivery,
    lost=st.sampled_from([0.0, 0.0, 0.3]),
    twice=st.sampled_from([0.0, 0.5]),
    late=st.sampled_from([0.0, 40.0]),
)
few = st.builds(
    Limits,
    max_in_flight=st.integers(1, 4),
    settle=st.sampled_from([1, 2, 200]),
    page=st.integers(1, 4),
    pages=st.integers(1, 3),
)


@settings(max_examples=150)
@given(jobs(), st.integers(0, 2**16), deliveries, few, st.randoms(use_true_random=False))
def test_every_run_ends_as_the_contract_says(job, seed, delivery, limits, shuffle) -> None:  # type: ignore[no-untyped-def]
    names = [f"n{place}" for place in range(len(job))]
    shuffle.shuffle(names)  # so that an order may stand before what it needs
    by_name = dict(zip(names, job, strict=True))
    simulation = Simulation(
        Platform(limits=limits),
        lambda one: by_name[one.order_name].outcomes[one.attempt - 1],
        seed=seed,
        delivery=delivery,
    )
    run_id = simulation.platform.submit({"orders": _orders(names, by_name), "job_timeout": 86_400})
    simulation.finish()
    check_ended(simulation, run_id)
    found = {one.order_name: (str(one.status), one.reason) for one in simulation.platform.orders(run_id).values()}
    expected = _expected(job)
    assert [found[name] for name in names] == expected
    assert simulation.platform.done.documents[run_id]["status"] == _expected_job(job, expected)


def _orders(names: list[str], by_name: dict[str, Sample]) -> list[dict[str, object]]:
    return [
        {
            "order_name": name,
            "cmds": ["true"],
            "timeout": 60,
            "must_succeed": by_name[name].must_succeed,
            "retries": len(by_name[name].outcomes) - 1,
            "dependencies": [names[place] for place in sorted(by_name[name].needs)],
        }
        for name in sorted(names)
    ]


# The contract, said once more and otherwise: recursively, over the graph as it is


def _expected(job: tuple[Sample, ...]) -> list[tuple[str, str | None]]:
    @cache
    def end(place: int) -> tuple[str, str | None]:
        if any(blocks(needed) for needed in job[place].needs):
            return "failed", "dependency_failed"
        last = job[place].last
        return (last.status, None) if _runs(last) else ("failed", "dispatch_failed")

    def blocks(place: int) -> bool:
        status, reason = end(place)
        return reason == "dependency_failed" or (status != "succeeded" and job[place].must_succeed)

    return [end(place) for place in range(len(job))]


def _expected_job(job: tuple[Sample, ...], ends: list[tuple[str, str | None]]) -> str:
    decisive = {
        status
        for sample, (status, reason) in zip(job, ends, strict=True)
        if sample.must_succeed and reason != "dependency_failed"
    }
    return next((status for status in ("failed", "timed_out") if status in decisive), "succeeded")


def _runs(outcome: Outcome) -> bool:
    return outcome.manner is not Manner.REFUSED
