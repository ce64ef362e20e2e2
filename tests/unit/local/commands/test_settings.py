from __future__ import annotations

import pytest

from execution_engine.errors import SettingsError
from execution_engine.local.commands.settings import AT_ONCE, SECOND, CommandSettings


def test_sixteen_at_once_and_seconds_of_one_second() -> None:
    assert CommandSettings.from_environment({}) == CommandSettings(at_once=16, second=1.0)


def test_what_is_passed_on_is_read_again() -> None:
    settings = CommandSettings.from_environment({AT_ONCE: "7", SECOND: "0.5"})
    assert settings == CommandSettings(7, 0.5) == CommandSettings.from_environment(settings.environment())


@pytest.mark.parametrize(("name", "value"), [(AT_ONCE, "0"), (AT_ONCE, "1.5"), (AT_ONCE, "x"), (SECOND, "-1")])
def test_what_is_no_such_number_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        CommandSettings.from_environment({name: value})
