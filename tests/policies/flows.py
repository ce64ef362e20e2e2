"""Small flows, each with its effect: one returns when that has come to pass, and fails as soon as it can't any more.

They begin where callers and AWS begin: at a function, a build, an object. Where a flow would take hours (a worker
that never came, addresses that get old) it begins with the records that such hours leave behind.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import urllib3
from botocore.exceptions import ClientError
from integration.machine import Item, order
from policies.stage import MY_DOCUMENT, TARGET_ROLE, Stage

from execution_engine.intake.packing import Names
from execution_engine.intake.records import first_orders, first_run
from execution_engine.jobs.naming import (
    age_key_path,
    bundle_key,
    claim_key,
    environment_key,
    flow_id,
    renewal_key,
    result_key,
    submission_key,
    upload_key,
    watchdog_name,
)
from execution_engine.jobs.specification import parse_job
from execution_engine.local.gateway import http_event
from execution_engine.local.names import VALUES
from execution_engine.orders.first_events import first_events
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import Status
from execution_engine.settings import ASSIGNMENT

HOURS = 7_200.0
KEYS = f"arn:aws:s3:::{VALUES['internal_bucket']}/tmp/callbacks/runs/*"
RUN_KEYS = f"arn:aws:ssm:{VALUES['region']}:{VALUES['account_id']}:parameter{VALUES['ssm_prefix']}/runs/*"

Flow = Callable[[Stage], object]


def on(name: str, *cmds: str, ids: tuple[str, ...] = ("i-1",), **fields: Any) -> Item:
    return order(name, *cmds, **{"execution_target": "ssm", "ssm_targets": {"instance_ids": list(ids)}, **fields})


def to(target: str, *cmds: str, **fields: Any) -> Item:
    return on("a", *cmds, **fields) if target == "ssm" else order("a", *cmds, execution_target=target, **fields)


def door(target: str) -> str:
    return "ssm-config" if target == "ssm" else "init-job"


# Jobs, from their submission to their end


def job_ends(stage: Stage, target: str, **fields: Any) -> None:
    answer = stage.begin(to(target, 'echo "$WORD"', env_vars={"WORD": "kept"}, **fields), function=door(target))
    run_id = answer["run_id"]
    assert stage.ended(run_id)["status"] == "succeeded"
    assert stage.row(run_id)["log_tail"].endswith("kept\n")
    told = {(one["order_name"], one["event_type"]) for one in stage.view.events(answer["trace_id"])}
    assert {("a", "dispatched"), ("a", "succeeded"), ("_job", "job_completed")} <= told
    watched = {one["name"] for one in stage.view.watchdogs()}
    assert {watchdog_name(run_id, num, 1) for num in ("0000", "0001")} <= watched
    assert age_key_path(str(VALUES["ssm_prefix"]), run_id) not in stage.view.parameters()
    assert environment_key(run_id, "0001") not in stage.view.keys(prefix="tmp/exec/")


def job_with(stage: Stage, target: str, cmd: str, **fields: Any) -> str:
    """What intake fetches for it reaches its commands. The run's id."""
    run_id = str(stage.begin(to(target, cmd, **fields), function=door(target))["run_id"])
    assert stage.ended(run_id)["status"] == "succeeded"
    return run_id


def job_with_code(stage: Stage, target: str) -> None:
    with _uploaded(stage) as place:
        job_with(stage, target, "test -f told", s3_location=place)


@contextmanager
def _uploaded(stage: Stage) -> Iterator[str]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("told", "")
    data, bucket = archive.getvalue(), stage.view.name("INTERNAL_BUCKET")
    key = upload_key(hashlib.sha256(data).hexdigest(), stage.engine.identifiers.nonce())
    stage.view.client("s3").put_object(Bucket=bucket, Key=key, Body=data)
    yield f"s3://{bucket}/{key}"


