"""A job is queued as a whole, or nothing of it is left (law 15)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from fakes.calls import Side
from unit.intake.dying import at, die, has_started, is_answered, look_after, points
from unit.intake.stand import NOTHING, RUN_ID, QuickSealer, Stand, order, zipped

from execution_engine.bundles.age import AgeKey, unseal_bytes
from execution_engine.bundles.bundle import Bundle
from execution_engine.bundles.sealing import Sealer
from execution_engine.errors import BundleUnreadable, JobRefused, SealingFailed, Unsealable
from execution_engine.jobs.naming import bundle_key, code_key, result_key
from execution_engine.orders.run import Phase
from execution_engine.orders.status import Status
from execution_engine.watchdog.watchdog import Watched

CODE = "s3://callers/code.zip"


def refused(stand: Stand, *orders: dict[str, Any], **job: Any) -> list[tuple[str, str]]:
    """The faults of a job, of which nothing may be left, not even a call."""
    with pytest.raises(JobRefused) as error:
        stand.submit(*orders, **job)
    assert stand.left() == NOTHING
    assert error.value.status == 400
    return [(fault.where, fault.message) for fault in error.value.faults]


def bundle_of(stand: Stand, num: str = "0001") -> Bundle:
    data = stand.objects.get(bundle_key(RUN_ID, num))
    assert data is not None
    (row,) = stand.records.read(RUN_ID, [num]).orders
    return Bundle.read(data, row.bundle_sha256)


# What is there afterwards


def test_the_answer_is_the_contracts() -> None:
    assert Stand().submit(order(), flow_label="nightly") == {
        "status": "ok",
        "run_id": RUN_ID,
        "trace_id": f"{1:032x}",
        "flow_id": f"ann:{1:032x}-nightly",
        "done_endpt": f"s3://done/{RUN_ID}/done",
    }


def test_a_callers_trace_goes_on() -> None:
    request = {"job": {"username": "ann", "orders": [order()]}, "trace_id": "abc-1"}
    answer = Stand().intake.submit(request, door="init", size_limit=10_000)
    assert (answer["trace_id"], answer["flow_id"]) == ("abc-1", "ann:abc-1-exec")


def test_the_run_and_its_orders_are_recorded_with_their_first_line_of_history() -> None:
    stand = Stand()
    stand.submit(
        order(order_name="build", retries=2),
        order(dependencies=["build"], must_succeed=False, queue_id="second"),
        job_timeout=500,
    )
    rows = stand.records.read(RUN_ID, ["0001", "0002"], with_run=True)
    run = rows.run
    assert run is not None
    assert (run.phase, run.total, run.tally.open, run.deadline - run.created_at) == (Phase.SUBMITTING, 2, 2, 500)
    assert run.ttl == int(run.deadline) + 86_400
    second, first = rows.orders
    assert (first.order_name, first.dependents, first.waiting, first.retries) == ("build", ("0002",), frozenset(), 2)
    assert (second.waiting, second.dependencies, second.must_succeed) == (frozenset({"0001"}), ("build",), False)
    assert {one.status for one in rows.orders} == {Status.QUEUED}
    assert {one.ttl for one in rows.orders} == {run.ttl}
    events = stand.records.events(RUN_ID)
    assert [(event.order_num, event.event_type) for event in events] == [("0001", "queued"), ("0002", "queued")]
    assert run.last_epoch == events[-1].epoch


def test_the_bundle_opens_with_the_runs_key_and_holds_what_the_order_needs() -> None:
    stand = Stand(Sealer())
    stand.submit(order(cmds=["a", "b"], env_vars={"TOKEN": "hunter2"}, retries=1))
    bundle = bundle_of(stand)
    identity = stand.keys.held[f"/engine/runs/{RUN_ID}/age-key"]
    assert Sealer().unseal_variables(bundle.sealed, identity) == {"TOKEN": "hunter2"}
    assert (bundle.manifest.cmds, bundle.manifest.variables, bundle.manifest.code) == (("a", "b"), 1, None)
    addresses = json.loads(unseal_bytes(bundle.callbacks, identity))
    assert list(addresses) == ["1", "2"]
    assert result_key(RUN_ID, "0001", 2) in addresses["2"]["result"]
    everything = repr(stand.records.items.all) + repr(stand.records.history) + repr(stand.watchdogs.started)
    assert "hunter2" not in everything
    assert all(b"hunter2" not in (stand.objects.get(key) or b"") for key in stand.objects.keys("tmp/"))


def test_an_order_may_be_sealed_to_the_callers_own_key() -> None:
    stand, own = Stand(Sealer()), AgeKey.generate()
    stand.credentials.age_keys = {own.recipient: own.identity}
    variables = {"A": "1"}
    stand.submit(
        order(sops_key=own.recipient, env_vars=variables), order(env_vars=variables), sops_key_ssm_path="/callers/key"
    )
    first, second = (bundle_of(stand, num).sealed for num in ("0001", "0002"))
    at = f"/engine/runs/{RUN_ID}/age-key"
    assert Sealer().unseal_variables(first, own.identity) == variables
    with pytest.raises(BundleUnreadable):
        Sealer().unseal_variables(second, own.identity)
    # Both lie where workers may read, and go with the run.
    for sealed in (first, second):
        assert Sealer().unseal_variables(sealed, stand.keys.held[at]) == variables
    assert {row.sops_key_path for row in stand.records.read(RUN_ID, ["0001", "0002"]).orders} == {at}


def test_a_bundle_says_until_when_its_key_may_be_used() -> None:
    stand = Stand()
    stand.submit(order(), job_timeout=600)
    assert bundle_of(stand).manifest.key_expires_at == stand.clock.now() + 600 + 3600


def test_code_that_orders_share_is_fetched_once_and_stored_once() -> None:
    stand = Stand()
    archive = zipped("run.sh")
    stand.callers.objects[("callers", "code.zip")] = archive
    stand.callers.objects[("callers", "same.zip")] = archive
    stand.submit(order(s3_location=CODE), order(s3_location=CODE), order(s3_location="s3://callers/same.zip"), order())
    key = code_key(RUN_ID, hashlib.sha256(archive).hexdigest())
    assert [one for one in stand.objects.keys("tmp/") if "/code/" in one] == [key]
    assert stand.objects.get(key) == archive
    assert stand.callers.gets == {("callers", "code.zip"): 1, ("callers", "same.zip"): 1}
    assert stand.calls.count["bucket.write"] == 1 + 4
    pointers = [bundle_of(stand, f"000{place}").manifest.code for place in range(1, 5)]
    assert [pointer and (pointer.key, pointer.size) for pointer in pointers] == [(key, len(archive))] * 3 + [None]


def test_equal_environments_are_sealed_once() -> None:
    stand = Stand()
    stand.submit(*[order(env_vars={"A": "1", "B": "2"})] * 5, order(env_vars={"A": "1"}), order(), order())
    assert sorted(stand.sealer.sealed.values()) == [1, 1, 1]


def test_equal_environments_for_different_keys_are_sealed_apart() -> None:
    stand = Stand()
    keys = [AgeKey.generate().recipient for _ in range(2)]
    stand.submit(*[order(sops_key=key) for key in keys], order(), sops_key_ssm_path="/callers/key")
    assert sorted(stand.sealer.sealed.values()) == [3]


def test_the_watchdog_comes_before_everything_it_watches_over_and_the_start_signal_last() -> None:
    stand = Stand()
    stand.callers.objects[("callers", "code.zip")] = zipped("a")
    stand.submit(order(s3_location=CODE))
    assert stand.calls.names == [
        "records.create_run",
        "watchdogs.start",
        "bucket.write",
        "kept_jobs.keep",
        "keys.put",
        "bucket.write",
        "records.add_orders",
        "reports.signal_start",
    ]
    assert list(stand.watchdogs.started.values()) == [(RUN_ID, "0000", 1, 60)]


# What is refused


def test_what_this_deployment_does_not_do_is_refused_with_its_places() -> None:
    faults = refused(
        Stand(),
        order(execution_target="codebuild"),
        order(),
    )
    assert [where for where, _ in faults] == ["orders[0].execution_target"]
    assert faults[0][1].startswith("is codebuild")
    assert faults[0][1].endswith("it runs lambda")


def test_a_key_that_is_none_is_refused_before_anything_is_started() -> None:
    stand = Stand()
    bad = AgeKey.generate().recipient[:-1] + "q"
    faults = refused(stand, order(), order(sops_key=bad), sops_key_ssm_path="/callers/key")
    assert [where for where, _ in faults] == ["orders[1].sops_key"]
    assert "is no age public key" in faults[0][1]
    assert stand.calls.names == []


def test_a_key_whose_other_half_nobody_knows_is_refused() -> None:
    ((where, message),) = refused(Stand(), order(sops_key=AgeKey.generate().recipient))
    assert where == "orders[0].sops_key"
    assert "sops_key_ssm_path" in message


def test_variables_that_can_not_be_sealed_are_the_callers_fault() -> None:
    class Picky(QuickSealer):
        def seal_variables(self, variables: Any, recipient: str) -> bytes:
            if "BAD" in variables:
                raise Unsealable("the variable 'BAD' is not Unicode text")
            return super().seal_variables(variables, recipient)

    faults = refused(Stand(Picky()), order(), order(env_vars={"BAD": "1"}), order(env_vars={"BAD": "2"}))
    assert faults == [(f"orders[{n}].env_vars", "the variable 'BAD' is not Unicode text") for n in (1, 2)]


def test_a_sealer_that_does_not_work_is_not_the_callers_fault() -> None:
    stand = Stand(QuickSealer(SealingFailed("sops can't be run")))
    with pytest.raises(SealingFailed, match="can't be run"):
        stand.submit(order(), order())
    assert stand.left() == NOTHING


@pytest.mark.parametrize("names", [[".git/config"], ["src/a", "vendor/lib/.git"], [".git/"], ["./.git/hooks/x"]])
def test_code_with_a_git_folder_is_refused(names: list[str]) -> None:
    stand = Stand()
    stand.callers.objects[("callers", "code.zip")] = zipped("a", *names)
    faults = refused(stand, order(), order(s3_location=CODE), order(s3_location=CODE))
    assert [where for where, _ in faults] == ["orders[1].s3_location", "orders[2].s3_location"]
    assert all(".git" in message and "leave it out" in message for _, message in faults)
    assert stand.calls.names == []


def test_code_that_only_looks_like_gits_is_taken() -> None:
    stand = Stand()
    stand.callers.objects[("callers", "code.zip")] = zipped(".gitignore", ".github/x", "a.git/y", "git")
    stand.submit(order(s3_location=CODE))
    assert bundle_of(stand).manifest.code is not None


# What is left when it dies


def _submit(stand: Stand) -> None:
    stand.callers.objects[("callers", "code.zip")] = zipped("a")
    stand.submit(*[order(s3_location=CODE)] * 15, order())


POINTS = points(Stand(), _submit)


def check_whole(stand: Stand) -> None:
    rows = stand.records.read(RUN_ID, [f"{place:04d}" for place in range(1, 17)], with_run=True)
    assert rows.run is not None
    assert not rows.missing
    assert len(stand.records.events(RUN_ID)) == 16
    assert all(bundle_of(stand, row.order_num).manifest.order_num == row.order_num for row in rows.orders)
    assert list(stand.keys.held) == [rows.run.sops_key_path]


@pytest.mark.parametrize(("index", "side"), POINTS, ids=str)
def test_a_call_that_fails_leaves_nothing_or_a_whole_run(index: int, side: Side) -> None:
    stand = Stand()
    answered = is_answered(stand, _submit, at(index, side))
    assert answered is has_started(stand)
    if answered:
        check_whole(stand)
    else:
        assert stand.left() == NOTHING


@pytest.mark.parametrize(("index", "side"), POINTS, ids=str)
def test_a_process_that_dies_leaves_nothing_or_a_whole_run(index: int, side: Side) -> None:
    """Nothing more is done by it; its watchdog does the rest."""
    stand = Stand()
    die(stand, _submit, at(index, side))
    look_after(stand)
    if has_started(stand):
        check_whole(stand)
        assert stand.waker.woken == [(RUN_ID, "0000")]
    elif stand.watchdogs.started:
        assert stand.left() == NOTHING
    else:  # the record alone was written, and goes with its time
        assert stand.left() in (NOTHING, {**NOTHING, "rows": ["0000"]})
        assert all(row["ttl"] for row in stand.records.items.all.values())


def test_a_refusal_by_the_sealer_leaves_nothing_of_the_others() -> None:
    stand = Stand(QuickSealer(Unsealable("no")))
    assert len(refused(stand, *[order()] * 3)) == 3
    assert stand.watchdogs.started, "it had been started, and finds nothing"
    assert stand.watchdog.check(Watched(RUN_ID, "0000", 1)) is None
