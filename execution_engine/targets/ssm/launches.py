"""The launches of attempts as they lie in the bucket: who writes one first decides whether the attempt is launched."""

from __future__ import annotations

from execution_engine.bundles.members import MEMBER_LIMIT
from execution_engine.jobs.naming import launch_key
from execution_engine.storage.objects import Bucket
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.launch import Launch, read_launch, void_launch
from execution_engine.targets.ssm.memory import Memory


class Launches:
    """One that is there never changes, so each is read once a process. Every method is at most one call."""

    def __init__(self, bucket: Bucket, memory: Memory) -> None:
        self._bucket = bucket
        self._memory = memory

    def of(self, attempt: Attempt) -> Launch | None:
        """None: not launched yet, or released; then nothing is left to do, or everything."""
        known = self._memory.of(attempt)
        if known.launch is None:
            data = self._bucket.read(launch_key(*attempt), MEMBER_LIMIT)
            known.launch = None if data is None else read_launch(data)
        return known.launch

    def write(self, attempt: Attempt, data: bytes) -> Launch | None:
        """None if there is one already."""
        if not self._bucket.write_once(launch_key(*attempt), data, "application/zip"):
            return None
        launch = self._memory.of(attempt).launch = read_launch(data)
        return launch

    def void(self, attempt: Attempt, reason: str) -> bool:
        """Whether nobody had launched it; from now on nobody can."""
        return self.write(attempt, void_launch(reason)) is not None
