"""Who of an order's instances has claimed, lives, has reported: as the names and ages of their objects tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from execution_engine.jobs.naming import claim_key, gathering_key, instances_prefix, result_key
from execution_engine.targets.ssm.attempt import Attempt


@dataclass(frozen=True, slots=True)
class Presence:
    """Of one instance. ``claimed``, ``beat``: for how many seconds its claim (its own, or a void one) and its last
    heartbeat are there, by S3's clock; None: there is none."""

    claimed: float | None = None
    beat: float | None = None
    has_result: bool = False

    @property
    def silence(self) -> float | None:
        """Seconds since the last sign of life, where there was one."""
        return self.claimed if self.beat is None else self.beat


ABSENT = Presence()


class Muster:
    """Of one attempt, at one moment. ``has_begun``, ``has_ended``: its order's own claim, and result, are there;
    ``gathering``: for how many seconds somebody has been making the result, None: nobody has."""

    def __init__(
        self, present: dict[str, Presence], *, has_begun: bool, has_ended: bool, gathering: float | None
    ) -> None:
        self._present = present
        self.has_begun = has_begun
        self.has_ended = has_ended
        self.gathering = gathering

    @classmethod
    def of(cls, attempt: Attempt, objects: Iterable[tuple[str, float]]) -> Muster:
        """``objects``: keys below ``callback_folder``, each with its age in seconds. Others are left alone."""
        prefix = instances_prefix(*attempt)
        own: dict[str, float] = {}
        present: dict[str, Presence] = {}
        for key, age in objects:
            if not key.startswith(prefix):
                own[key] = max(0.0, age)
                continue
            name, _, kind = key.removeprefix(prefix).partition("/")
            seen = present.get(name, ABSENT)
            if kind == "claim.json":
                present[name] = replace(seen, claimed=max(0.0, age))
            elif kind == "heartbeat.json":
                present[name] = replace(seen, beat=max(0.0, age))
            elif kind == "result.json":
                present[name] = replace(seen, has_result=True)
        return cls(
            present,
            has_begun=claim_key(*attempt) in own,
            has_ended=result_key(*attempt) in own,
            gathering=own.get(gathering_key(*attempt)),
        )

    def __getitem__(self, instance: str) -> Presence:
        return self._present.get(instance, ABSENT)

    @property
    def claimed(self) -> set[str]:
        return {name for name, seen in self._present.items() if seen.claimed is not None}

    @property
    def reported(self) -> set[str]:
        return {name for name, seen in self._present.items() if seen.has_result}