def secrets_are_read_together(stage: Stage, target: str) -> None:
    run_id = job_with(stage, target, "true", secret_manager_paths=["mine/word", "mine/other"])
    assert not any(line.startswith("secrets are read one by one") for line in _said(stage, door(target), run_id))


def _said(stage: Stage, function: str, run_id: str) -> list[str]:
    """What the function logged of the run, up to its being taken."""
    logs, group = stage.view.client("logs"), f"/aws/lambda/execution-engine-{function}"

    def said() -> list[str]:
        found = []
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
            lines = [json.loads(one["message"]) for one in events if run_id in one["message"]]
            found += [str(line["event"]) for line in lines]
        return found if "job taken" in found else []

    return list(stage.until(said))


def asked_again_it_is_the_same_run(stage: Stage, target: str) -> None:
    """Also while its records do not say yet that it began: its start signal does."""
    key = stage.engine.identifiers.nonce()
    submit = partial(stage.begin, to(target), function=door(target), key=key)
    run_id = submit()["run_id"]
    stage.ended(run_id)
    _not_begun(stage, run_id)
    again = submit()
    assert (again["run_id"], again.get("replayed")) == (run_id, True)


def _not_begun(stage: Stage, run_id: str) -> None:
    """As its records are just before the start signal."""
    stage.view.table("ORDERS_TABLE").update_item(
        Key={"pk": f"{run_id}:0000"},
        UpdateExpression="SET phase = :submitting, signalled = :no REMOVE completed_at, #status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":submitting": str(Phase.SUBMITTING), ":no": False},
    )


def what_fails_leaves_nothing(stage: Stage, target: str) -> None:
    """Its very last step fails, so that there is everything to take back."""
    before = _things(stage)
    request = {"job": {"username": "ann", "orders": [to(target, env_vars={"WORD": "kept"})]}}
    with _start_fails(stage, door(target).replace("-", "_")):
        answer = stage.view.client("lambda").invoke(
            FunctionName=f"execution-engine-{door(target)}", Payload=json.dumps(request)
        )
    assert "FunctionError" in answer
    assert _things(stage) <= before


def _start_fails(stage: Stage, policy: str) -> Any:
    start = KEYS.replace("*", result_key("*", "0000").removeprefix("tmp/callbacks/runs/"))
    return stage.also(policy, Effect="Deny", Action="s3:PutObject", Resource=start)


def _things(stage: Stage) -> set[str]:
    rows = {str(item["pk"]) for item in stage.view.items("ORDERS_TABLE")}
    keys = {
        str(item["pk"]) for item in stage.view.items("LOCKS_TABLE") if item["pk"].startswith(submission_key("")[:4])
    }
    return rows | keys | set(stage.view.keys(prefix="tmp/exec/")) | set(stage.view.parameters())


def the_bus_is_told(stage: Stage) -> None:
    run_id = stage.begin(order("a", "false"))["run_id"]
    told: set[str] = set()

    def is_told() -> bool:
        messages = stage.view.client("sqs").receive_message(QueueUrl=stage.news_url, MaxNumberOfMessages=10)
        events = [json.loads(message["Body"]) for message in messages.get("Messages", ())]
        told.update(event["detail-type"] for event in events if event["detail"]["run_id"] == run_id)
        return told == {"order_failed", "job_completed"}

    stage.until(is_told)


# Steering


def _ask(stage: Stage, run_id: str, what: str) -> Item:
    answer = stage.view.invoke("control", http_event("POST", f"/runs/{run_id}/{what}"))
    assert answer["statusCode"] == 200, answer
    return dict(json.loads(answer["body"]))


def cancelled_job_ends(stage: Stage, target: str) -> None:
    run_id = stage.running(to(target, "sleep 10"), function=door(target))
    _ask(stage, run_id, "cancel")
    stage.ended(run_id)
    assert stage.row(run_id)["reason"] == "cancelled"


