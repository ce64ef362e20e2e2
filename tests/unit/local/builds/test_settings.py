from __future__ import annotations

import pytest

from execution_engine.errors import SettingsError
from execution_engine.local.builds.settings import AT_ONCE, MINUTE, BuildSettings


def test_four_builds_at_once_and_minutes_of_sixty_seconds() -> None:
    assert BuildSettings.from_environment({}) == BuildSettings(at_once=4, minute=60.0)


def test_what_is_passed_on_is_read_again() -> None:
    settings = BuildSettings.from_environment({AT_ONCE: "7", MINUTE: "0.5"})
    assert settings == BuildSettings(7, 0.5) == BuildSettings.from_environment(settings.environment())


@pytest.mark.parametrize(
    ("name", "value"), [(AT_ONCE, "0"), (AT_ONCE, "1.5"), (AT_ONCE, "x"), (MINUTE, "-1"), (MINUTE, "nan")]
)
def test_what_is_no_such_number_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        BuildSettings.from_environment({name: value})
