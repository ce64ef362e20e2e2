"""Every operation of the API: where it is, what it takes, what it answers. ``resources/api.json`` says which function
each belongs to; a test holds the two equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from execution_engine.api.answers import Cancelled, Events, OrderRuns, Run, Submitted

Schema = dict[str, Any]

ID: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"}


def number(least: int, most: int, default: int | None = None) -> Schema:
    made: Schema = {"type": "integer", "minimum": least, "maximum": most}
    return made if default is None else {**made, "default": default}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    about: str
    schema: Schema = field(default_factory=lambda: dict(ID))
    place: str = "query"


@dataclass(frozen=True, slots=True)
class Operation:
    """``answer``: the type of a 200, or None for text. ``refusals``: by status, what it says."""

    method: str
    path: str
    name: str
    summary: str
    answer: type | None
    parameters: tuple[Parameter, ...] = ()
    takes_job: bool = False
    refusals: Mapping[int, str] = field(default_factory=dict)


RUN = Parameter("run_id", "As a submission answers it.", place="path")
PAGE = Parameter(
    "next", "The `next` of the page before; opaque.", {"type": "string", "minLength": 1, "maxLength": 2_000}
)

_WRONG = "A value that can't be taken; all faults at once."
_NO_PATH = "The address is none: control characters, or bytes that are no text."
_NO_RUN = "There is no such run, or no longer: records of runs live 1 day after their deadline, events 90 days."
_NO_EVENTS = "There are no such events, or no longer: they live 90 days."
_SUBMISSION: Mapping[int, str] = {
    400: "The job is not right: every fault with its place. Nothing was started.",
    409: "The idempotency key stands for another job.",
    413: "The job is too large: 1 MiB as JSON.",
}

OPERATIONS = (
    Operation(
        "POST",
        "/init",
        "submit",
        "Submit a job of Lambda and CodeBuild orders",
        Submitted,
        takes_job=True,
        refusals=_SUBMISSION,
    ),
    Operation(
        "POST",
        "/ssm",
        "submitToInstances",
        "Submit a job whose orders run on EC2 instances",
        Submitted,
        takes_job=True,
        refusals=_SUBMISSION,
    ),
    Operation(
        "GET",
        "/traces/{trace_id}",
        "trace",
        "The events of a trace, oldest first",
        Events,
        (
            Parameter("trace_id", "As a submission answers it.", place="path"),
            Parameter("order_name", "Only events of the orders of this name."),
            Parameter(
                "since", "Only events later than this, in seconds since the epoch.", {"type": "number", "minimum": 0}
            ),
            Parameter("limit", "So many events at most.", number(1, 1_000, 500)),
            PAGE,
        ),
        refusals={400: _WRONG, 404: _NO_EVENTS},
    ),
    Operation(
        "GET",
        "/runs/{run_id}",
        "run",
        "A run, with every order",
        Run,
        (
            RUN,
            Parameter("order", "Only this order, by its number or name; with `log_instances`."),
            Parameter("attempt", "Beside `order`: the attempt that `log_instances` is about.", number(0, 999)),
            Parameter("orders", "False: without its orders.", {"type": "boolean", "default": True}),
            Parameter("logs", "Each order with so many bytes of the end of its log; 50 a page.", number(0, 65_536)),
            Parameter("limit", "So many orders at most; by default as many as fit.", number(1, 9_999)),
            PAGE,
        ),
        refusals={400: _WRONG, 404: _NO_RUN},
    ),
    Operation(
        "GET",
        "/runs/{run_id}/orders/{order_num}/log",
        "log",
        "An order's log, while it runs and after",
        None,
        (
            RUN,
            Parameter("order_num", "The order's number, or its name.", place="path"),
            Parameter("start", "From this byte on.", number(0, 2**53)),
            Parameter("attempt", "Of this attempt instead of the last.", number(0, 999)),
            Parameter("instance", "Of an order on instances: what this one wrote. All of them otherwise.", dict(ID)),
            Parameter("tail", "Only the last so many bytes, as text.", number(0, 65_536)),
            Parameter("Range", "`bytes=0-99` or `bytes=100-`; other forms are ignored.", {"type": "string"}, "header"),
        ),
        refusals={400: _WRONG, 404: _NO_RUN, 416: "The log has no such byte (yet)."},
    ),
    Operation(
        "GET",
        "/orders/{order_name}",
        "orderRuns",
        "What became of an order in each of its runs, newest first",
        OrderRuns,
        (
            Parameter("order_name", "A name that orders of several runs may have.", place="path"),
            Parameter("limit", "So many runs at most.", number(1, 100, 20)),
            PAGE,
        ),
        refusals={400: _WRONG, 404: _NO_EVENTS},
    ),
    Operation("GET", "/openapi.json", "openapi", "This document", dict),
    Operation(
        "POST",
        "/runs/{run_id}/cancel",
        "cancel",
        "End a run early; safe to repeat",
        Cancelled,
        (RUN,),
        refusals={400: _NO_PATH, 404: _NO_RUN},
    ),
    Operation(
        "POST",
        "/runs/{run_id}/retry",
        "retry",
        "Run again exactly what did not succeed, as a new run",
        Submitted,
        (RUN,),
        refusals={400: f"Nothing is left to do. {_NO_PATH}", 404: _NO_RUN, 409: "The run still goes on."},
    ),
)