def worker_hears_by_its_own_role(stage: Stage, target: str) -> None:
    """As when its addresses have died with their signer's session."""
    with stage.also("init_job", Effect="Deny", Action="s3:GetObject", Resource=f"{KEYS}/control.json"):
        cancelled_job_ends(stage, target)


def worker_knows_its_own_claim(stage: Stage, target: str) -> None:
    """Also when the answer to it got lost."""
    with stage.losing_answers():
        job_with(stage, target, "true")


def worker_reports_what_it_can_not_open(stage: Stage, target: str) -> None:
    """By its own role: the addresses are in what it can't open."""
    run_id, bucket = stage.engine.identifiers.run_id(), stage.view.name("INTERNAL_BUCKET")
    key = bundle_key(run_id, "0001")
    stage.view.client("s3").put_object(Bucket=bucket, Key=key, Body=b"no bundle")
    path = age_key_path(str(VALUES["ssm_prefix"]), run_id)
    told: Item = {
        "run_id": run_id,
        "order_num": "0001",
        "order_name": "a",
        "attempt": 1,
        "trace_id": "t",
        "flow_id": "f",
    }
    told |= {"bucket": bucket, "key": key, "sha256": "0" * 64, "not_after": time.time() + HOURS}
    if target == "lambda":
        event = json.dumps({**told, "SOPS_KEY_SSM_PATH": path})
        worker = VALUES["worker_function"]
        stage.view.client("lambda").invoke(FunctionName=worker, InvocationType="Event", Payload=event)
    else:
        variables = {ASSIGNMENT: json.dumps(told), "SOPS_KEY_SSM_PATH": path}
        stage.view.client("codebuild").start_build(
            projectName=VALUES["codebuild_project"],
            environmentVariablesOverride=[{"name": name, "value": value} for name, value in variables.items()],
        )
    stage.until(lambda: result_key(run_id, "0001") in stage.view.keys(prefix=result_key(run_id, "0001")))


# Trying again


def retried(stage: Stage, target: str, cmd: str = "true", **fields: Any) -> str:
    """What failed the first time succeeds the second, with all that the job has to have. The second run's id."""
    run_id, repaired = _failed(stage, target, cmd, **fields)
    repaired.touch()
    again = _ask(stage, run_id, "retry")
    assert again["retry_of"] == run_id
    assert stage.ended(again["run_id"])["status"] == "succeeded"
    repaired.unlink()
    # Retried once, it is not retried again while nothing is left to do.
    told = stage.view.invoke("control", http_event("POST", f"/runs/{run_id}/retry"))
    assert told["statusCode"] == 400
    return str(again["run_id"])


def _failed(stage: Stage, target: str, cmd: str, **fields: Any) -> tuple[str, Any]:
    repaired = stage.root / stage.engine.identifiers.nonce()
    one = to(target, cmd, f"test -e {repaired}", **fields)
    run_id = str(stage.begin(one, function=door(target))["run_id"])
    assert stage.ended(run_id)["status"] == "failed"
    return run_id, repaired


def retried_with_code(stage: Stage, target: str) -> None:
    with _uploaded(stage) as place:
        retried(stage, target, "test -f told", s3_location=place)


def retry_reads_secrets_together(stage: Stage) -> None:
    run_id = retried(stage, "lambda", secret_manager_paths=["mine/word", "mine/other"])
    assert not any(line.startswith("secrets are read one by one") for line in _said(stage, "control", run_id))


def retry_asked_again_is_the_same(stage: Stage) -> None:
    """While its records do not say yet that it began."""
    run_id, _ = _failed(stage, "lambda", "true")
    again = _ask(stage, run_id, "retry")
    stage.ended(again["run_id"])
    _not_begun(stage, again["run_id"])
    assert _ask(stage, run_id, "retry")["run_id"] == again["run_id"]


