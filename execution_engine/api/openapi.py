"""The document itself: OpenAPI 3.1, served at ``GET /openapi.json``."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from execution_engine import __version__
from execution_engine.api.answers import ANSWERS
from execution_engine.api.operations import OPERATIONS, Operation, Parameter
from execution_engine.api.requests import schemas

Schema = dict[str, Any]

_REF = "#/components/schemas/"
_JSON = "application/json"

_LOG_HEADERS = {
    "x-log-next": ("The byte behind this piece: where to go on.", {"type": "string", "pattern": "^[0-9]+$"}),
    "x-log-more": (
        "Behind this piece there is more `now`, perhaps `later`, or `no` more.",
        {"type": "string", "enum": ["now", "later", "no"]},
    ),
    "x-log-attempt": ("Whose log it is.", {"type": "string", "pattern": "^[0-9]+$"}),
}

_LINKS = {
    "run": "run",
    "trace": "trace",
    "cancel": "cancel",
    "retry": "retry",
}
"""Operations that take what a submission answered, by the name of the link."""


def document() -> Schema:
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "AWS execution engine",
            "version": __version__,
            "description": "Runs jobs of dependent orders, and tells what became of them.",
        },
        "servers": [{"url": "/"}],
        # On one machine nobody signs; there only processes of the same user are answered.
        "security": [{"sigv4": []}, {}],
        "paths": paths,
        "components": {
            "schemas": {**schemas(), **_answers()},
            "securitySchemes": {
                "sigv4": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4, service execute-api.",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                }
            },
        },
    }


def _operation(operation: Operation) -> Schema:
    made: Schema = {"operationId": operation.name, "summary": operation.summary}
    if operation.parameters:
        made["parameters"] = [_parameter(one) for one in operation.parameters]
    if operation.takes_job:
        schema = {"$ref": f"{_REF}Submission"}
        made["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema}}}
    refusals = {**operation.refusals, 500: "The engine failed; the same may be asked again."}
    made["responses"] = _success(operation) | {str(status): _refusal(words) for status, words in refusals.items()}
    return made


def _parameter(one: Parameter) -> Schema:
    made = {"name": one.name, "in": one.place, "description": one.about, "schema": one.schema}
    return {**made, "required": True} if one.place == "path" else made


def _success(operation: Operation) -> Schema:
    if operation.answer is None:
        headers = {name: {"description": words, "schema": schema} for name, (words, schema) in _LOG_HEADERS.items()}
        text = {"text/plain": {"schema": {"type": "string"}}}
        return {
            "200": {
                "description": "The log's bytes, at most 4 MiB of them; of `tail` the text, without these headers.",
                "content": text,
                "headers": headers,
            },
            "206": {"description": "The bytes that `Range` asked for.", "content": text, "headers": headers},
        }
    named = issubclass(operation.answer, BaseModel)
    schema = {"$ref": f"{_REF}{operation.answer.__name__}"} if named else {"type": "object"}
    answer: Schema = {"description": operation.summary, "content": {_JSON: {"schema": schema}}}
    if operation.takes_job or operation.name == "retry":
        answer["links"] = {link: _link(name) for link, name in _LINKS.items()}
    return {"200": answer}


def _link(name: str) -> Schema:
    place = "trace_id" if name == "trace" else "run_id"
    return {"operationId": name, "parameters": {place: f"$response.body#/{place}"}}


def _refusal(words: str) -> Schema:
    return {"description": words, "content": {_JSON: {"schema": {"$ref": f"{_REF}Error"}}}}


def _answers() -> dict[str, Schema]:
    _, made = models_json_schema([(one, "validation") for one in ANSWERS], ref_template=f"{_REF}{{model}}")
    found: dict[str, Schema] = made["$defs"]
    for schema in found.values():
        for field in schema["properties"].values():
            field.pop("title", None)
            if field.get("default", ...) is None:
                del field["default"]
    return found
