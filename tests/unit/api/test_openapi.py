"""The document: valid, about exactly what there is, and true of what is taken and answered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.examples import NOW, a_run, an_event, an_order
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from execution_engine import resources
from execution_engine.api import answers
from execution_engine.api.openapi import document
from execution_engine.api.operations import OPERATIONS
from execution_engine.errors import JobRefused
from execution_engine.history.documents import event_document, order_document, run_document
from execution_engine.jobs.documents import JobDocument, OrderDocument
from execution_engine.jobs.encoding import submission

DOCUMENT = document()
RUN = "00000000-0000-4000-8000-000000000001"


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


def test_it_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)


def test_it_describes_the_routes_that_there_are() -> None:
    routes = {(route["method"], route["path"]) for route in resources.load("api")["routes"]}
    assert {(one.method, one.path) for one in OPERATIONS} == routes
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == routes


def test_every_place_in_a_path_is_a_parameter_of_it() -> None:
    for operation in OPERATIONS:
        places = {one.name for one in operation.parameters if one.place == "path"}
        assert all(f"{{{place}}}" in operation.path for place in places)
        assert operation.path.count("{") == len(places), operation.path


def test_links_lead_to_operations_with_such_a_place() -> None:
    known = {one.name: one for one in OPERATIONS}
    links = DOCUMENT["paths"]["/init"]["post"]["responses"]["200"]["links"]
    for link in links.values():
        places = {one.name for one in known[link["operationId"]].parameters if one.place == "path"}
        assert set(link["parameters"]) == places


def test_every_field_of_a_job_and_of_an_order_is_described() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Job"]["properties"].keys() == JobDocument.model_fields.keys() | {"orders"}
    assert schemas["JobOrder"]["properties"].keys() == OrderDocument.model_fields.keys()
    for name in ("Job", "JobOrder"):
        assert all(field["description"] for field in schemas[name]["properties"].values())


def request(order: dict[str, Any] | None = None, **job: Any) -> dict[str, Any]:
    return {"job": {"username": "ann", "orders": [{"cmds": ["true"], "timeout": 5, **(order or {})}], **job}}


RIGHT = [
    request(),
    request({"order_name": None, "retries": None, "env_vars": None, "dependencies": None, "ssm_targets": None}),
    request({"retries": 10, "env_vars": {"A": "b"}, "queue_id": "q", "must_succeed": False, "timeout": 0.5}),
    request(job_timeout=86_400, presign_expiry=100_000, flow_label="x", pr_number=1, git_repo="org/repo"),
    {**request(), "trace_id": "t-1", "idempotency_key": "k", "job_parameters_b64": None},
]
WRONG = [
    [],
    {},
    {"job": None},
    {**request(), "job_parameters_b64": "e30="},
    {**request(), "more": 1},
    {**request(), "trace_id": "a b"},
    request({"retries": 11}),
    request({"retries": "1"}),
    request({"cmds": []}),
    request({"cmds": [""]}),
    request({"timeout": 0}),
    request({"timeout": 5e-324}),
    request({"timeout": True}),
    request({"timeout": None}),
    request({"order_name": "a b"}),
    request({"env_vars": {"A": 1}}),
    request({"ssm_targets": {"ids": ["i-1"]}}),
    request({"ssm_targets": {"instance_ids": []}}),
    request(orders=[]),
    request(job_timeout=0.5),
    request(flow_label=""),
    request(pr_number=0),
]


@pytest.mark.parametrize("sent", RIGHT)
def test_the_schema_takes_what_the_engine_takes(sent: Any) -> None:
    submission(sent, door="init")
    validator("Submission").validate(sent)


@pytest.mark.parametrize("sent", WRONG)
def test_what_the_schema_refuses_the_engine_refuses(sent: Any) -> None:
    assert not validator("Submission").is_valid(sent)
    with pytest.raises(JobRefused):
        submission(sent, door="init")


def test_its_example_is_a_job() -> None:
    (example,) = DOCUMENT["components"]["schemas"]["Submission"]["examples"]
    validator("Submission").validate(example)
    assert len(submission(example, door="init").job.orders) == 2


INSTANCES = {"web-1": {"status": "succeeded", "exit_code": 0, "log_bytes": 3}}


@pytest.mark.parametrize("facts", [{}, {"instances": INSTANCES, "started_at": NOW, "ended_at": NOW + 1}])
def test_orders_and_runs_are_answered_as_described(facts: dict[str, Any]) -> None:
    order = order_document(an_order(RUN, **facts))
    validator("Order").validate(order)
    assert order.keys() | {"instances", "log", "log_instances"} == answers.Order.model_fields.keys()
    run = {**run_document(a_run(RUN)), "orders": [order], "next": None}
    validator("Run").validate(run)
    assert run.keys() | {"unreadable"} == answers.Run.model_fields.keys()


def test_events_are_answered_as_described() -> None:
    told = event_document(an_event(a_run(RUN), data={"a": [1]}))
    assert told.keys() == answers.Event.model_fields.keys()
    validator("Events").validate({"events": [told], "next": None})


def test_it_can_be_sent() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
