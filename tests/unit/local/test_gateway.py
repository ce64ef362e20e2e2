from __future__ import annotations

import json

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from execution_engine.handlers.submissions import receive
from execution_engine.local.gateway import http_event


def test_it_reads_as_a_request_of_api_gateway() -> None:
    event = APIGatewayProxyEventV2(http_event("GET", "/traces/t", query={"order_name": "a b"}))
    assert (event.http_method, event.path, event.request_context.http.path) == ("GET", "/traces/t", "/traces/t")
    assert (event.query_string_parameters, event.raw_query_string) == ({"order_name": "a b"}, "order_name=a+b")
    assert event.body is None


def test_its_body_is_read_as_json() -> None:
    taken = []

    def submit(request: object, **_: object) -> dict[str, str]:
        taken.append(request)
        return {"status": "ok"}

    answer = receive(http_event("POST", "/init", {"job": {"username": "Zoë"}}), "init", submit)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "ok"})
    assert taken == [{"job": {"username": "Zoë"}}]
