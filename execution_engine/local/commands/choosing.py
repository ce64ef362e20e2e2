"""Which instances a request means: by targets, or by filters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from execution_engine.local.commands.errors import Malformed, Refused
from execution_engine.local.commands.requests import pairs
from execution_engine.local.instances import OFFLINE, TERMINATED, Instance

_TAG = "tag:"
MANAGED = "mi-"
"""So begins the id of an instance that is not one of EC2's."""


def ping_status(instance: Instance) -> str:
    return "ConnectionLost" if instance.state == OFFLINE else "Online"


def resource_type(instance_id: str) -> str:
    return "ManagedInstance" if instance_id.startswith(MANAGED) else "EC2Instance"


def targeted(asked: Mapping[str, Any], known: Mapping[str, Instance]) -> list[str]:
    """The ids that ``Targets`` means: those with all of the tags (each with one of its values) that SSM knows, or
    the ids themselves, known or not. Raises ``Malformed``."""
    targets = [(key, _texts(key, values)) for key, values in pairs(asked, "Targets", "Key", "Values")]
    by_id = [values for key, values in targets if key == "InstanceIds"]
    if by_id and len(targets) > 1:
        raise Malformed("Targets: InstanceIds stands alone")
    if by_id:
        return list(dict.fromkeys(by_id[0]))
    for key, _ in targets:
        if not key.startswith(_TAG):
            raise Malformed(f"Targets: on one machine a key is InstanceIds or tag:NAME, not {key}")
    return [
        one.instance_id for one in managed(known.values()) if all(_has_tag(one, key, values) for key, values in targets)
    ]


def managed(instances: Iterable[Instance]) -> list[Instance]:
    """Those that Systems Manager knows."""
    return [one for one in instances if one.state != TERMINATED]


def filtered(asked: Mapping[str, Any], known: Mapping[str, Instance]) -> list[Instance]:
    """What ``Filters`` and ``InstanceInformationFilterList`` leave. Raises ``Malformed`` and ``Refused``."""
    found = managed(known.values())
    wanted = [
        *pairs(asked, "Filters", "Key", "Values"),
        *pairs(asked, "InstanceInformationFilterList", "key", "valueSet"),
    ]
    for key, values in wanted:
        keep = _filter(key, _texts(key, values))
        found = [one for one in found if keep(one)]
    return found


def _filter(key: str, values: list[str]) -> Callable[[Instance], bool]:
    if key.startswith(_TAG):
        return lambda one: _has_tag(one, key, values)
    filters: dict[str, Callable[[Instance], bool]] = {
        "InstanceIds": lambda one: one.instance_id in values,
        "PingStatus": lambda one: ping_status(one) in values,
        "PlatformTypes": lambda one: "Linux" in values,
        "ResourceType": lambda one: resource_type(one.instance_id) in values,
        "tag-key": lambda one: bool(one.tags.keys() & set(values)),
    }
    if key not in filters:
        raise Refused("InvalidFilterKey", f"on one machine instances are not filtered by {key}")
    return filters[key]


def _has_tag(instance: Instance, key: str, values: list[str]) -> bool:
    return instance.tags.get(key.removeprefix(_TAG)) in values


def _texts(key: str, values: Any) -> list[str]:
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        raise Malformed(f"{key}: the values must be strings, one at least")
    return values