def retry_that_fails_leaves_nothing(stage: Stage) -> None:
    run_id, _ = _failed(stage, "lambda", "true")
    before = _things(stage)
    with _start_fails(stage, "control"):
        answer = stage.view.invoke("control", http_event("POST", f"/runs/{run_id}/retry"))
    assert answer["statusCode"] >= 500
    assert _things(stage) <= before


def no_key_of_a_run_is_read(stage: Stage, policy: str, call: str, **asked: Any) -> None:
    """Whatever the role may read beside: here, everything."""
    path = age_key_path(str(VALUES["ssm_prefix"]), "of-somebody")
    stage.view.client("ssm").put_parameter(Name=path, Value="AGE-SECRET-KEY", Type="SecureString", Overwrite=True)
    with stage.also(policy, Effect="Allow", Action="ssm:*", Resource="*"):
        client = stage.as_role(policy, "ssm")
        named = {name: value or path for name, value in asked.items()}
        try:
            getattr(client, call)(**named)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"
            return
    raise AssertionError(f"{call} gave the key of a run")


# Reading


def _read(stage: Stage, path: str, **query: str) -> Any:
    answer = stage.view.invoke("history", http_event("GET", path, query=query))
    assert answer["statusCode"] == 200, answer
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"]
    return body if path.endswith("/log") else json.loads(body)


def run_is_read(stage: Stage) -> None:
    run_id = stage.finished["run_id"]
    assert _read(stage, f"/runs/{run_id}")["status"] == "succeeded"


def orders_of_a_run_are_read(stage: Stage) -> None:
    run_id = stage.finished["run_id"]
    assert [one["order_name"] for one in _read(stage, f"/runs/{run_id}")["orders"]] == ["told"]


def trace_is_read(stage: Stage) -> None:
    assert _read(stage, f"/traces/{stage.finished['trace_id']}")["events"]


def trace_of_an_order_is_read(stage: Stage) -> None:
    assert _read(stage, f"/traces/{stage.finished['trace_id']}", order_name="told")["events"]


def runs_of_an_order_are_read(stage: Stage) -> None:
    assert _read(stage, "/orders/told")["runs"]


def log_is_read(stage: Stage) -> None:
    assert b"told" in _read(stage, f"/runs/{stage.finished['run_id']}/orders/0001/log")


# What hours leave behind


def planted(stage: Stage, target: str, *, count: int = 1, phase: Phase = Phase.RUNNING, **fields: Any) -> str:
    """The id of a run that began hours ago; its orders have these ``fields``."""
    ids, now = stage.engine.identifiers, time.time()
    orders = [{**to(target), "order_name": f"a{place}"} for place in range(count)]
    job = parse_job(
        {"username": "ann", "orders": orders, "job_timeout": 86_400}, door="ssm" if target == "ssm" else "init"
    )
    run_id, trace_id = ids.run_id(), ids.trace_id()
    names = Names(run_id, trace_id, flow_id("ann", trace_id, "planted"))
    run = first_run(job, names, age_key_path(str(VALUES["ssm_prefix"]), run_id), now - HOURS)
    rows = [replace(one, **fields) for one in first_orders(job, run, {})]
    out = sum(one.status.is_out for one in rows)
    stage.engine.records.create_run(
        replace(run, phase=phase, tally=Tally(open=count, in_flight=out), cursor=count if out else 0)
    )
    stage.engine.records.add_orders(rows, first_events(run, rows))
    return run_id


def out(stage: Stage, target: str, since: float = HOURS, **fields: Any) -> str:
    """The id of a run whose order was dispatched so long ago, and never heard of."""
    at = time.time() - since
    return planted(
        stage, target, status=Status.DISPATCHED, attempt=1, launches=1, dispatched_at=at, launched_at=at, **fields
    )


def checked(stage: Stage, run_id: str, num: str = "0001") -> Item:
    """What the watchdog's check answers."""
    asked = {"run_id": run_id, "order_num": num, "attempt": 1, "wait": 1}
    return dict(stage.view.invoke("watchdog-check", asked))


