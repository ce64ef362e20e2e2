from __future__ import annotations

import re

import pytest

from execution_engine.console.palette import DARK, LIGHT, colour, nearest, style_sheet


def luminance(text: str) -> float:
    parts = [int(text[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("colours", "paper"), [(LIGHT, "#f5f6f8"), (DARK, "#0f1216")])
def test_the_sixteen_can_be_read_on_the_pages_paper(colours: tuple[str, ...], paper: str) -> None:
    assert len(colours) == 16
    for one in colours:
        assert contrast(one, paper) >= 4.5, one


def test_every_colour_has_a_class_in_light_and_dark() -> None:
    light, _, dark = style_sheet().partition("@media (prefers-color-scheme:dark)")
    for number in range(256):
        assert len(re.findall(rf"^\.f{number}\{{", light, re.MULTILINE)) == 1
        assert len(re.findall(rf"^\.f{number}\{{", dark, re.MULTILINE)) == 1
        assert len(re.findall(rf"^\.b{number}\{{", light, re.MULTILINE)) == 1


def test_the_nearest_of_a_colour_is_itself() -> None:
    for number in range(16, 256):
        assert colour(nearest(*colour(number))) == colour(number)
