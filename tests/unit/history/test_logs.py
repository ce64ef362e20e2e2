"""The log of an order that runs on instances, over tables and buckets as the engine writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.aws import Aws
from contracts.examples import NOW, a_run, an_order

from execution_engine.errors import NotFound
from execution_engine.history.history import History
from execution_engine.jobs.naming import claim_key, log_chunk_name, log_prefix, result_key
from execution_engine.orders.status import Status
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.queries import Queries
from execution_engine.storage.records import DynamoRecords

TARGETS = {"instance_ids": ["web-2", "web-1"]}


class Fleet:
    """One SSM order and what its instances wrote."""

    def __init__(self, aws: Aws, run_id: str) -> None:
        self.run_id = run_id
        self.bucket = aws.bucket("internal")
        self.records = DynamoRecords(aws.database, aws.tables)
        self.history = History(Queries(aws.database, aws.tables), OrderLogs(self.bucket))

    def order(self, **facts: Any) -> None:
        self.records.create_run(a_run(self.run_id))
        known = {"execution_target": "ssm", "ssm_targets": TARGETS, "attempt": 1, "status": Status.RUNNING}
        self.records.add_orders([an_order(self.run_id, **{**known, **facts})], [])

    def ended(self, **instances: int | None) -> None:
        """With the sizes of the instances' logs; ``web_1`` for ``web-1``."""
        ends = {
            name.replace("_", "-"): {"status": "succeeded", **({} if size is None else {"log_bytes": size})}
            for name, size in instances.items()
        }
        total = sum(size or 0 for size in instances.values())
        self.order(status=Status.SUCCEEDED, instances=ends, log_bytes=total, log_tail="a digest", ended_at=NOW)

    def streams(self, instance: str, *chunks: bytes, attempt: int = 1) -> None:
        for index, chunk in enumerate(chunks):
            prefix = log_prefix(self.run_id, "0001", attempt, instance)
            self.bucket.write(prefix + log_chunk_name(index), chunk)

    def tells(self, instance: str, log: str, **fields: Any) -> None:
        document = {"status": "succeeded", "log": log, "log_chunks": 0, **fields}
        self.bucket.write(result_key(self.run_id, "0001", 1, instance), json.dumps(document).encode())

    def log(self, start: int = 0, **asked: Any) -> bytes:
        return b"".join(self.history.log(self.run_id, "0001", start, **asked))

    def end(self, limit: int = 10_000, instance: str | None = None) -> str:
        return self.history.log_end(self.run_id, "0001", limit, instance)


@pytest.fixture
def fleet(aws: Aws, run_id: str) -> Fleet:
    return Fleet(aws, run_id)


def test_the_log_of_the_only_instance_is_its_bytes(fleet: Fleet) -> None:
    fleet.ended(web_1=12)
    fleet.streams("web-1", b"\xff and ", b"more\n")
    assert fleet.log() == fleet.log(instance="web-1") == b"\xff and more\n"
    assert fleet.log(6) == b"more\n"
    assert fleet.end(5) == fleet.end(5, "web-1") == "more\n"


def test_a_short_log_lies_in_the_instances_result(fleet: Fleet) -> None:
    fleet.ended(web_1=6)
    fleet.tells("web-1", "häßl", log_bytes=6)
    assert fleet.log() == "häßl".encode()
    assert fleet.log(5) == b"l"
    assert fleet.log(6) == b""
    assert fleet.end() == "häßl"


def test_several_are_told_apart_by_headings_in_the_order_of_their_ids(fleet: Fleet) -> None:
    fleet.ended(web_2=4, web_1=13, web_3=0, web_4=5)
    fleet.streams("web-1", b"first\n", b"no end")
    fleet.tells("web-2", "two\n", log_bytes=4)
    fleet.tells("web-3", "", log_bytes=0)
    fleet.tells("web-4", "four\n", log_bytes=5)
    whole = b"==> web-1 <==\nfirst\nno end\n\n==> web-2 <==\ntwo\n\n==> web-4 <==\nfour\n"
    assert fleet.log() == whole
    for start in range(len(whole) + 2):
        assert fleet.log(start) == whole[start:]
    assert fleet.log(instance="web-1") == b"first\nno end"
    assert fleet.log(2, instance="web-2") == b"o\n"
    assert fleet.log(instance="web-3") == b""
    assert fleet.end() == whole.decode()
    assert fleet.end(4, "web-1") == " end"


def test_the_end_of_a_long_log_has_something_of_each_instance(fleet: Fleet) -> None:
    fleet.ended(web_1=50_000, web_2=5)
    fleet.streams("web-1", b"x" * 50_000)
    fleet.tells("web-2", "tiny\n", log_bytes=5)
    end = fleet.end(1_000)
    assert len(end.encode()) <= 1_000
    assert end.startswith("==> web-1 <==\nxxx")
    assert end.endswith("x\n\n==> web-2 <==\ntiny\n")
    assert end.count("x") > 400


def test_an_instance_that_there_is_not_is_refused_with_those_there_are(fleet: Fleet) -> None:
    fleet.ended(web_1=0, web_2=0)
    with pytest.raises(NotFound, match="order-0001 of run .* has the instances web-1, web-2, so none web-9"):
        fleet.history.log(fleet.run_id, "0001", instance="web-9")
    with pytest.raises(NotFound, match="web-1, web-2"):
        fleet.end(10, "web-9")


