"""The marker that a run is over, in the bucket that callers watch."""

from __future__ import annotations

import json
from typing import Any

from execution_engine.jobs.naming import done_key
from execution_engine.storage.objects import Bucket


class S3DoneMarkers:
    """Implements ``orders.store.DoneMarkers``."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def write(self, run_id: str, document: dict[str, Any]) -> None:
        self._bucket.write_once(done_key(run_id), json.dumps(document).encode())

    def exists(self, run_id: str) -> bool:
        return self._bucket.exists(done_key(run_id))