def looked_at(stage: Stage, run_id: str, num: str) -> None:
    stage.view.invoke("orchestrator", {"look": {"run_id": run_id, "order_num": num}})


def written(stage: Stage, key: str) -> Item:
    assert key in stage.view.keys(prefix=key)
    return stage.view.document(key)


def dead_submission_is_swept(stage: Stage) -> None:
    run_id = planted(stage, "lambda", phase=Phase.SUBMITTING)
    path = age_key_path(str(VALUES["ssm_prefix"]), run_id)
    stage.engine.keys.put(path, "AGE-SECRET-KEY", time.time() + HOURS)
    stage.engine.internal.write(bundle_key(run_id, "0001"), b"")
    trace_id = stage.row(run_id)["trace_id"]
    assert checked(stage, run_id, "0000")["done"]
    assert not stage.row(run_id) and not stage.row(run_id, "0000")
    assert not stage.view.events(trace_id)
    assert not stage.view.keys(prefix=f"tmp/exec/{run_id}/")
    assert path not in stage.view.parameters()


def watch_ends_with_the_run(stage: Stage) -> None:
    assert checked(stage, stage.finished["run_id"], "0000")["done"]


def done_is_written_after_all(stage: Stage) -> None:
    """Whoever ended the run died before it: the check has the orchestrator look again."""
    run_id = stage.begin(order("a"))["run_id"]
    stage.ended(run_id)
    stage.view.client("s3").delete_object(Bucket=stage.view.name("DONE_BUCKET"), Key=f"{run_id}/done")
    assert not checked(stage, run_id, "0000")["done"]
    stage.ended(run_id)


def worker_that_never_came_is_given_up(stage: Stage) -> None:
    run_id = out(stage, "lambda")
    checked(stage, run_id)
    assert written(stage, claim_key(run_id, "0001"))["void"]
    assert written(stage, result_key(run_id, "0001"))["reason"] == "dispatch_failed"


def build_that_ended_is_noticed(stage: Stage) -> None:
    codebuild = stage.view.client("codebuild")
    build_id = codebuild.start_build(projectName=VALUES["codebuild_project"])["build"]["id"]  # it is told nothing to do
    stage.until(lambda: codebuild.batch_get_builds(ids=[build_id])["builds"][0]["buildComplete"])
    run_id = out(stage, "codebuild", since=0.0, execution_id=build_id)
    checked(stage, run_id)
    assert written(stage, result_key(run_id, "0001"))["reason"] == "dispatch_failed"


@contextmanager
def _build_at_work(stage: Stage) -> Iterator[str]:
    build_id = str(stage.row(stage.running(to("codebuild", "sleep 10")))["execution_id"])
    try:
        yield build_id
    finally:
        stage.view.client("codebuild").stop_build(id=build_id)


def _is_stopped(stage: Stage, build_id: str) -> bool:
    (build,) = stage.view.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    return bool(build["buildStatus"] == "STOPPED")


def watchdog_stops_the_build(stage: Stage) -> None:
    with _build_at_work(stage) as build_id:
        checked(stage, out(stage, "codebuild", execution_id=build_id))
        stage.until(lambda: _is_stopped(stage, build_id), 8)


def cancel_stops_the_build(stage: Stage) -> None:
    with _build_at_work(stage) as build_id:
        run_id = out(stage, "codebuild", since=0.0, execution_id=build_id)
        stage.engine.records.ask_to_stop(run_id, "cancelled")
        looked_at(stage, run_id, "0000")
        stage.until(lambda: _is_stopped(stage, build_id), 8)


@contextmanager
def _command_at_work(stage: Stage) -> Iterator[str]:
    command_id = str(stage.row(stage.running(on("a", "sleep 10"), function="ssm-config"))["execution_id"])
    try:
        yield command_id
    finally:
        stage.view.client("ssm").cancel_command(CommandId=command_id)


