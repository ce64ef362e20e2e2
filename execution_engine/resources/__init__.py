"""What the embedded AWS and Terraform create alike, as data: one file each, one truth for both.

Placeholders read ``${name}``, as Terraform's ``templatefile`` writes them. Inside quotes they stand
for text; bare, for any JSON value (a list of ARNs). A file is JSON once they are filled in.
"""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from execution_engine.errors import EngineError

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


class ResourceError(EngineError):
    """A resource file does not exist, or can't be filled in (names the file and the placeholder)."""


def load(name: str, **values: object) -> dict[str, Any]:
    """``load("tables", orders_table=…)`` or ``load("policies/worker", …)``: the file, filled in.

    Every placeholder needs a value; values that a file does not use are ignored, so that one set of
    names serves all files.
    """
    source = files(__name__).joinpath(f"{name}.json")
    if not source.is_file():
        raise ResourceError(f"there is no resource {name!r}; known: {', '.join(names())}")
    filled = substitute(name, source.read_text("utf-8"), values)
    try:
        loaded: dict[str, Any] = json.loads(filled)
    except ValueError as error:
        raise ResourceError(f"resource {name!r} is no JSON once filled in: {error}") from error
    return loaded


def substitute(name: str, text: str, values: dict[str, object]) -> str:
    """Text values keep the quotes around their placeholder and are escaped; others become JSON."""

    def fill(found: re.Match[str]) -> str:
        placeholder = found[1]
        if placeholder not in values:
            raise ResourceError(f"resource {name!r} needs a value for ${{{placeholder}}}; none was given")
        value = values[placeholder]
        return json.dumps(value)[1:-1] if isinstance(value, str) else json.dumps(value)

    return _PLACEHOLDER.sub(fill, text)


def placeholders(name: str) -> frozenset[str]:
    """The names a file wants values for."""
    return frozenset(_PLACEHOLDER.findall(files(__name__).joinpath(f"{name}.json").read_text("utf-8")))


def names() -> list[str]:
    """Every resource there is, sorted, as :func:`load` takes them."""
    return sorted(name.removesuffix(".json") for name, _ in _walk(files(__name__), "", (".json",)))


def ssm_document() -> dict[str, Any]:
    """The content of the engine's SSM document: ``ssm_document.json`` with the lines of ``ssm_script.sh`` as the one
    command of its one step."""
    document = load("ssm_document")
    script = files(__name__).joinpath("ssm_script.sh").read_text("utf-8")
    document["mainSteps"][0]["inputs"]["runCommand"] = script.splitlines()
    return document


def digest() -> str:
    """Changes whenever any resource file does (hexadecimal SHA-256)."""
    whole = hashlib.sha256()
    for name, source in sorted(_walk(files(__name__), "", (".json", ".sh")), key=lambda pair: pair[0]):
        content = source.read_bytes()
        whole.update(f"{name} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def _walk(folder: Traversable, prefix: str, kinds: tuple[str, ...]) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.name.startswith("_"):
            found += _walk(entry, f"{prefix}{entry.name}/", kinds)
        elif entry.name.endswith(kinds):
            found.append((prefix + entry.name, entry))
    return found
