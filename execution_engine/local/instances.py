"""The instances that one machine plays: what they are called, which tags they have, and whether they answer.

They lie in the state folder, where the stand-in for Run Command looks at every call. Whoever declares one again
says anew what it is; the others stay.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from execution_engine.errors import EngineError
from execution_engine.local.file_lock import FileLock
from execution_engine.local.state_folder import read_document, write_document

ONLINE, OFFLINE, TERMINATED, DENIED = "online", "offline", "terminated", "denied"
STATES = (ONLINE, OFFLINE, TERMINATED, DENIED)

FILES = (".yaml", ".yml", ".json")
"""By these endings a text is the name of a file, whether there is one or not."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LONGEST_KEY, _LONGEST_VALUE = 128, 256


class InstancesRefused(EngineError):
    """A description of instances that can't be understood: names the place, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Instance:
    """``state``: ``online`` runs what it is sent; ``offline`` never fetches it; ``terminated`` is none of SSM's any
    more; ``denied``: whoever sends it something may not."""

    instance_id: str
    tags: Mapping[str, str] = field(default_factory=dict)
    state: str = ONLINE


def parse_instances(text: str) -> list[Instance]:
    """``ID[:Key=Value]…[:state]``, with commas between; or the path of a YAML or JSON file.

    ``web-1:Role=web:Stage=prod,web-2:Role=web:offline``. A file holds ``{"instances": [{"id": "web-1", "tags":
    {"Role": "web"}, "state": "offline"}]}``. Ids are letters, digits, ``-`` and ``_``, at most 64. Raises
    ``InstancesRefused``.
    """
    text = text.strip()
    found = list(_of_file(Path(text)) if text.endswith(FILES) or os.path.isfile(text) else _of_list(text))
    if not found:
        raise InstancesRefused(f"{text or 'the list of instances'}: there is no instance in it")
    places: dict[str, str] = {}
    for place, instance in found:
        if (first := places.setdefault(instance.instance_id, place)) != place:
            raise InstancesRefused(f"{place}: {instance.instance_id!r} is there already: {first}")
    return [instance for _, instance in found]


def declare(path: Path, instances: Iterable[Instance]) -> None:
    """``path``: of the state folder's own list."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        known = {**declared(path), **{one.instance_id: one for one in instances}}
        write_document(path, {"instances": [asdict(one) for one in known.values()]})


def declared(path: Path) -> dict[str, Instance]:
    """By their ids, in the order in which they were first declared. What somebody else wrote there, and can't be
    understood, is none."""
    listed = (read_document(path) or {}).get("instances")
    found: dict[str, Instance] = {}
    for one in listed if isinstance(listed, list) else ():
        with suppress(InstancesRefused, LookupError, TypeError, AttributeError):
            instance = _instance(str(path), one["instance_id"], one["tags"], one["state"])
            found[instance.instance_id] = instance
    return found


def _of_list(text: str) -> Iterator[tuple[str, Instance]]:
    for number, entry in enumerate(text.split(",") if text else [], 1):
        place = f"instance {number} ({entry.strip()!r})"
        instance_id, *parts = entry.strip().split(":")
        tags: dict[str, str] = {}
        state = ONLINE
        for last, part in ((index == len(parts) - 1, part) for index, part in enumerate(parts)):
            key, is_tag, value = part.partition("=")
            if is_tag and key in tags:
                raise InstancesRefused(f"{place}: the tag {key!r} is there twice")
            if is_tag:
                tags[key] = value
            elif last:
                state = part
            else:
                raise InstancesRefused(f"{place}: {part!r} is no tag (Key=Value), and a state comes last")
        yield place, _instance(place, instance_id, tags, state)


def _of_file(path: Path) -> Iterator[tuple[str, Instance]]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise InstancesRefused(f"{path}: can't be read: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise InstancesRefused(f"{path}: is no YAML or JSON: {error}") from error
    listed = document.get("instances") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(listed, list):
        raise InstancesRefused(f'{path}: must be {{"instances": [...]}} and nothing beside it')
    for index, entry in enumerate(listed):
        place = f"{path}: instances[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise InstancesRefused(f"{place}: must be a mapping with an id, which is text")
        if unknown := sorted(map(str, entry.keys() - {"id", "tags", "state"})):
            raise InstancesRefused(f"{place}: unknown: {', '.join(unknown)} (known: id, tags, state)")
        tags = entry.get("tags") or {}
        if not isinstance(tags, dict):
            raise InstancesRefused(f"{place}.tags: must be a mapping of names to values")
        yield place, _instance(place, entry["id"], tags, entry.get("state", ONLINE))


def _instance(place: str, instance_id: str, tags: Mapping[Any, Any], state: Any) -> Instance:
    if not _ID.fullmatch(instance_id):
        raise InstancesRefused(f"{place}: {instance_id!r} can't be an id: 1 to 64 letters, digits, '-' and '_'")
    for key, value in tags.items():
        if not (isinstance(key, str) and isinstance(value, str)):
            raise InstancesRefused(f"{place}: the tag {key!r}: {value!r} is not all text (in YAML, put it in quotes)")
        if not 1 <= len(key) <= _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise InstancesRefused(
                f"{place}: the tag {key!r}: a name has 1 to {_LONGEST_KEY} characters, a value at most {_LONGEST_VALUE}"
            )
    if state not in STATES:
        raise InstancesRefused(f"{place}: {state!r} is no state; there are {', '.join(STATES)}")
    return Instance(instance_id, dict(tags), state)
