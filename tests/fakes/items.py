"""The smallest DynamoDB that has what the engine relies on: items of attributes, conditions, transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from execution_engine.errors import ConditionLost

Item = dict[str, Any]
Key = tuple[str, ...]
Condition = Callable[[Item | None], bool]

ACTION_LIMIT = 100


def always(_: Item | None) -> bool:
    return True


def exists(item: Item | None) -> bool:
    return item is not None


@dataclass
class Change:
    """An update of one item. ``sets``: None removes the attribute. ``adds`` is for numbers and sets,
    ``deletes`` for sets; a set that is empty is gone. ``puts`` replaces the item as a whole."""

    key: Key
    condition: Condition = always
    puts: Item | None = None
    sets: Mapping[str, Any] = field(default_factory=dict)
    adds: Mapping[str, Any] = field(default_factory=dict)
    deletes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sets_if_absent: Mapping[str, Any] = field(default_factory=dict)

    def applied(self, item: Item | None) -> Item:
        if self.puts is not None:
            return {name: value for name, value in self.puts.items() if _is_held(value)}
        paths = [*self.sets, *self.adds, *self.deletes, *self.sets_if_absent]
        assert len(paths) == len(set(paths)), f"one update names an attribute twice: {sorted(paths)}"
        assert all(_is_held(value) for value in [*self.adds.values(), *self.deletes.values()]), "an empty set"
        changed = {**self.sets_if_absent, **(item or {}), **self.sets}
        for name, value in self.adds.items():
            changed[name] = changed.get(name, frozenset() if isinstance(value, frozenset) else 0)
            changed[name] = changed[name] | value if isinstance(value, frozenset) else changed[name] + value
        for name, value in self.deletes.items():
            changed[name] = changed.get(name, frozenset()) - value
        return {name: value for name, value in changed.items() if _is_held(value)}


class Items:
    """One table, or several whose keys differ."""

    def __init__(self) -> None:
        self.all: dict[Key, Item] = {}

    def get(self, key: Key) -> Item | None:
        found = self.all.get(key)
        return None if found is None else dict(found)

    def update(self, change: Change) -> Item:
        """The item as it is now; ``ConditionLost`` carries the one that stood in the way."""
        self._check(change)
        self.all[change.key] = change.applied(self.all.get(change.key))
        return dict(self.all[change.key])

    def transact(self, changes: Iterable[Change]) -> None:
        """All of them, or none."""
        together = list(changes)
        keys = [change.key for change in together]
        assert 0 < len(together) <= ACTION_LIMIT, f"{len(together)} actions in a transaction"
        assert len(keys) == len(set(keys)), f"a transaction names an item twice: {sorted(keys)}"
        for change in together:
            self._check(change)
        self.all.update({change.key: change.applied(self.all.get(change.key)) for change in together})

    def delete(self, key: Key) -> None:
        self.all.pop(key, None)

    def _check(self, change: Change) -> None:
        found = self.get(change.key)
        if not change.condition(found):
            lost = ConditionLost(f"the condition on {'/'.join(change.key)} does not hold")
            lost.found = found or {}
            raise lost


def _is_held(value: Any) -> bool:
    return value is not None and value != frozenset()
