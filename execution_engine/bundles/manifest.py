"""The manifest of an order's bundle: what to run, under which names, with which code."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass
from typing import Any

from execution_engine.errors import BundleUnreadable

FORMAT = 1
MANIFEST_NAME = "manifest.json"
SECRETS_NAME = "secrets.enc.json"
SECRET_SOURCES_NAME = "secrets.src"
CALLBACKS_NAME = "callbacks.age"

_TEXTS = ("run_id", "order_num", "order_name", "trace_id", "flow_id")
_SECONDS = ("timeout", "grace", "heartbeat", "control_poll")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class CodePointer:
    """A code object that orders of one run share. ``size`` in bytes, as packed."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything about an order that its worker needs and that is no secret.

    ``timeout``, ``grace``, ``heartbeat`` and ``control_poll`` are seconds. ``variables`` counts what
    ``secrets.enc.json`` seals: a worker that reads 0 need not open it. ``key_expires_at``: the second since the epoch
    from which on the key that opens the bundle counts as expired, wherever it may still be had; None: it has none.
    """

    run_id: str
    order_num: str
    order_name: str
    trace_id: str
    flow_id: str
    cmds: tuple[str, ...]
    timeout: float
    variables: int
    code: CodePointer | None = None
    grace: float = 30.0
    heartbeat: float = 10.0
    control_poll: float = 3.0
    key_expires_at: float | None = None

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Manifest:
        """Read a manifest back. Raises ``BundleUnreadable`` and names what is wrong with it."""
        try:
            fields: dict[str, Any] = json.loads(text)
            found = fields.pop("format")
            if found != FORMAT:
                raise BundleUnreadable(f"{MANIFEST_NAME} has format {found!r}, this worker reads format {FORMAT}")
            code = fields.pop("code")
            _check_fields(fields)
            fields["cmds"] = tuple(fields["cmds"])
            return cls(code=None if code is None else _code_pointer(code), **fields)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            raise BundleUnreadable(f"{MANIFEST_NAME} is malformed: {type(error).__name__}: {error}") from error


def _check_fields(fields: dict[str, Any]) -> None:
    """A wrong type would otherwise show only when the commands run, far from its cause."""
    for name in _TEXTS:
        _require(name, _is_text(fields[name]), "a text")
    _require("cmds", _are_commands(fields["cmds"]), "a list of texts")
    for name in _SECONDS:
        if name in fields:
            _require(name, _is_seconds(fields[name]), "a finite number of seconds")
    if fields.get("key_expires_at") is not None:
        _require("key_expires_at", _is_seconds(fields["key_expires_at"]), "a moment in seconds")
    _require("timeout", fields["timeout"] > 0, "more than 0 s")
    _require("variables", _is_count(fields["variables"]), "a count")


def _code_pointer(fields: Any) -> CodePointer:
    code = CodePointer(**fields)
    _require("code.key", _is_text(code.key), "a text")
    _require("code.sha256", _is_digest(code.sha256), "a SHA-256 digest in hex")
    _require("code.size", _is_count(code.size), "a count of bytes")
    return code


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _are_commands(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(cmd, str) for cmd in value)


def _is_seconds(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and value >= 0


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0  # not isinstance: True is an int too


def _require(name: str, holds: object, what: str) -> None:
    if not holds:
        raise ValueError(f"{name} is not {what}")
