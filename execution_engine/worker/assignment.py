"""What a worker is launched with: ids and the place of a bundle, nothing secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from execution_engine.errors import EngineError

_SHAPES = {
    "run_id": re.compile(r"[0-9a-f-]{36}"),
    "order_num": re.compile(r"\d{4}"),
    "attempt": re.compile(r"[1-9]\d{0,2}"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "not_after": re.compile(r"\d{1,12}(\.\d{1,9})?"),
    "SOPS_KEY_SSM_PATH": re.compile(r"\S{1,2048}"),
}


class AssignmentMalformed(EngineError):
    """A launch that names no attempt: there is nowhere to report to."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One attempt of one order. ``not_after``: seconds since the epoch; a later start is refused.

    ``instance``: which of an SSM order's instances this is; what such a one needs comes with its launch, so that it
    names no bucket, bundle or key.
    """

    run_id: str
    order_num: str
    order_name: str
    attempt: int
    not_after: float
    trace_id: str
    flow_id: str
    bucket: str = ""
    key: str = ""
    sha256: str = ""
    key_path: str = ""
    instance: str | None = None

    @classmethod
    def from_payload(cls, payload: Mapping[str, object]) -> Assignment:
        """Read a Lambda payload or variables of the same names. Raises ``AssignmentMalformed``."""
        texts = {name: str(value) for name, value in payload.items() if value is not None}
        missing = [name for name in _PLAIN + tuple(_SHAPES) if not texts.get(name)]
        if missing:
            raise AssignmentMalformed(f"the launch lacks {', '.join(missing)}")
        for name, shape in _SHAPES.items():
            if not shape.fullmatch(texts[name]):
                raise AssignmentMalformed(f"the launch has a malformed {name}: {texts[name][:80]!r}")
        return cls(
            **{name: texts[name] for name in (*_PLAIN, "run_id", "order_num", "sha256")},
            attempt=int(texts["attempt"]),
            not_after=float(texts["not_after"]),
            key_path=texts["SOPS_KEY_SSM_PATH"],
        )


_PLAIN = ("order_name", "bucket", "key", "trace_id", "flow_id")
