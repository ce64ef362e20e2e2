"""What the engine tells the world, on the embedded AWS, each function under its own role's policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from integration.machine import Item, Machine, order, until
from integration.view import View
from jsonschema import Draft202012Validator

from execution_engine import resources
from execution_engine.cli.local_machine import tunings
from execution_engine.jobs.naming import leg, result_key
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.names import VALUES
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import connect

BUS = str(VALUES["event_bus_arn"]).rpartition("/")[2]
SCHEMA = Draft202012Validator(resources.load("events"))


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """With a bus, and with watchdogs that look so seldom that nothing comes of them here."""
    machine = Machine(tmp_path_factory.mktemp("signals"), grace="1", event_bus=BUS, tick="3600")
    metrics = {"POWERTOOLS_METRICS_NAMESPACE": "Engine", "POWERTOOLS_SERVICE_NAME": "engine"}
    state, tuned = StateFolder(machine.state), {**tunings(machine.environ), **metrics}
    with EmbeddedAws(state, environ=machine.environ, connect=connect, tunings=tuned) as aws:
        yield View(aws.settings)


def begin(view: View, *orders: Item) -> Item:
    answer = view.invoke("init-job", {"job": {"username": "ann", "orders": list(orders)}})
    assert answer["status"] == "ok", answer
    return answer


def is_done(view: View, run_id: str) -> Callable[[], bool]:
    return lambda: f"{run_id}/done" in view.keys("DONE_BUCKET", run_id)


def queue(view: View, name: str) -> tuple[str, str]:
    """Its URL and its ARN."""
    sqs = view.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


@pytest.fixture(scope="module")
def news(view: View) -> Callable[[], list[Item]]:
    """Takes what a rule of the bus delivered meanwhile."""
    events, sqs = view.client("events"), view.client("sqs")
    url, arn = queue(view, "news")
    events.create_event_bus(Name=BUS)
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["execution-engine"]}))
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])

    def take() -> list[Item]:
        found: list[Item] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return take


def test_events_arrive_exactly_as_documented(view: View, news: Callable[[], list[Item]]) -> None:
    run = begin(
        view,
        order("bad", "exit 7"),
        order("behind", dependencies=["bad"]),
        order("good"),
    )
    until(is_done(view, run["run_id"]))
    found: list[Item] = []

    def is_told() -> bool:
        found.extend(news())
        return any(event["detail-type"] == "job_completed" for event in found)

    until(is_told)
    for event in found:
        SCHEMA.validate(event)
        assert set(event["detail"]) == set(SCHEMA.schema["$defs"][event["detail-type"]]["required"])
        assert datetime.fromisoformat(event["time"]).tzinfo == UTC
    told = {(event["detail-type"], event["detail"].get("order_name")): event["detail"] for event in found}
    assert told.keys() == {("job_completed", None), ("order_failed", "bad"), ("order_failed", "behind")}
    ids = {name: run[name] for name in ("run_id", "trace_id", "flow_id")}
    assert all({name: detail[name] for name in ids} == ids for detail in told.values())
    bad, behind = told["order_failed", "bad"], told["order_failed", "behind"]
    assert (bad["status"], bad["reason"], bad["exit_code"], bad["attempt"]) == ("failed", None, 7, 1)
    assert (behind["order_num"], behind["reason"], behind["attempt"]) == ("0002", "dependency_failed", 0)
    end = told["job_completed", None]
    assert (end["status"], end["summary"]) == ("failed", {"succeeded": 1, "failed": 2, "timed_out": 0})
    epochs = {(one["order_name"], one["event_type"]): float(one["epoch"]) for one in view.events(run["trace_id"])}
    assert epochs["_job", "job_completed"] == pytest.approx(end["epoch"], abs=1e-6)
    assert epochs["bad", "failed"] == pytest.approx(bad["epoch"], abs=1e-6)


def lines(view: View, function: str) -> list[Item]:
    """What it printed, as CloudWatch has it, of all that is JSON."""
    logs, group = view.client("logs"), f"/aws/lambda/{VALUES[f'{function}_function']}"
    found: list[Item] = []
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
        found += [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
    return found


def test_metrics_and_lines_are_in_the_log(view: View) -> None:
    run = begin(view, order("a"), order("b", "false", must_succeed=False))
    until(is_done(view, run["run_id"]))

    def told(function: str) -> list[Item]:
        """Of the run; an invocation that only leaves its marks has read nothing, and so knows no trace."""
        found = [line for line in lines(view, function) if line.get("run_id") == run["run_id"]]
        return [line for line in found if not line["event"].startswith("marked")]

    until(lambda: "run completed" in {line["event"] for line in told("orchestrator")})

    def metrics() -> list[Item]:
        return [line for line in lines(view, "orchestrator") if "_aws" in line]

    def counted() -> set[str]:
        return {line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] for line in metrics()}

    until(lambda: "RunsEnded" in counted())  # they are written at an invocation's end
    assert counted() == {"RunsStarted", "RunsEnded", "OrdersEnded", "TimeToDispatch"}
    assert {line["service"] for line in metrics()} == {"engine"}
    for function in ("init_job", "orchestrator", "worker"):
        for line in until(lambda function=function: told(function)):  # type: ignore[misc]
            assert line["trace_id"] == run["trace_id"]
            assert line["leg"] == leg(run["trace_id"], float(line["leg"].rpartition(":")[2]))
    assert len({line["leg"] for line in told("orchestrator")}) > 1


@pytest.fixture
def deaf(view: View) -> Iterator[None]:
    """The bucket's notifications come to nobody."""
    s3, bucket = view.client("s3"), view.name("INTERNAL_BUCKET")
    told = s3.get_bucket_notification_configuration(Bucket=bucket)
    told.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    yield
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=told)


@pytest.fixture
def dead_letters(view: View) -> Iterator[Callable[..., Any]]:
    """As infrastructure/02-deploy/messages.tf has it. Has the worker fail at a launch that names an order."""
    awslambda = view.client("lambda")
    url, arn = queue(view, "dead-letters")
    worker, orchestrator = str(VALUES["worker_function"]), str(VALUES["orchestrator_function"])
    awslambda.put_function_event_invoke_config(
        FunctionName=worker, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    mapping = awslambda.create_event_source_mapping(
        EventSourceArn=arn, FunctionName=orchestrator, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]
    )["UUID"]

    def fail(run_id: str, num: str) -> None:
        event = {"run_id": run_id, "order_num": num}
        awslambda.invoke(FunctionName=worker, InvocationType="Event", Payload=json.dumps(event).encode())

    yield fail
    awslambda.delete_event_source_mapping(UUID=mapping)
    awslambda.put_function_event_invoke_config(FunctionName=worker, MaximumRetryAttempts=0)
    view.client("sqs").delete_queue(QueueUrl=url)


def test_a_dead_letter_wakes_its_run(
    view: View, deaf: None, dead_letters: Callable[[str, str], None], tmp_path: Path
) -> None:
    """Nothing else does: nobody is notified, and no watchdog looks."""
    ran = tmp_path / "ran"
    run_id = begin(view, order("a", f"touch {ran}"))["run_id"]
    dead_letters(run_id, "0000")
    until(ran.exists)
    until(lambda: view.keys("INTERNAL_BUCKET", result_key(run_id, "0001")))
    assert not is_done(view, run_id)()
    dead_letters(run_id, "0001")
    until(is_done(view, run_id))
