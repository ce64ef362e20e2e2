"""How builds run on one machine; the user's environment may say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from execution_engine.local.numbers import positive, positive_whole

AT_ONCE = "AWS_EXE_LOCAL_BUILDS_AT_ONCE"
MINUTE = "AWS_EXE_LOCAL_BUILD_MINUTE"


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """``at_once``: how many builds run, the others queue. ``minute``: the seconds in a minute of CodeBuild's limits
    (shorter ones are for trying them out)."""

    at_once: int = 4
    minute: float = 60.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> BuildSettings:
        """Raises ``SettingsError``."""
        return cls(
            positive_whole(AT_ONCE, environ.get(AT_ONCE, "4")),
            positive(MINUTE, environ.get(MINUTE, "60")),
        )

    def environment(self) -> dict[str, str]:
        return {AT_ONCE: str(self.at_once), MINUTE: str(self.minute)}
