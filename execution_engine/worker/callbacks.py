"""Where one attempt reports: the URLs its bundle carries, and the keys behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from execution_engine.errors import BundleUnreadable
from execution_engine.jobs import naming


@dataclass(frozen=True, slots=True)
class ReportKeys:
    """The names of the objects an attempt writes or reads. Safe to tell, unlike the URLs."""

    claim: str
    result: str
    heartbeat: str
    events: str
    control: str
    log_prefix: str

    @classmethod
    def of(cls, run_id: str, order_num: str, attempt: int, instance: str | None = None) -> ReportKeys:
        """``control`` is the order's, also for an ``instance`` of it."""
        return cls(
            claim=naming.claim_key(run_id, order_num, attempt, instance),
            result=naming.result_key(run_id, order_num, attempt, instance),
            heartbeat=naming.heartbeat_key(run_id, order_num, attempt, instance),
            events=naming.events_key(run_id, order_num, attempt, instance),
            control=naming.control_key(run_id, order_num),
            log_prefix=naming.log_prefix(run_id, order_num, attempt, instance),
        )

    def log_chunk(self, index: int) -> str:
        return self.log_prefix + naming.log_chunk_name(index)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Presigned and single-purpose; ``claim_read`` (a GET of the claim) is optional. Never logged."""

    claim: str = field(repr=False)
    result: str = field(repr=False)
    heartbeat: str = field(repr=False)
    events: str = field(repr=False)
    control: str = field(repr=False)
    log_url: str = field(repr=False)
    log_fields: Mapping[str, str] = field(repr=False)
    log_prefix: str
    claim_read: str | None = field(default=None, repr=False)

    @classmethod
    def of_attempt(cls, unsealed: bytes, attempt: int) -> Callbacks:
        """Read what ``callbacks.age`` held. Raises ``BundleUnreadable``, never with a URL in it."""
        try:
            return cls.of_entry(json.loads(unsealed)[str(attempt)])
        except KeyError as error:
            raise BundleUnreadable(f"callbacks.age of attempt {attempt} lacks {error}") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise BundleUnreadable(f"callbacks.age is malformed: {type(error).__name__}") from None

    @classmethod
    def of_entry(cls, entry: Any) -> Callbacks:
        """The addresses of one attempt. Raises ``KeyError``, ``TypeError`` or ``AttributeError`` where it is none."""
        log = entry["log"]
        return cls(
            **{name: str(entry[name]) for name in ("claim", "result", "heartbeat", "events", "control")},
            log_url=str(log["url"]),
            log_fields={str(name): str(value) for name, value in log["fields"].items()},
            log_prefix=str(log["prefix"]),
            claim_read=entry.get("claim_read"),
        )
