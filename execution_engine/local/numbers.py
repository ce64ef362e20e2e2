"""Settings of the stand-ins that are numbers."""

from __future__ import annotations

import math

from execution_engine.errors import SettingsError


def positive(name: str, text: str) -> float:
    """Raises ``SettingsError``, which names the setting."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number <= 0:
        raise SettingsError(f"{name} is {text!r}; it must be a positive number")
    return number


def positive_whole(name: str, text: str) -> int:
    """Raises ``SettingsError``, which names the setting."""
    number = positive(name, text)
    if number != int(number):
        raise SettingsError(f"{name} is {text!r}; it must be a positive whole number")
    return int(number)
