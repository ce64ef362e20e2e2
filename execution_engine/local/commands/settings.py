"""How instances are played on one machine; the user's environment may say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from execution_engine.local.numbers import positive, positive_whole

AT_ONCE = "AWS_EXE_LOCAL_COMMANDS_AT_ONCE"
SECOND = "AWS_EXE_LOCAL_DELIVERY_SECOND"


@dataclass(frozen=True, slots=True)
class CommandSettings:
    """``at_once``: how many instances run something, the others wait. ``second``: the seconds in a second of the
    time that delivery may take (shorter ones are for trying it out: SSM knows none below 30)."""

    at_once: int = 16
    second: float = 1.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> CommandSettings:
        """Raises ``SettingsError``."""
        return cls(
            positive_whole(AT_ONCE, environ.get(AT_ONCE, "16")),
            positive(SECOND, environ.get(SECOND, "1")),
        )

    def environment(self) -> dict[str, str]:
        return {AT_ONCE: str(self.at_once), SECOND: str(self.second)}
