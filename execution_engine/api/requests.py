"""What ``POST /init`` and ``POST /ssm`` take, as a JSON schema: the very fields that submissions are checked by.

A schema takes everything the engine takes. What fields mean together (names that must exist, cycles, what fits one
target and no other) no schema says: such a job is a 400 that names every fault.
"""

from __future__ import annotations

from typing import Any

from execution_engine.api.wording import JOB_FIELDS, ORDER_FIELDS
from execution_engine.jobs.documents import JobDocument, OrderDocument
from execution_engine.jobs.specification import MAX_ORDERS

Schema = dict[str, Any]

SUBMISSION: Schema = {
    "type": "object",
    "description": "The job itself, or the same as base64 of its JSON; exactly one of the two.",
    "additionalProperties": False,
    "properties": {
        "job": {"anyOf": [{"$ref": "#/components/schemas/Job"}, {"type": "null"}]},
        "job_parameters_b64": {"type": ["string", "null"], "description": "base64 of the job's JSON in UTF-8."},
        "trace_id": {
            "type": ["string", "null"],
            "pattern": "^[A-Za-z0-9-]{1,64}$",
            "description": "Continues a caller's trace; a new one otherwise.",
        },
        "idempotency_key": {
            "type": ["string", "null"],
            "minLength": 1,
            "maxLength": 256,
            "description": "A repeated key with the same job answers with the first run; with another job it is a "
            "409. Keys live a day.",
        },
    },
    "oneOf": [
        {"required": ["job"], "properties": {"job": {"type": "object"}, "job_parameters_b64": {"type": "null"}}},
        {
            "required": ["job_parameters_b64"],
            "properties": {"job_parameters_b64": {"type": "string"}, "job": {"type": "null"}},
        },
    ],
    "examples": [
        {
            "job": {
                "username": "ann",
                "orders": [
                    {"order_name": "build", "cmds": ["make"], "timeout": 300},
                    {"order_name": "test", "cmds": ["make test"], "timeout": 600, "dependencies": ["build"]},
                ],
            }
        }
    ],
}


def schemas() -> dict[str, Schema]:
    """By their names in the document's components."""
    order = _schema(OrderDocument, ORDER_FIELDS, "One thing to run: its commands, where, and after what.")
    job = _schema(JobDocument, JOB_FIELDS, "Orders that depend on each other, submitted and run as one.")
    job["properties"]["orders"] = {
        "type": "array",
        "items": {"$ref": "#/components/schemas/JobOrder"},
        "minItems": 1,
        "maxItems": MAX_ORDERS,
        "description": JOB_FIELDS["orders"],
    }
    job["required"] = [*job["required"], "orders"]
    return {"Submission": SUBMISSION, "Job": job, "JobOrder": order}


def _schema(model: type[JobDocument | OrderDocument], words: dict[str, str], about: str) -> Schema:
    made = model.model_json_schema(mode="validation", ref_template="#/components/schemas/{model}")
    required = made.get("required", [])
    properties = {
        name: _property(field, words[name], optional=name not in required) for name, field in made["properties"].items()
    }
    return {
        "type": "object",
        "description": about,
        "additionalProperties": False,
        "properties": properties,
        "required": required,
    }


def _property(field: Schema, about: str, *, optional: bool) -> Schema:
    """A field that is null counts as not given."""
    default = field.pop("default", None)
    field.pop("title", None)
    if optional:
        field = {"anyOf": [field, {"type": "null"}]}
    field["description"] = about
    return field if default in (None, [], {}) else {**field, "default": default}