def test_an_order_of_another_target_has_no_instances(fleet: Fleet) -> None:
    fleet.order(execution_target="lambda", ssm_targets=None)
    assert fleet.history.instances(fleet.run_id, "0001") == []
    with pytest.raises(NotFound, match="runs on no instances"):
        fleet.history.log(fleet.run_id, "0001", instance="web-1")


def test_while_it_runs_those_that_the_job_names_and_those_that_wrote_are_known(fleet: Fleet) -> None:
    fleet.order()
    fleet.bucket.write(claim_key(fleet.run_id, "0001", 1, "web-3"), b"{}")
    fleet.streams("web-2", b"so far")
    assert fleet.history.instances(fleet.run_id, "0001") == ["web-1", "web-2", "web-3"]
    assert fleet.log() == b"==> web-2 <==\nso far"
    assert fleet.log(instance="web-1") == b""
    assert fleet.end() == "==> web-2 <==\nso far"


def test_by_tags_those_are_known_that_wrote_something(fleet: Fleet) -> None:
    fleet.order(ssm_targets={"tags": {"Role": ["web"]}})
    assert fleet.log() == b""
    with pytest.raises(NotFound, match="has not begun on any instance"):
        fleet.log(instance="web-1")
    fleet.streams("web-1", b"one")
    assert fleet.log() == b"one"
    fleet.streams("web-2", b"two")
    assert fleet.log() == b"==> web-1 <==\none\n\n==> web-2 <==\ntwo"


def test_the_log_of_an_earlier_attempt_stays_to_be_read(fleet: Fleet) -> None:
    fleet.order(attempt=2)
    fleet.streams("web-1", b"before")
    fleet.streams("web-1", b"now", attempt=2)
    assert fleet.history.instances(fleet.run_id, "0001", 1) == ["web-1"]
    assert fleet.log(attempt=1) == b"before"
    assert fleet.log() == b"==> web-1 <==\nnow"


def test_where_nothing_ran_anywhere_the_engine_has_a_word(fleet: Fleet) -> None:
    word = "no instance has the tags Role=web"
    fleet.order(status=Status.FAILED, reason="dispatch_failed", log_tail=word, ended_at=NOW)
    assert fleet.log() == word.encode()
    assert fleet.end() == word


def test_where_no_instance_wrote_anything_there_is_nothing(fleet: Fleet) -> None:
    fleet.ended(web_1=0, web_2=0)
    assert (fleet.log(), fleet.end()) == (b"", "")


def test_what_is_said_of_an_instance_that_never_spoke_is_its_log(fleet: Fleet) -> None:
    fleet.ended(web_1=None, web_2=None)
    fleet.tells("web-1", "Undeliverable", status="failed", reason="dispatch_failed")
    fleet.tells("web-2", "Terminated", status="failed", reason="worker_lost")
    fleet.streams("web-2", b"begun\n")
    assert fleet.log() == b"==> web-1 <==\nUndeliverable\n\n==> web-2 <==\nbegun\n"
    assert fleet.end() == fleet.log().decode()
    assert fleet.end(100, "web-2") == "begun\n"


def test_results_hold_the_combined_log_and_every_outcome(fleet: Fleet) -> None:
    fleet.ended(web_1=4, web_2=4)
    fleet.tells("web-1", "one\n", log_bytes=4)
    fleet.tells("web-2", "two\n", log_bytes=4)
    (order,) = fleet.history.results(fleet.run_id, 1_000)["orders"]
    assert order["log"] == "==> web-1 <==\none\n\n==> web-2 <==\ntwo\n"
    assert [(one["instance_id"], one["status"], one["log_bytes"]) for one in order["instances"]] == [
        ("web-1", "succeeded", 4),
        ("web-2", "succeeded", 4),
    ]


def test_a_short_log_of_the_only_instance_costs_no_look_into_the_bucket(fleet: Fleet, aws: Aws) -> None:
    class NoLogs(OrderLogs):
        def end(self, *asked: object, **named: object) -> bytes:
            raise AssertionError(f"asked for {asked} {named}")

    fleet.order(status=Status.SUCCEEDED, instances={"web-1": {"status": "succeeded"}}, log_bytes=4, log_tail="one\n")
    history = History(Queries(aws.database, aws.tables), NoLogs(fleet.bucket))
    assert history.log_end(fleet.run_id, "0001", 100) == "one\n"


def test_while_it_runs_each_instance_stands_where_it_does(fleet: Fleet) -> None:
    fleet.order(ssm_targets={"instance_ids": ["web-1", "web-2", "web-3"]})
    for instance in ("web-1", "web-2"):
        fleet.bucket.write(claim_key(fleet.run_id, "0001", 1, instance), b"{}")
        fleet.streams(instance, b"so far")
    fleet.tells("web-1", "no room\n", status="failed", exit_code=28, reason=None)
    (order,) = fleet.history.run(fleet.run_id)["orders"]
    assert [(one["instance_id"], one["status"], one["exit_code"]) for one in order["instances"]] == [
        ("web-1", "failed", 28),
        ("web-2", "running", None),
        ("web-3", "dispatched", None),
    ]


def test_an_order_that_has_not_been_dispatched_stands_nowhere(fleet: Fleet) -> None:
    fleet.order(status=Status.QUEUED, attempt=0)
    (order,) = fleet.history.run(fleet.run_id)["orders"]
    assert "instances" not in order