def _is_cancelled(stage: Stage, command_id: str) -> bool:
    told = stage.view.client("ssm").list_command_invocations(CommandId=command_id)["CommandInvocations"]
    return {one["Status"] for one in told} == {"Cancelled"}


def watchdog_cancels_the_command(stage: Stage) -> None:
    with _command_at_work(stage) as command_id:
        checked(stage, out(stage, "ssm", execution_id=command_id))
        stage.until(lambda: _is_cancelled(stage, command_id), 8)


def cancel_cancels_the_command(stage: Stage) -> None:
    with _command_at_work(stage) as command_id:
        run_id = out(stage, "ssm", since=0.0, execution_id=command_id)
        stage.engine.records.ask_to_stop(run_id, "cancelled")
        looked_at(stage, run_id, "0000")
        stage.until(lambda: _is_cancelled(stage, command_id), 8)


def instance_that_never_answers_is_noticed(stage: Stage) -> None:
    run_id = stage.begin(on("a", ids=("i-off",)), function="ssm-config")["run_id"]
    command_id = str(stage.until(lambda: stage.row(run_id).get("execution_id")))
    ssm = stage.view.client("ssm")
    stage.until(
        lambda: (
            {one["StatusDetails"] for one in ssm.list_command_invocations(CommandId=command_id)["CommandInvocations"]}
            == {"DeliveryTimedOut"}
        )
    )
    checked(stage, run_id)
    assert stage.ended(run_id)["status"] == "failed"
    assert stage.row(run_id)["reason"] == "dispatch_failed"


def addresses_are_renewed(stage: Stage) -> None:
    """And each of the new ones is good for what it is for."""
    run_id = stage.running(on("a", "sleep 10"), function="ssm-config")
    stage.view.table("ORDERS_TABLE").update_item(
        Key={"pk": f"{run_id}:0001"},
        UpdateExpression="SET launched_at = :at",
        ExpressionAttributeValues={":at": int(time.time() - HOURS)},
    )
    checked(stage, run_id)
    renewed = written(stage, renewal_key(run_id, "0001"))
    (addresses,) = renewed["instances"].values()
    assert _status("GET", renewed["renewal"]) == 200
    assert _status("PUT", addresses["heartbeat"], b"{}") == 200
    assert _status("GET", addresses["claim_read"]) == 200


def _status(method: str, url: str, body: bytes | None = None) -> int:
    return int(urllib3.request(method, url, body=body, retries=False).status)


def launch_is_repeated(stage: Stage) -> None:
    """Of a worker that did not claim yet, of whom there is nothing to find."""
    run_id = out(stage, "lambda")
    looked_at(stage, run_id, "0001")
    assert stage.row(run_id)["launches"] == 2


def long_pass_goes_on_in_the_next(stage: Stage) -> None:
    run_id = planted(stage, "lambda", count=101)
    stage.engine.records.ask_to_stop(run_id, "cancelled")
    looked_at(stage, run_id, "0000")
    stage.ended(run_id)


