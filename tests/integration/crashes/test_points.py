"""The rule by which moments to die at are found, and the names it goes by."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from integration.crashes.call_names import changes_something, of_client, of_url
from integration.crashes.folder import AFTER, BEFORE, Point
from integration.crashes.points import choose

RUN = "11111111-1111-1111-1111-111111111111"
BUCKET = "http://127.0.0.1:1/execution-engine-internal"


def called(service: str, operation: str, url: str = BUCKET, **body: object) -> str:
    return of_client(service, operation, SimpleNamespace(url=url, body=json.dumps(body).encode()))


def test_a_call_that_changes_something_is_cut_off_on_both_sides() -> None:
    assert choose([("worker", "url.PUT claim.json")]) == [
        Point("worker", "url.PUT claim.json", 1, BEFORE),
        Point("worker", "url.PUT claim.json", 1, AFTER),
    ]


def test_of_many_calls_a_later_one_is_cut_off_too() -> None:
    (_, after) = choose([("orchestrator", "lambda.Invoke worker")] * 12)
    assert after.nth == 4


def test_of_calls_that_only_look_the_first_and_the_last_of_a_part_are_enough() -> None:
    looks = ["dynamodb.BatchGetItem", "s3.GetObject claim.json", "s3.HeadObject done"]
    points = choose([("watchdog_check", call) for call in looks])
    assert points == [Point("watchdog_check", call, 1, AFTER) for call in (looks[0], looks[-1])]


def test_every_part_has_points_of_its_own() -> None:
    calls = [(part, "s3.PutObject x") for part in ("init_job", "worker")]
    assert {point.part for point in choose(calls)} == {"init_job", "worker"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (called("s3", "PutObject", f"{BUCKET}/tmp/exec/{RUN}/0003/exec.zip"), "s3.PutObject exec.zip"),
        (called("s3", "PutObject", f"{BUCKET}/tmp/exec/{RUN}/code/ab12.zip"), "s3.PutObject code"),
        (
            called("s3", "PutObject", f"{BUCKET}/tmp/callbacks/runs/{RUN}/0000/result.json"),
            "s3.PutObject 0000/result.json",
        ),
        (called("s3", "DeleteObjects", f"{BUCKET}?delete"), "s3.DeleteObjects many"),
        (
            called("lambda", "Invoke", "http://127.0.0.1:1/2015-03-31/functions/execution-engine-worker/invocations"),
            "lambda.Invoke worker",
        ),
        (
            called(
                "dynamodb",
                "UpdateItem",
                TableName="execution-engine-locks",
                Key={"pk": {"S": f"lock:{RUN}"}},
                UpdateExpression="REMOVE #0",
            ),
            "dynamodb.UpdateItem lock free",
        ),
        (
            called("dynamodb", "PutItem", TableName="execution-engine-orders", Item={"pk": {"S": f"{RUN}:0000"}}),
            "dynamodb.PutItem orders run",
        ),
        (
            called("dynamodb", "TransactWriteItems", TransactItems=[{"Put": {"event_type": {"S": "job_completed"}}}]),
            "dynamodb.TransactWriteItems job_completed",
        ),
        (of_url("PUT", f"{BUCKET}/tmp/callbacks/runs/{RUN}/0003/2/claim.json?X-Amz-Date=1"), "url.PUT claim.json"),
        (of_url("POST", BUCKET), "url.POST log"),
    ],
)
def test_a_name_says_what_a_call_is_about_and_nothing_of_one_run(name: str, expected: str) -> None:
    assert name == expected


@pytest.mark.parametrize("name", ["url.GET control.json", "dynamodb.BatchGetItem", "s3.HeadObject done", "kms.Encrypt"])
def test_looking_changes_nothing(name: str) -> None:
    assert not changes_something(name)


@pytest.mark.parametrize("name", ["url.PUT claim.json", "dynamodb.BatchWriteItem", "ssm.DeleteParameter"])
def test_all_else_does(name: str) -> None:
    assert changes_something(name)
