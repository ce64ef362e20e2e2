"""Jobs for instances: packed without SOPS, yet nothing secret lies in clear; queued as a whole, or nothing is left."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from fakes.calls import Side
from fakes.wrapping import MemoryWrapping
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.intake.dying import at, die, has_started, is_answered, look_after, points
from unit.intake.stand import NOTHING, RUN_ID, QuickSealer, Stand, on_instances, order, zipped

from execution_engine.bundles.manifest import Manifest
from execution_engine.bundles.plain import read_plain
from execution_engine.errors import JobRefused, SealingFailed
from execution_engine.intake.kept_jobs import KeptJobs
from execution_engine.intake.retry import Retry
from execution_engine.jobs.job import Job
from execution_engine.jobs.naming import age_key_path, bundle_key, code_key, environment_key
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase
from execution_engine.orders.status import Status
from execution_engine.storage.models import TableNames, Tables
from execution_engine.storage.rows import order_row, read_order

KMS_KEY = "alias/engine"
CODE = "s3://callers/code.zip"
SECRET = "hunter2"
SSM = frozenset({"lambda", "ssm"})


def ssm_stand(**settings: Any) -> Stand:
    return Stand(**{"targets": SSM, "kms_key": KMS_KEY, **settings})


def row(stand: Stand, num: str = "0001") -> Order:
    (found,) = stand.records.read(RUN_ID, [num]).orders
    return found


def manifest_of(stand: Stand, num: str = "0001") -> Manifest:
    data = stand.objects.get(bundle_key(RUN_ID, num))
    assert data is not None
    manifest, names = read_plain(data, row(stand, num).bundle_sha256)
    assert names == ()
    return manifest


def in_clear(stand: Stand, *, without: str = "") -> str:
    """All that a submission left, as whoever may read it does: archives opened."""
    parts = [repr(stand.records.items.all), repr(stand.records.history), repr(stand.watchdogs.started)]
    for key in stand.objects.keys(""):
        body = stand.objects.get(key) or b""
        if key != without:
            parts += [key, body.decode("latin-1")]
        if zipfile.is_zipfile(io.BytesIO(body)):
            archive = zipfile.ZipFile(io.BytesIO(body))
            parts += [archive.read(name).decode("latin-1") for name in archive.namelist()]
    return "\n".join(parts)


# What is there afterwards


def test_the_bundle_says_what_to_run_and_the_row_where() -> None:
    stand = ssm_stand()
    answer = stand.submit(
        on_instances(cmds=["a", "b"], retries=2),
        on_instances(
            ssm_targets={"tags": {"Role": "web", "Stage": ["a", "b"]}},
            ssm_document_name="Acme-Run",
            dependencies=["0001"],
        ),
        door="ssm",
    )
    assert answer["flow_id"].endswith("-ssm")
    manifest = manifest_of(stand)
    assert (manifest.cmds, manifest.variables, manifest.code, manifest.timeout) == (("a", "b"), 0, None, 60)
    first, second = row(stand), row(stand, "0002")
    assert {first.execution_target, second.execution_target} == {"ssm"}
    assert first.ssm_targets == {"instance_ids": ["web-1", "web-2"]}
    assert (first.ssm_document_name, first.retries) == (None, 2)
    assert second.ssm_targets == {"tags": {"Role": ["web"], "Stage": ["a", "b"]}}
    assert (second.ssm_document_name, second.waiting) == ("Acme-Run", frozenset({"0001"}))


def test_a_row_comes_back_from_the_table_as_it_was_queued() -> None:
    stand = ssm_stand()
    ids = [f"i-{place:017x}" for place in range(500)]
    stand.submit(
        on_instances(ssm_targets={"instance_ids": ids}), on_instances(ssm_targets={"tags": {"A": "b"}}), door="ssm"
    )
    tables = Tables.named(TableNames("orders", "events", "locks"), "eu-west-1")
    for num in ("0001", "0002"):
        queued = row(stand, num)
        assert read_order(tables, order_row(tables, queued).serialize()) == queued


def test_the_variables_are_in_an_object_of_their_own_and_nowhere_else() -> None:
    stand = ssm_stand()
    stand.submit(on_instances(env_vars={"TOKEN": SECRET}), on_instances(), door="ssm")
    kept = environment_key(RUN_ID, "0001")
    assert json.loads(stand.objects.get(kept) or b"") == {"TOKEN": SECRET}
    assert stand.bucket.kms_keys == {kept: KMS_KEY}
    assert stand.objects.get(environment_key(RUN_ID, "0002")) is None
    assert [manifest_of(stand, num).variables for num in ("0001", "0002")] == [1, 0]
    assert SECRET not in in_clear(stand, without=kept)
    assert SECRET in in_clear(stand), "the search itself finds it"


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
NAMES = st.sampled_from(["TOKEN", "DB_URL", "A", "B", "_X1"])


@given(st.lists(st.dictionaries(NAMES, VALUES.map(lambda value: f"§{value}§{SECRET}")), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_whatever_the_variables_no_value_of_theirs_is_beside_their_object(jobs: list[dict[str, str]]) -> None:
    stand = ssm_stand()
    stand.submit(*[on_instances(env_vars=variables) for variables in jobs], door="ssm")
    places = {
        environment_key(RUN_ID, f"{place:04d}"): variables for place, variables in enumerate(jobs, 1) if variables
    }
    assert {key: json.loads(stand.objects.get(key) or b"") for key in places} == places
    assert stand.bucket.kms_keys == dict.fromkeys(places, KMS_KEY)
    for key in places:
        stand.objects.delete(key)
    assert SECRET not in in_clear(stand)


def test_nothing_is_sealed_and_no_key_is_made() -> None:
    stand = ssm_stand(sealer=QuickSealer(SealingFailed("no sops here")))
    stand.submit(on_instances(env_vars={"A": "1"}), door="ssm")
    assert stand.sealer.sealed == {}
    assert stand.calls.names == [
        "records.create_run",
        "watchdogs.start",
        "kept_jobs.keep",
        "bucket.write",
        "bucket.write",
        "records.add_orders",
        "reports.signal_start",
    ]
    run = stand.records.read(RUN_ID, [], with_run=True).run
    assert run is not None and run.sops_key_path == row(stand).sops_key_path == age_key_path("/engine", RUN_ID)


def test_code_that_orders_share_is_stored_once_for_all_instances() -> None:
    stand = ssm_stand()
    archive = zipped("run.sh")
    stand.callers.objects[("callers", "code.zip")] = archive
    stand.submit(on_instances(s3_location=CODE), on_instances(s3_location=CODE), on_instances(), door="ssm")
    key = code_key(RUN_ID, hashlib.sha256(archive).hexdigest())
    pointers = [manifest_of(stand, f"000{place}").code for place in (1, 2, 3)]
    assert [pointer and pointer.key for pointer in pointers] == [key, key, None]
    assert [one for one in stand.objects.keys("tmp/") if "/code/" in one] == [key]


def test_orders_of_the_other_door_are_sealed_as_ever() -> None:
    stand = ssm_stand()
    stand.submit(order(env_vars={"A": "1"}))
    assert sum(stand.sealer.sealed.values()) == 1
    assert list(stand.keys.held) == [age_key_path("/engine", RUN_ID)]
    assert stand.bucket.kms_keys == {}


# What is refused


def refused(stand: Stand, *orders: dict[str, Any], **job: Any) -> list[tuple[str, str]]:
    with pytest.raises(JobRefused) as error:
        stand.submit(*orders, door="ssm", **job)
    assert stand.left() == NOTHING
    assert stand.calls.names == []
    assert error.value.status == 400
    return [(fault.where, fault.message) for fault in error.value.faults]


def test_a_deployment_that_runs_none_says_so() -> None:
    ((where, message),) = refused(Stand(kms_key=KMS_KEY), on_instances())
    assert where == "orders[0].execution_target"
    assert message.startswith("is ssm (what every order of POST /ssm gets)")
    assert message.endswith("it runs lambda")


@pytest.mark.parametrize("targets", [SSM, frozenset({"lambda"})])
@pytest.mark.parametrize("variables", [{}, {"TOKEN": SECRET}])
def test_without_a_kms_key_they_are_refused_with_its_setting(
    targets: frozenset[str], variables: dict[str, str]
) -> None:
    faults = refused(Stand(targets=targets), on_instances(env_vars=variables), on_instances())
    assert [where for where, _ in faults] == ["orders[0].execution_target", "orders[1].execution_target"]
    assert all("AWS_EXE_SYS_KMS_KEY is not set" in message for _, message in faults)


def test_a_queue_that_was_given_no_key_writes_no_variables() -> None:
    """Whatever else says it may: nothing is written in clear."""
    stand = Stand(targets=SSM)
    stand.intake._deployment = type(stand.intake._deployment)(SSM, SSM, "done", encrypts=True)
    with pytest.raises(SealingFailed, match="AWS_EXE_SYS_KMS_KEY"):
        stand.submit(on_instances(env_vars={"TOKEN": SECRET}), door="ssm")
    assert stand.left() == NOTHING
    assert environment_key(RUN_ID, "0001") not in stand.objects.written


# What is left when it dies


def _submit(stand: Stand) -> None:
    stand.callers.objects[("callers", "code.zip")] = zipped("a")
    variables = {"TOKEN": SECRET}
    orders = [on_instances(env_vars=variables), on_instances(s3_location=CODE, env_vars=variables), on_instances()]
    stand.submit(*orders, door="ssm")


POINTS = points(ssm_stand(), _submit)


def check_whole(stand: Stand) -> None:
    rows = stand.records.read(RUN_ID, ["0001", "0002", "0003"], with_run=True)
    assert rows.run is not None and not rows.missing
    for num, variables in (("0001", 1), ("0002", 1), ("0003", 0)):
        assert manifest_of(stand, num).variables == variables
        assert (stand.objects.get(environment_key(RUN_ID, num)) is not None) is bool(variables)
    assert stand.keys.held == {}


@pytest.mark.parametrize(("index", "side"), POINTS, ids=str)
def test_a_call_that_fails_leaves_nothing_or_a_whole_run(index: int, side: Side) -> None:
    stand = ssm_stand()
    answered = is_answered(stand, _submit, at(index, side))
    assert answered is has_started(stand)
    if answered:
        check_whole(stand)
    else:
        assert stand.left() == NOTHING


@pytest.mark.parametrize(("index", "side"), POINTS, ids=str)
def test_a_process_that_dies_leaves_nothing_or_a_whole_run(index: int, side: Side) -> None:
    stand = ssm_stand()
    die(stand, _submit, at(index, side))
    look_after(stand)
    if has_started(stand):
        check_whole(stand)
    else:
        assert stand.left() in (NOTHING, {**NOTHING, "rows": ["0000"]})


# One key, one run; and again


def test_a_repeated_request_is_the_first_run() -> None:
    stand = ssm_stand()
    job = {"username": "ann", "orders": [on_instances(env_vars={"A": "1"})]}
    request = {"job": job, "idempotency_key": "k"}
    first = stand.intake.submit(request, door="ssm", size_limit=10_000)
    again = stand.intake.submit(request, door="ssm", size_limit=10_000)
    assert again == {**first, "replayed": True}
    other = {**request, "job": {**job, "orders": [on_instances(ssm_targets={"tags": {"A": "b"}})]}}
    with pytest.raises(JobRefused) as conflict:
        stand.intake.submit(other, door="ssm", size_limit=10_000)
    assert conflict.value.status == 409


class Retrying(Stand):
    """Jobs are kept as in a deployment: written out, sealed, read again."""

    def __init__(self) -> None:
        super().__init__(targets=SSM, kms_key=KMS_KEY)
        self.kept_jobs = KeptJobs(self.bucket, MemoryWrapping(self.calls), self.clock)  # type: ignore[arg-type]
        self.retry = Retry(self.records, self.submissions, self.kept_jobs.load, self.intake, self.clock).retry

    def keep(self, run_id: str, job: Job) -> None:
        super().keep(run_id, job)
        self.kept_jobs.keep(run_id, job)


def test_a_retry_runs_what_did_not_succeed_on_all_its_instances_again() -> None:
    on = Retrying()
    tags = {"Role": "web", "Stage": ["a", "b"]}
    first = on.submit(
        on_instances(order_name="done", env_vars={"A": "1"}),
        on_instances(order_name="half", env_vars={"TOKEN": SECRET}, dependencies=["done"]),
        on_instances(
            order_name="rest", ssm_targets={"tags": tags}, ssm_document_name="Acme-Run", dependencies=["half"]
        ),
        door="ssm",
    )["run_id"]
    on.records.items.all[(first, "0000")]["phase"] = Phase.COMPLETED
    for num, status in (("0001", Status.SUCCEEDED), ("0002", Status.FAILED), ("0003", Status.FAILED)):
        on.records.items.all[(first, num)]["status"] = status
    answer = on.retry(first)
    second = answer["run_id"]
    assert answer["flow_id"].endswith("-ssm")
    assert on.kept[second].door == "ssm"
    rows = {one.order_name: one for one in on.records.read(second, ["0001", "0002", "0003"]).orders}
    assert rows.keys() == {"half", "rest"}
    assert {one.execution_target for one in rows.values()} == {"ssm"}
    assert rows["half"].ssm_targets == {"instance_ids": ["web-1", "web-2"]}
    assert rows["rest"].ssm_targets == {"tags": {"Role": ["web"], "Stage": ["a", "b"]}}
    assert (rows["rest"].ssm_document_name, rows["rest"].waiting) == ("Acme-Run", frozenset({"0001"}))
    assert json.loads(on.objects.get(environment_key(second, "0001")) or b"") == {"TOKEN": SECRET}
    assert on.objects.get(environment_key(second, "0002")) is None
