"""The 256 colours of xterm as classes ``f0`` … ``f255`` and ``b0`` … ``b255``. Pure.

The first sixteen are the pages' own, so that they can be read on light and on dark paper; the others are xterm's cube
(6 × 6 × 6) and its greys, drawn towards the ink where they would vanish.
"""

from __future__ import annotations

from functools import cache

_STEPS = (0, 95, 135, 175, 215, 255)

LIGHT = (
    "#24292f",
    "#b42318",
    "#1a7f37",
    "#8a5a00",
    "#0b62c4",
    "#8331a7",
    "#0a7482",
    "#57606a",
    "#656d76",
    "#cf222e",
    "#116329",
    "#7d4e00",
    "#0550ae",
    "#6639ba",
    "#055e68",
    "#24292f",
)
DARK = (
    "#7d8590",
    "#ff7b72",
    "#56d364",
    "#e3b341",
    "#79b8ff",
    "#d2a8ff",
    "#56d4dd",
    "#d0d7de",
    "#8b949e",
    "#ffa198",
    "#7ee787",
    "#f2cc60",
    "#a5d0ff",
    "#e2c5ff",
    "#a0ecf2",
    "#f6f8fa",
)
GROUND = (
    "#8c959f",
    "#ffc1ba",
    "#aceebb",
    "#f5d97a",
    "#b6d7ff",
    "#e9ccff",
    "#b3ecf2",
    "#d0d7de",
)
"""Under black ink, whatever the paper: the first eight as backgrounds, and the bright ones after them."""


def colour(number: int) -> tuple[int, int, int]:
    """Red, green and blue of those from 16 on."""
    if number >= 232:
        grey = 8 + (number - 232) * 10
        return grey, grey, grey
    cube = number - 16
    return _STEPS[cube // 36], _STEPS[cube // 6 % 6], _STEPS[cube % 6]


def nearest(red: int, green: int, blue: int) -> int:
    """Of those from 16 on, the one that looks most like it."""

    def distance(number: int) -> int:
        there = colour(number)
        return sum((a - b) ** 2 for a, b in zip(there, (red, green, blue), strict=True))

    cube = 16 + 36 * _step(red) + 6 * _step(green) + _step(blue)
    grey = 232 + max(0, min(23, ((red + green + blue) // 3 - 3) // 10))
    return min(cube, grey, key=distance)


@cache
def style_sheet() -> str:
    grounds = [f".b{number}{{background:{GROUND[number % 8]};color:#1f2328}}" for number in range(16)]
    light = [f".f{number}{{color:{value}}}" for number, value in enumerate(LIGHT)]
    dark = [f".f{number}{{color:{value}}}" for number, value in enumerate(DARK)]
    for number in range(16, 256):
        value = colour(number)
        grounds.append(f".b{number}{{background:{_hex(value)};color:{'#1f2328' if _light(value) > 0.5 else '#fff'}}}")
        light.append(f".f{number}{{color:{_readable(value, 0.42)}}}")
        dark.append(f".f{number}{{color:{_readable(value, None)}}}")
    # Grounds first: a colour that was asked for wins over the ink that a ground brings.
    return "\n".join([*grounds, *light, "@media (prefers-color-scheme:dark){", *dark, "}"]) + "\n"


def _step(value: int) -> int:
    return min(range(6), key=lambda step: abs(_STEPS[step] - value))


def _hex(value: tuple[int, int, int]) -> str:
    return "#" + "".join(f"{part:02x}" for part in value)


def _light(value: tuple[int, int, int]) -> float:
    red, green, blue = value
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def _readable(value: tuple[int, int, int], most: float | None) -> str:
    """No lighter than ``most`` (on light paper); or, with None, no darker than can be read on dark paper."""
    light = _light(value)
    if most is not None and light > most:
        red, green, blue = (round(part * most / light) for part in value)
        return _hex((red, green, blue))
    if most is None and light < 0.5:
        share = (0.5 - light) / (1 - light)
        red, green, blue = (round(part + (255 - part) * share) for part in value)
        return _hex((red, green, blue))
    return _hex(value)
