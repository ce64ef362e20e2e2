"""From an event of API Gateway to the function of its route, and from what that found to an answer.

Powertools keeps the event under way in a place that all of a process share. In Lambda that is one at a time; where the
API is served on one machine it is not. So each event gets a resolver of its own, and the route is handed its request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from execution_engine.handlers.answers import Answer, error, told
from execution_engine.handlers.engine import leg

Request = APIGatewayProxyEventV2
Answered = Response[Any]
Route = Callable[..., Answered]
"""Called with the request, and with what the path's places hold, by their names."""


def routed(event: dict[str, Any], context: Any, routes: Mapping[tuple[str, str], Route]) -> dict[str, Any]:
    """``routes``: by method and path, as in ``("GET", "/runs/<run_id>")``. Anything else is a 404 that names them."""
    request = Request(event)
    resolver = APIGatewayHttpResolver()
    resolver.current_event = request  # of this resolver, before the one that all of them share
    for (method, path), route in routes.items():
        resolver.route(path, method)(_bound(route, request))
    here = ", ".join(f"{method} {path.replace('<', '{').replace('>', '}')}" for method, path in routes)
    resolver.not_found(lambda absent: as_json(404, error(f"there is only {here} here")))
    return resolver.resolve(event, context)


def _bound(route: Route, request: Request) -> Route:
    def call(**places: str) -> Answered:
        return leg(partial(route, request, **places), **places)

    return call


def answered(ask: Callable[[], Answered], otherwise: str) -> Answered:
    """What ``ask`` answers, or why it could not. ``otherwise`` as in ``answers.told``."""
    found: list[Answered] = []

    def call() -> Answer:
        found.append(ask())
        return {}

    status, answer = told(call, otherwise)
    return found[0] if found else as_json(status, answer)


def as_json(status: int, answer: Answer) -> Answered:
    return Response(status, body=json.dumps(answer), content_type="application/json")
