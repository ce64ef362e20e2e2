"""How a job travels: the request of contract section 1, and what a caller may say beside the job."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from execution_engine.errors import JobRefused
from execution_engine.jobs.checks import matching, printable
from execution_engine.jobs.faults import Faults, kind, nearest, shown
from execution_engine.jobs.job import TARGETS, Door, Job
from execution_engine.jobs.job_file import read_job_file
from execution_engine.jobs.specification import MIB, parse_job
from execution_engine.jobs.strict_json import read_json

__all__ = ["Request", "Submission", "job_document", "read_job_file", "read_json", "submission"]

_ENCODED, _PLAIN = "job_parameters_b64", "job"
_FIELDS = (_ENCODED, _PLAIN, "trace_id", "idempotency_key")
_trace_id = matching(r"[A-Za-z0-9-]{1,64}", "must be 1–64 of the characters A–Z a–z 0–9 -")
_idempotency_key = printable(256)


class Request(NamedTuple):
    """A request taken apart. ``document`` is not checked beyond being an object."""

    document: dict[str, object]
    trace_id: str | None
    idempotency_key: str | None


class Submission(NamedTuple):
    """A request whose job is right."""

    job: Job
    trace_id: str | None
    idempotency_key: str | None


def job_document(request: object) -> Request:
    """Take apart ``{"job_parameters_b64": …}`` or ``{"job": {…}}``. Raises ``JobRefused``, all faults."""
    faults = Faults()
    taken = _take(request, faults)
    faults.raise_if_any()
    return taken


def submission(request: object, *, door: Door, size_limit: int = MIB, targets: Collection[str] = TARGETS) -> Submission:
    """``job_document`` and ``parse_job`` in one, so that the faults of both are told together."""
    faults = Faults()
    taken = _take(request, faults)
    if _no_job(faults):
        raise faults.refusal()
    try:
        job = parse_job(taken.document, door=door, size_limit=size_limit, targets=targets)
    except JobRefused as refused:
        raise JobRefused([*faults, *refused.faults], refused.status) from refused
    faults.raise_if_any()
    return Submission(job, taken.trace_id, taken.idempotency_key)


def _no_job(faults: Faults) -> bool:
    return any(fault.where in ("", _ENCODED, _PLAIN) for fault in faults)


def _take(request: object, faults: Faults) -> Request:
    if not isinstance(request, Mapping):
        faults.add("", f"the request must be an object with {_ENCODED} or {_PLAIN}, not {kind(request)}")
        return Request({}, None, None)
    for name in request:
        if name not in _FIELDS:
            faults.add(shown(name), f"is no field of a request{nearest(name, _FIELDS)}")
    trace_id = _optional(request, "trace_id", _trace_id, faults)
    idempotency_key = _optional(request, "idempotency_key", _idempotency_key, faults)
    return Request(_document(request, faults), trace_id, idempotency_key)


def _document(request: Mapping[object, object], faults: Faults) -> dict[str, object]:
    given = [name for name in (_ENCODED, _PLAIN) if request.get(name) is not None]
    if len(given) != 1:
        both = "both are there" if given else "neither is there"
        hint = f'; put the job itself under "{_PLAIN}"' if "orders" in request else ""
        faults.add("", f"the request must have either {_ENCODED} or {_PLAIN}: {both}{hint}")
        return {}
    name = given[0]
    document = request[name]
    if name == _ENCODED:
        try:
            document = read_json(_decoded(document), _ENCODED)
        except JobRefused as refused:
            for fault in refused.faults:
                faults.add(fault.where, fault.message)
            return {}
        except ValueError as error:
            faults.add(_ENCODED, str(error))
            return {}
    if not isinstance(document, dict):
        faults.add(name, f"must hold an object, not {kind(document)}")
        return {}
    return document


def _decoded(value: object) -> bytes:
    """The bytes in a base64 text; line breaks in it, as ``base64`` prints them, do not matter."""
    if not isinstance(value, str):
        raise ValueError(f"must be text in base64, not {kind(value)}")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("is no base64") from error


def _optional(
    request: Mapping[object, object], name: str, check: Callable[[object], str], faults: Faults
) -> str | None:
    value = request.get(name)
    if value is None:
        return None
    try:
        return check(value)
    except ValueError as error:
        faults.add(name, str(error))
        return None
