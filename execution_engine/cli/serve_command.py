"""``serve``: the API of a deployment, on 127.0.0.1, by the very functions a deployment has."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from execution_engine import resources
from execution_engine.cli import exits
from execution_engine.cli.calls import Call, WrongUsage
from execution_engine.cli.interrupts import Interrupts
from execution_engine.errors import SettingsError
from execution_engine.local.http_api import Handler, HttpApi
from execution_engine.local.names import VALUES

if TYPE_CHECKING:
    from execution_engine.local.http_server import HttpServer

WHERE_NAMES_COME_FROM = (
    "serve --aws takes the names of the deployment from the environment, as its functions have them "
    "(the console shows them, and so does `aws lambda get-function-configuration`)"
)


def serve(call: Call, port: int, *, aws: bool) -> int:
    """Until it is interrupted. ``aws``: the environment leads to a real deployment, else to this machine's own AWS."""
    if aws and call.state is not None:
        raise WrongUsage("--aws and --state exclude each other: the API is one of a deployment, or of this machine")
    with _environment(call, aws=aws) as environment:
        os.environ.update(environment)
        routes = resources.load("api")["routes"]
        api = HttpApi(routes, _handlers({route["function"] for route in routes}, aws=aws))
        server = _server(api, port)
        try:
            api.port = server.port
            _tell(call, server.url, aws=aws)
            server.serve()
        finally:
            server.close()
    call.output.say("stopped")
    return exits.SUCCEEDED


def _handlers(functions: set[str], *, aws: bool) -> dict[str, Handler]:
    known = resources.load("functions", **VALUES)["functions"]
    try:
        return load(known, functions)
    except SettingsError as error:
        hint = f"; {WHERE_NAMES_COME_FROM}" if aws else ""
        raise WrongUsage(f"{error}{hint}") from error


def load(known: Mapping[str, Mapping[str, str]], functions: set[str]) -> dict[str, Handler]:
    """Each as Lambda finds it: by the name that the resource file gives, started with this process' environment."""
    found: dict[str, Handler] = {}
    for function in sorted(functions):
        module, _, name = known[function]["handler"].rpartition(".")
        found[function] = getattr(importlib.import_module(module), name)
    return found


def _server(api: HttpApi, port: int) -> HttpServer:
    try:
        from execution_engine.local.http_server import HttpServer
    except ImportError as error:
        raise WrongUsage(f"serve needs {error.name}: pip install 'aws-execution-engine[local]'") from error
    return HttpServer(api, port)


@contextmanager
def _environment(call: Call, *, aws: bool) -> Iterator[Mapping[str, str]]:
    if aws:
        with Interrupts():
            yield {}
        return
    with call.machine() as (machine, _):
        yield machine.environment


def _tell(call: Call, url: str, *, aws: bool) -> None:
    if call.output.as_json:
        call.output.document({"url": url})
    else:
        call.output.text(url)
    place = "the deployment that the environment names" if aws else "this machine"
    call.output.say(f"the API of {place}; GET {url}/openapi.json describes it. Ctrl-C ends it")
