"""``ssm_targets`` of an order: which instances run it."""

from __future__ import annotations

from types import MappingProxyType

from execution_engine.jobs.checks import matching, printable
from execution_engine.jobs.faults import Faults, FaultyParts, kind, nearest, shown
from execution_engine.jobs.job import SsmTargets
from execution_engine.jobs.list_checks import list_of

MAX_INSTANCES = 500
"""Of one order, as ``orders.instance`` says. SendCommand takes 50 at a time; splitting them is the target's."""

MAX_TAGS = 5
MAX_TAG_VALUES = 50
"""SendCommand takes no more of either (AWS's API model)."""

INSTANCE_ID = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}"
"""AWS's own, and what instances are declared as on one machine (``web-1``). Part of an object's key."""

_FIELDS = ("instance_ids", "tags")
_instance_ids = list_of(
    matching(INSTANCE_ID, "is no instance id (i-0123456789abcdef0, mi-0123456789abcdef0)"), "instance ids", least=1
)
_tag_value = printable(256)
_tag_values = list_of(_tag_value, "values", least=1, most=MAX_TAG_VALUES)
_tag_key = printable(128)


def ssm_targets(value: object) -> SsmTargets:
    """Read ``{"instance_ids": […]}`` or ``{"tags": {"Key": "Value" or […]}}``, exactly one of them.

    An instance named twice is one. Raises ``ValueError`` or ``FaultyParts``.
    """
    if not isinstance(value, dict):
        raise ValueError(f"must be an object with instance_ids or tags, not {kind(value)}")
    faults = Faults()
    for name in value:
        if name not in _FIELDS:
            faults.add(f".{shown(name)}", f"is no field of ssm_targets{nearest(name, _FIELDS)}")
    given = [name for name in _FIELDS if value.get(name) is not None]
    if len(given) != 1 and not faults:
        raise ValueError("must have either instance_ids or tags" + (", not both" if given else ""))
    instance_ids: tuple[str, ...] = ()
    tags: dict[str, tuple[str, ...]] = {}
    try:
        if "instance_ids" in given:
            instance_ids = _each_once(value["instance_ids"])
    except ValueError as error:
        _add(faults, ".instance_ids", error)
    if "tags" in given:
        tags = _tags(value["tags"], faults)
    if faults:
        raise FaultyParts(faults)
    return SsmTargets(instance_ids, MappingProxyType(tags))


def _each_once(value: object) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(_instance_ids(value)))
    if len(ids) > MAX_INSTANCES:
        raise ValueError(
            f"names {len(ids):,} instances; an order takes at most {MAX_INSTANCES}: make several orders of it"
        )
    return ids


def _tags(value: object, faults: Faults) -> dict[str, tuple[str, ...]]:
    tags: dict[str, tuple[str, ...]] = {}
    if not isinstance(value, dict) or not 1 <= len(value) <= MAX_TAGS:
        faults.add(".tags", f"must be an object of 1–{MAX_TAGS} keys, each with a value or a list of values")
        return tags
    for key, content in value.items():
        try:
            checked = _tag_key(key)
            tags[checked] = (_tag_value(content),) if isinstance(content, str) else _tag_values(content)
        except ValueError as error:
            _add(faults, f".tags.{shown(key)}", error)
    return tags


def _add(faults: Faults, where: str, error: ValueError) -> None:
    if isinstance(error, FaultyParts):
        faults.extend(where, error.faults)
    else:
        faults.add(where, str(error))
