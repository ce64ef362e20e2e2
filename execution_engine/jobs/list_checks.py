"""The checks of fields that are lists or objects: each item's fault has its own place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from execution_engine.jobs import environment_rules
from execution_engine.jobs.checks import text
from execution_engine.jobs.credential_locations import CredentialStore, credential_location
from execution_engine.jobs.faults import Faults, FaultyParts, kind, shown

MAX_CMDS_BYTES = 262_144
"""All commands of an order together, in UTF-8."""


def list_of(
    check: Callable[[object], str], words: str, *, least: int = 0, most: int | None = None
) -> Callable[[object], tuple[str, ...]]:
    """A check for a list whose every item passes ``check``; ``words`` says what they are."""

    def check_all(value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"must be a list of {words}, not {kind(value)}")
        if len(value) < least:
            raise ValueError(f"is empty; it needs at least {least} of its {words}")
        if most is not None and len(value) > most:
            raise ValueError(f"has {len(value):,} {words}; at most {most} are taken")
        faults = Faults()
        kept: list[str] = []
        for index, item in enumerate(value):
            try:
                kept.append(check(item))
            except ValueError as error:
                faults.add(f"[{index}]", str(error))
        if faults:
            raise FaultyParts(faults)
        return tuple(kept)

    return check_all


def cmds(value: object) -> tuple[str, ...]:
    checked = list_of(text, "commands", least=1)(value)
    size = sum(len(command.encode("utf-8")) for command in checked)
    if size > MAX_CMDS_BYTES:
        raise ValueError(
            f"are {size:,} bytes together; at most {MAX_CMDS_BYTES:,} are taken (long scripts can be files)"
        )
    return checked


def env_vars(value: object) -> Mapping[str, str]:
    """Variables that may be set, as a mapping that nobody can change."""
    if not isinstance(value, dict):
        raise ValueError(f"must be an object of names and values, not {kind(value)}")
    faults = Faults()
    for name, content in value.items():
        if not isinstance(name, str):
            faults.add("", f"must have text as its names, not {kind(name)}")
        elif refusal := environment_rules.name_refusal(name) or environment_rules.value_refusal(name, content):
            faults.add(f".{shown(name)}", refusal)
    if faults:
        raise FaultyParts(faults)
    return MappingProxyType(dict(value))


def credentials(store: CredentialStore) -> Callable[[object], tuple[str, ...]]:
    """A check for a list of credential locations that all lie in ``store``."""

    def check(value: object) -> str:
        checked = text(value)
        if credential_location(checked, bare=store).store != store:
            other = "secret_manager_paths" if store == "ssm" else "ssm_paths"
            raise ValueError(f"lies in the other store; it belongs under {other}")
        return checked

    return list_of(check, "credential locations")