FLOWS: dict[str, Flow] = {
    **{f"job_ends:{target}": partial(job_ends, target=target) for target in ("lambda", "codebuild", "ssm")},
    "job_ends:ssm by tags": partial(job_ends, target="ssm", ssm_targets={"tags": {"Role": "web"}}),
    "job_ends:ssm elsewhere": partial(job_ends, target="ssm", ids=("mi-1",)),
    "job_ends:ssm, another document": partial(job_ends, target="ssm", ssm_document_name=MY_DOCUMENT),
    "the_bus_is_told": the_bus_is_told,
    "run_is_read": run_is_read,
    "orders_of_a_run_are_read": orders_of_a_run_are_read,
    "trace_is_read": trace_is_read,
    "trace_of_an_order_is_read": trace_of_an_order_is_read,
    "runs_of_an_order_are_read": runs_of_an_order_are_read,
    "log_is_read": log_is_read,
    "dead_submission_is_swept": dead_submission_is_swept,
    "watch_ends_with_the_run": watch_ends_with_the_run,
    "done_is_written_after_all": done_is_written_after_all,
    "worker_that_never_came_is_given_up": worker_that_never_came_is_given_up,
    "build_that_ended_is_noticed": build_that_ended_is_noticed,
    "watchdog_stops_the_build": watchdog_stops_the_build,
    "cancel_stops_the_build": cancel_stops_the_build,
    "watchdog_cancels_the_command": watchdog_cancels_the_command,
    "cancel_cancels_the_command": cancel_cancels_the_command,
    "instance_that_never_answers_is_noticed": instance_that_never_answers_is_noticed,
    "addresses_are_renewed": addresses_are_renewed,
    "launch_is_repeated": launch_is_repeated,
    "long_pass_goes_on_in_the_next": long_pass_goes_on_in_the_next,
    "retried:lambda": partial(retried, target="lambda"),
    "retried:ssm": partial(retried, target="ssm", env_vars={"WORD": "kept"}),
    "retried:code": partial(retried_with_code, target="lambda"),
    "retried:parameter": partial(retried, target="lambda", cmd='test "$WORD" = kept', ssm_paths=["/mine/word"]),
    "retried:secret": partial(retried, target="lambda", cmd='test "$WORD" = kept', secret_manager_paths=["mine/word"]),
    "retried:target account": partial(
        retried, target="lambda", cmd='test -n "$AWS_SESSION_TOKEN"', target_role_arn=TARGET_ROLE
    ),
    "retry_reads_secrets_together": retry_reads_secrets_together,
    "retry_asked_again_is_the_same": retry_asked_again_is_the_same,
    "retry_that_fails_leaves_nothing": retry_that_fails_leaves_nothing,
}
for _target in ("lambda", "codebuild"):
    FLOWS |= {
        f"cancelled_job_ends:{_target}": partial(cancelled_job_ends, target=_target),
        f"worker_hears_by_its_own_role:{_target}": partial(worker_hears_by_its_own_role, target=_target),
        f"worker_knows_its_own_claim:{_target}": partial(worker_knows_its_own_claim, target=_target),
        f"worker_reports_what_it_can_not_open:{_target}": partial(worker_reports_what_it_can_not_open, target=_target),
    }
for _target in ("lambda", "ssm"):
    FLOWS |= {
        f"job_with_code:{_target}": partial(job_with_code, target=_target),
        f"job_with:{_target}, parameter": partial(
            job_with, target=_target, cmd='test "$WORD" = kept', ssm_paths=["/mine/word"]
        ),
        f"job_with:{_target}, secret": partial(
            job_with, target=_target, cmd='test "$WORD" = kept', secret_manager_paths=["mine/word"]
        ),
        f"job_with:{_target}, target account": partial(
            job_with, target=_target, cmd='test -n "$AWS_SESSION_TOKEN"', target_role_arn=TARGET_ROLE
        ),
        f"secrets_are_read_together:{_target}": partial(secrets_are_read_together, target=_target),
        f"asked_again_it_is_the_same_run:{_target}": partial(asked_again_it_is_the_same_run, target=_target),
        f"what_fails_leaves_nothing:{_target}": partial(what_fails_leaves_nothing, target=_target),
    }
for _policy in ("init_job", "ssm_config", "control"):
    FLOWS |= {
        f"no_key_of_a_run_is_read:{_policy}, GetParameter": partial(
            no_key_of_a_run_is_read, policy=_policy, call="get_parameter", Name=""
        ),
        f"no_key_of_a_run_is_read:{_policy}, GetParameterHistory": partial(
            no_key_of_a_run_is_read, policy=_policy, call="get_parameter_history", Name=""
        ),
    }
