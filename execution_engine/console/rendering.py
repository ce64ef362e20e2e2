"""Templates to HTML. Whatever a template is handed is escaped, unless it is ``Markup`` already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from execution_engine.console import wording
from execution_engine.console.ansi import visible
from execution_engine.console.palette import style_sheet

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


PIECE = 400
"""Bits of a page that are sent together, some ten kilobytes."""


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("execution_engine.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "duration": wording.duration,
        "moment": wording.moment,
        "clock": wording.clock,
        "iso": wording.iso,
        "words": wording.words,
        "size": wording.size,
        "told": told,
        "label": label,
        "visible": visible,
        "short": short,
    }
    made.globals |= {
        "MARKS": wording.MARKS,
        "ENDED": wording.ENDED,
        "counted": wording.counted,
        "web_address": wording.web_address,
        "orders_path": wording.orders_path,
        "asset": asset_address,
    }
    return made


def render(template: str, **values: Any) -> str:
    return environment().get_template(template).render(**values)


def streamed(template: str, **values: Any) -> Iterator[str]:
    """The same, as it comes: a browser shows a page's beginning while its end is being written."""
    pieces = environment().get_template(template).stream(**values)
    pieces.enable_buffering(PIECE)
    return pieces


def prepare() -> None:
    """Reads all templates, so that the first page need not."""
    made = environment()
    for name in made.list_templates():
        made.get_template(name)


def told(value: object) -> str:
    """What an event or a record holds, which may be anything, on one line."""
    if isinstance(value, str):
        return visible(value.replace("\n", " ⏎ "))
    return visible(json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=str))


def label(run: Mapping[str, Any]) -> str:
    """What a run is called by whoever submitted it: the last part of its flow_id."""
    flow = str(run["flow_id"])
    return flow.rpartition(f"{run['trace_id']}-")[2] or flow


def short(text: object, most: int) -> str:
    """With an ellipsis in the middle, since names differ at both ends."""
    whole = str(text)
    if len(whole) <= most:
        return whole
    head = (most - 1) * 2 // 3
    return f"{whole[:head]}…{whole[len(whole) - (most - 1 - head) :]}"


@cache
def asset(name: str) -> tuple[bytes, str] | None:
    """A file that pages need, and its type; None if there is no such."""
    if name == "ansi.css":
        return style_sheet().encode(), _TYPES["css"]
    if name not in ("console.css", "console.js", "icon.svg"):
        return None
    data = (files("execution_engine.console") / "static" / name).read_bytes()
    return data, _TYPES[name.rpartition(".")[2]]


@cache
def asset_address(name: str) -> str:
    """With a digest, so that a browser that kept an older one asks again."""
    found = asset(name)
    assert found is not None, name
    return f"/static/{name}?{hashlib.sha256(found[0]).hexdigest()[:12]}"


def style() -> Markup:
    """All style sheets, for a file that has none beside it."""
    sheets = [found[0].decode() for name in ("console.css", "ansi.css") if (found := asset(name))]
    return Markup("\n".join(sheets))
