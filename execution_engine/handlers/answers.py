"""How HTTP is answered (contract sections 1 and 5): JSON, one shape for whatever went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import structlog

from execution_engine.errors import EngineError, JobRefused, NotFound
from execution_engine.redaction import masked

log = structlog.get_logger()

Answer = dict[str, Any]


def http(status: int, answer: Answer) -> Answer:
    """As API Gateway takes it."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}


def refusal(refused: JobRefused) -> tuple[int, Answer]:
    log.info("job refused", error=str(refused), faults=len(refused.faults))
    faults = [{name: masked(text) for name, text in fault.as_dict().items()} for fault in refused.faults]
    return refused.status, {**error(refused), "errors": faults}


def error(said: object) -> Answer:
    return {"status": "error", "error": masked(str(said)).partition("\n")[0], "errors": []}


def told(call: Callable[[], Answer], otherwise: str) -> tuple[int, Answer]:
    """Over HTTP nobody tries again for the caller, so whatever went wrong has an answer that says so.

    ``otherwise``: what to say, with a place for the kind of error, of one that the engine did not raise itself;
    its own words may give something away.
    """
    try:
        return 200, dict(call())
    except JobRefused as refused:
        return refusal(refused)
    except NotFound as absent:
        log.info("not found", error=str(absent))
        return 404, error(absent)
    except EngineError as failure:
        log.error("request failed", error=str(failure))
        return 500, error(failure)
    except Exception as failure:
        log.exception("request failed")
        return 500, error(otherwise.format(type(failure).__name__))
