"""Where the orders of a graph stand and how its lines run, in pixels. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from execution_engine.console.layers import Key, Layered, layered
from execution_engine.console.twins import JOINT, blocks, folded, joined

WIDTH, HEIGHT = 204.0, 48.0
"""Of an order."""

GAP_X, GAP_Y = 52.0, 14.0
MARGIN = 12.0
PAD = 10.0
"""Around the orders of a block; between them ``PAD`` as well."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Line:
    """``needed``: the orders whose end it leads away from."""

    needed: Sequence[str]
    path: str


@dataclass(frozen=True, slots=True)
class Layout:
    """``boxes`` by order, ``frames`` around blocks, ``joints`` as points. The picture begins at 0, 0."""

    boxes: Mapping[str, Box]
    frames: Sequence[Box]
    joints: Sequence[Point]
    lines: Sequence[Line]
    width: float
    height: float


def lay_out(needs: Mapping[str, Sequence[str]]) -> Layout:
    """``needs``: for each order those it depends on; what is no key of it does not count. There is no cycle."""
    known = {key: [one for one in dict.fromkeys(needed) if one in needs] for key, needed in needs.items()}
    found = blocks(known)
    graph = joined(folded(known, found))
    drawn = layered(graph)
    sizes = {key: _size(key, found) for rows in drawn.rows for key in rows}
    middles = _middles(drawn, sizes)
    top = min((middles[key] - size[1] / 2 for key, size in sizes.items()), default=0.0)
    places: dict[Key, Box] = {}
    x = MARGIN
    for rows in drawn.rows:
        width = max((sizes[key][0] for key in rows), default=0.0)
        for key in rows:
            own, height = sizes[key]
            at = width if isinstance(key, tuple) else own
            places[key] = Box(x + (width - at) / 2, middles[key] - height / 2 - top + MARGIN, at, height)
        x += width + GAP_X
    boxes = {key: box for key, box in places.items() if isinstance(key, str) and not key.startswith(JOINT)}
    inner = {member: box for first in found for member, box in _inside(places[first], found[first])}
    return Layout(
        boxes={key: inner.get(key) or boxes[key] for key in needs},
        frames=[places[first] for first in found],
        joints=[_middle(box) for key, box in places.items() if isinstance(key, str) and key.startswith(JOINT)],
        lines=[Line(_needed(str(path[0]), graph, found), _path([places[key] for key in path])) for path in drawn.paths],
        width=round(max(x - GAP_X, 0.0) + MARGIN, 1),
        height=round(max((box.y + box.height for box in places.values()), default=0.0) + MARGIN, 1),
    )


def _needed(key: str, graph: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> list[str]:
    things = graph[key] if key.startswith(JOINT) else [key]
    return [order for thing in things for order in found.get(thing, [thing])]


def _size(key: Key, found: Mapping[str, Sequence[str]]) -> tuple[float, float]:
    if isinstance(key, tuple):
        return 0.0, 4.0
    if key.startswith(JOINT):
        return 0.0, 8.0
    if key not in found:
        return WIDTH, HEIGHT
    columns, rows = grid(len(found[key]))
    return columns * (WIDTH + PAD) + PAD, rows * (HEIGHT + PAD) + PAD


def grid(count: int) -> tuple[int, int]:
    """Columns and rows of a block: about twice as wide as high, five rows before there is a second column."""
    most = max(5, math.ceil(math.sqrt(count * 1.6)))
    columns = math.ceil(count / most)
    return columns, math.ceil(count / columns)


def _inside(frame: Box, members: Sequence[str]) -> list[tuple[str, Box]]:
    _, rows = grid(len(members))
    return [
        (
            member,
            Box(
                frame.x + PAD + (place // rows) * (WIDTH + PAD),
                frame.y + PAD + (place % rows) * (HEIGHT + PAD),
            ),
        )
        for place, member in enumerate(members)
    ]


def _middles(drawn: Layered, sizes: Mapping[Key, tuple[float, float]]) -> dict[Key, float]:
    """The y of each middle: as near to its neighbours' as the rows' order and sizes let it."""
    middle: dict[Key, float] = {}
    for rows in drawn.rows:
        total = sum(sizes[key][1] + GAP_Y for key in rows)
        y = -total / 2
        for key in rows:
            middle[key] = y + (sizes[key][1] + GAP_Y) / 2
            y += sizes[key][1] + GAP_Y
    for forward in (True, False, True, False):
        neighbours = drawn.before if forward else drawn.after
        for rows in drawn.rows if forward else drawn.rows[::-1]:
            wishes = [_wish([middle[one] for one in neighbours.get(key, ())], middle[key]) for key in rows]
            middle |= zip(rows, spread(wishes, [sizes[key][1] + GAP_Y for key in rows]), strict=True)
    return middle


def spread(wishes: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Middles in this order, none nearer to the next than their sizes allow, and all together as near to their wishes
    as can be (least squares, by pooling neighbours that are too near)."""
    offsets, at = [], 0.0
    for place, size in enumerate(sizes):
        at += 0.0 if place == 0 else (sizes[place - 1] + size) / 2
        offsets.append(at)
    pools: list[list[float]] = []  # [mean, count]
    for wish, offset in zip(wishes, offsets, strict=True):
        pools.append([wish - offset, 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, count = pools.pop()
            before, had = pools.pop()
            pools.append([(mean * count + before * had) / (count + had), count + had])
    moved = [mean for mean, count in pools for _ in range(int(count))]
    return [base + offset for base, offset in zip(moved, offsets, strict=True)]


def _wish(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _middle(box: Box) -> Point:
    return round(box.x + box.width / 2, 1), round(box.y + box.height / 2, 1)


def _path(boxes: Sequence[Box]) -> str:
    """From the first's right side to the last's left, level where it meets anything."""
    first = boxes[0]
    x, y = first.x + first.width, first.y + first.height / 2
    drawn = [f"M{x:.1f} {y:.1f}"]
    for box in boxes[1:]:
        to_x, to_y = box.x, box.y + box.height / 2
        half = (x + to_x) / 2
        drawn.append(f"C{half:.1f} {y:.1f} {half:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x + box.width, to_y
        if box.width and box is not boxes[-1]:
            drawn.append(f"H{x:.1f}")
    return "".join(drawn)
