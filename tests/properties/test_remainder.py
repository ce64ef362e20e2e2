"""What holds for what is left of any job, whatever its names and whatever succeeded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from execution_engine.errors import JobRefused
from execution_engine.jobs.encoding import job_document
from execution_engine.jobs.job import Job
from execution_engine.jobs.remainder import remainder
from execution_engine.jobs.rendering import document_of
from execution_engine.jobs.specification import parse_job

NUMBERS = ["0001", "0002", "0003", "0004", "0005", "0009"]
NAMES = st.none() | st.sampled_from([*NUMBERS, "a", "b", "0002-2", "true", "true-2"])
SECONDS = st.integers(1, 800) | st.floats(0.5, 800)
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "env_vars": st.dictionaries(st.sampled_from(["A", "B"]), st.text(st.characters(exclude_categories=["Cs", "Cc"]))),
    "must_succeed": st.booleans(),
    "retries": st.integers(0, 10),
    "ssm_paths": st.lists(st.sampled_from(["/a/b", "aws:::ssm:/c"]), max_size=2),
    "secret_manager_paths": st.lists(st.sampled_from(["x", "aws:::secretsmanager:y"]), max_size=2),
    "target_role_arn": st.just("arn:aws:iam::123456789012:role/deploy"),
    "sops_key": st.just("age1" + "q" * 58),
}
CODE: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"git_folder": "./a//b/"}, {"git_repo": "o/r", "commit_hash": "v1"}, {"s3_location": "s3://bucket/x.zip"}]
)
TARGETS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "init": st.sampled_from([{}, {"execution_target": "lambda"}]),
    "ssm": st.sampled_from(
        [
            {"ssm_targets": {"instance_ids": ["i-1", "i-2", "i-1"]}},
            {"ssm_targets": {"tags": {"Role": "web", "Zone": ["a", "b"]}}, "ssm_document_name": "Own-Document"},
        ]
    ),
}
JOB_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "flow_label": st.just("deploy"),
    "job_timeout": st.integers(1, 5_000) | st.floats(1, 5_000),
    "presign_expiry": st.integers(1_100, 9_000) | st.floats(1_100, 9_000),
    "git_token_location": st.just("aws:::secretsmanager:token"),
    "git_ssh_key_location": st.just("/ssh/key"),
    "commit_hash": st.sampled_from(["main", "0123abc"]),
    "pr_number": st.integers(1, 9),
    "issue_number": st.integers(1, 9),
}


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    door: Any = draw(st.sampled_from(["init", "ssm"]))
    size = draw(st.integers(1, 5))
    orders: list[dict[str, Any]] = []
    for at in range(size):
        fields = {"order_name": draw(NAMES), "queue_id": draw(NAMES), **draw(TARGETS[door]), **draw(CODE)}
        fields |= draw(st.fixed_dictionaries({}, optional=OPTIONAL))
        if door == "ssm":
            fields.pop("sops_key", None)
        # What the order may be called, by its own fields or by default.
        calls = [one for one in (fields["order_name"], fields["queue_id"] or f"{at + 1:04d}") if one]
        earlier = [name for one in orders for name in one["calls"]]
        needed = draw(st.lists(st.sampled_from(earlier), max_size=4)) if earlier else []
        orders.append({"cmds": ["true"], "timeout": draw(SECONDS), "dependencies": needed, "calls": calls, **fields})
    for order in orders:
        del order["calls"]
    job = draw(st.fixed_dictionaries({}, optional=JOB_FIELDS))
    document = {"username": "ann", "git_repo": "org/repo", "sops_key_ssm_path": "aws:::ssm:/k", **job, "orders": orders}
    try:
        return parse_job(document, door=door)
    except JobRefused:
        assume(False)
        raise


def again(job: Job) -> Job:
    """The job, written out as JSON and read."""
    request = json.loads(json.dumps({"job": document_of(job)}))
    return parse_job(job_document(request).document, door=job.door)


def needs_by_num(job: Job) -> dict[str, set[str]]:
    return {order.order_num: set(order.needs) for order in job.orders}


@given(jobs())
def test_a_job_written_out_is_the_same_job(job: Job) -> None:
    assert again(job) == job


@given(jobs(), st.sets(st.sampled_from(NUMBERS)))
def test_what_is_left_is_a_right_job_of_the_same_orders(job: Job, done: set[str]) -> None:
    kept = [order for order in job.orders if order.order_num not in done]
    left = remainder(job, done)
    if left is None:
        assert not kept
        return
    assert again(left) == left
    assert replace(left, orders=job.orders) == job
    assert len(left.orders) == len(kept)
    numbers = {order.order_num: new.order_num for order, new in zip(kept, left.orders, strict=True)}
    assert list(numbers.values()) == [f"{place:04d}" for place in range(1, len(kept) + 1)]
    for order, new in zip(kept, left.orders, strict=True):
        assert new.needs == tuple(numbers[num] for num in order.needs if num in numbers)
        changed = ("order_num", "order_name", "queue_id", "needs", "dependencies")
        assert replace(new, **{name: getattr(order, name) for name in changed}) == order
        if order.order_name not in set(numbers.values()) - {new.order_num}:
            assert new.order_name == order.order_name
        if order.queue_id != order.order_num:
            assert new.queue_id == order.queue_id
        else:
            assert new.queue_id in (new.order_num, new.order_name)


@given(jobs(), st.sets(st.sampled_from(NUMBERS)), st.sets(st.sampled_from(NUMBERS)))
def test_a_retry_of_a_retry_waits_for_what_the_first_would_have(job: Job, done: set[str], then: set[str]) -> None:
    """Whatever succeeds in whichever round: the needs among those that are left stay the same."""
    first = remainder(job, done)
    if first is None:
        return
    kept = [order.order_num for order in job.orders if order.order_num not in done]
    second = remainder(first, then)
    at_once = remainder(job, done | {kept[int(num) - 1] for num in then if int(num) <= len(kept)})
    if second is None or at_once is None:
        assert second is at_once
        return
    assert needs_by_num(second) == needs_by_num(at_once)
    assert [order.cmds for order in second.orders] == [order.cmds for order in at_once.orders]


@given(jobs())
def test_with_nothing_done_it_is_the_job_itself(job: Job) -> None:
    assert remainder(job, set()) == job
