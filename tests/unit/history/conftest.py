from __future__ import annotations

from contracts.fixtures import aws, run_id

__all__ = ["aws", "run_id"]
