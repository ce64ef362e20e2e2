"""What the API answers, as types (contract sections 1, 4 and 5). They describe: answers are made elsewhere, and a test
holds the two together. Fields may be added to any of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

OrderStatus = Literal["queued", "dispatched", "running", "succeeded", "failed", "timed_out"]
EndStatus = Literal["succeeded", "failed", "timed_out"]
RunStatus = Literal["submitting", "running", "succeeded", "failed", "timed_out"]

Epoch = Annotated[float, Field(description="Seconds since the epoch, with microseconds.")]
Absent = SkipJsonSchema[None]
"""A field that is left out where there is nothing to say."""

Next = Annotated[str | None, Field(description="The page behind this one: pass it as `next`. Null on the last.")]
Unreadable = Annotated[list[str] | Absent, Field(description="Records that could not be read, and why.")]


class Fault(BaseModel):
    where: str = Field(description="The place, as in `orders[2].timeout`; empty for the request as a whole.")
    message: str


class Error(BaseModel):
    """Whatever went wrong, in one shape."""

    status: Literal["error"]
    error: str = Field(description="One line.")
    errors: list[Fault] = Field(description="All the faults at once.")


class Submitted(BaseModel):
    status: Literal["ok"]
    run_id: str
    trace_id: str
    flow_id: str
    done_endpt: str = Field(description="Where the end of the run is written: s3://bucket/key.")
    replayed: bool | Absent = Field(None, description="The same request came before: this is its run.")
    retry_of: str | Absent = Field(None, description="Of a retry: the run whose orders it repeats.")


class Cancelled(BaseModel):
    status: Literal["ok"]
    run_id: str
    trace_id: str
    run_status: Literal["cancelling", "succeeded", "failed", "timed_out"]


class Event(BaseModel):
    trace_id: str
    sk: str
    order_name: str = Field(description="`_job` for events of the run as a whole.")
    epoch: Epoch
    event_type: str = Field(description="An order's new status, `job_started`, `job_completed`, or what commands say.")
    status: str
    run_id: str
    flow_id: str
    order_num: str | Absent = None
    data: dict[str, Any] | Absent = None


class Events(BaseModel):
    """Of a trace, oldest first."""

    events: list[Event]
    next: Next
    unreadable: Unreadable = None


class Instance(BaseModel):
    """How an order ended on one instance."""

    instance_id: str
    status: EndStatus
    exit_code: int | None
    reason: str | None
    message: str | None
    started_at: Epoch | None
    ended_at: Epoch | None
    seconds: float | None
    log_bytes: int | None


class Order(BaseModel):
    """One order of a run, as it stands."""

    order_num: str
    order_name: str
    queue_id: str
    execution_target: str
    status: OrderStatus
    reason: str | None = Field(description="Why it ended otherwise than by its own commands.")
    exit_code: int | None
    attempt: int = Field(description="The last one; 0 before the first.")
    retries: int
    must_succeed: bool
    timeout: float
    dependencies: list[str]
    created_at: Epoch
    dispatched_at: Epoch | None
    started_at: Epoch | None
    ended_at: Epoch | None
    seconds: float | None = Field(description="How long its last attempt ran.")
    execution_url: str | None
    log_bytes: int | None
    damaged: str | None
    instances: list[Instance] | Absent = None
    log: str | Absent = Field(None, description="The end of its log, where `logs` asked for it.")
    log_instances: list[str] | Absent = Field(
        None, description="Where `order` named it: the instances that have logs of the attempt."
    )


class Run(BaseModel):
    """A run and its orders in the order of their numbers."""

    run_id: str
    trace_id: str
    flow_id: str
    username: str
    status: RunStatus
    stop: str | None = Field(description="Why it is being ended early.")
    summary: dict[str, int]
    total: int = Field(description="How many orders it has.")
    created_at: Epoch
    deadline: Epoch
    completed_at: Epoch | None
    last_epoch: Epoch
    retry_of: str | None
    orders: list[Order] | Absent = None
    next: str | None = Field(None, description="As many orders as fit are in one answer; this leads to the rest.")
    unreadable: Unreadable = None


class OrderRun(BaseModel):
    """What became of an order in one run, by its events: also when its records are gone."""

    run_id: str
    trace_id: str
    flow_id: str
    order_num: str | None
    execution_target: str | None
    status: OrderStatus
    reason: str | None
    exit_code: int | None
    attempt: int
    queued_at: Epoch
    dispatched_at: Epoch | None
    started_at: Epoch | None
    ended_at: Epoch | None
    seconds: float | None
    execution_url: str | None
    instances: list[Instance] | Absent = None


class OrderRuns(BaseModel):
    """Newest first."""

    order_name: str
    runs: list[OrderRun]
    next: Next
    unreadable: Unreadable = None


ANSWERS: tuple[type[BaseModel], ...] = (Error, Submitted, Cancelled, Events, Run, OrderRuns)
