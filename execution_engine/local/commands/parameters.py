"""A document's parameters: what may be given for them, and how they get into a script. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from execution_engine.local.commands.errors import Refused

Value = str | list[str]

_NAME = re.compile(r"[A-Za-z0-9]+")
_REFERENCE = re.compile(r"\{\{\s*ssm(-secure)?:")
_KINDS = ("String", "StringList")
_KNOWN = frozenset(
    {"type", "description", "default", "allowedPattern", "allowedValues", "minChars", "maxChars", "displayType"}
) | {"interpolationType"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """``default`` is None for one that must be given. ``by_environment``: the script finds it as ``SSM_<name>``."""

    name: str
    kind: str
    description: str
    default: Value | None
    pattern: re.Pattern[str] | None
    allowed: tuple[str, ...] | None
    fewest: int
    most: int | None
    by_environment: bool

    @classmethod
    def read(cls, name: Any, raw: Any) -> Parameter:
        """Raises ``Refused``: also for what AWS knows and this does not, rather than ignoring it."""
        if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(raw, dict):
            raise _unfit(f"parameter {name!r}: a name is letters and digits, its definition a mapping")
        if unknown := sorted(raw.keys() - _KNOWN):
            raise _unfit(f"parameter {name}: documents on one machine do not know {', '.join(unknown)}")
        kind, default = raw.get("type"), raw.get("default")
        if kind not in _KINDS:
            raise _unfit(f"parameter {name}: type must be one of {', '.join(_KINDS)} on one machine")
        if default is not None and not (_is_list(default) if kind == "StringList" else isinstance(default, str)):
            raise _unfit(f"parameter {name}: the default is no {kind}")
        way = raw.get("interpolationType", "TEXT")
        if way not in ("ENV_VAR", "TEXT") or (way == "ENV_VAR" and kind != "String"):
            raise _unfit(f"parameter {name}: interpolationType must be ENV_VAR, for a String only, or TEXT")
        try:
            pattern = re.compile(raw["allowedPattern"]) if "allowedPattern" in raw else None
            allowed = tuple(map(str, raw["allowedValues"])) if "allowedValues" in raw else None
            fewest, most = int(raw.get("minChars", 0)), raw.get("maxChars")
            most = None if most is None else int(most)
        except (re.error, TypeError, ValueError) as error:
            raise _unfit(f"parameter {name}: {error}") from error
        about = str(raw.get("description", ""))
        return cls(name, kind, about, default, pattern, allowed, fewest, most, way == "ENV_VAR")

    def take(self, given: Any) -> Value:
        """What was given in a request, as a list; one value for a String. Raises ``Refused``.

        A pattern must match the whole value: in Python ``$`` lets a newline pass that follows it.
        """
        if not _is_list(given) or (self.kind == "String" and len(given) != 1):
            raise _invalid(f"{self.name} must be a list of {'one string' if self.kind == 'String' else 'strings'}")
        for one in given:
            if self.pattern is not None and not self.pattern.fullmatch(one):
                raise _invalid(f"{self.name} does not match its allowedPattern {self.pattern.pattern}")
            if self.allowed is not None and one not in self.allowed:
                raise _invalid(f"{self.name} is none of its allowedValues")
            if len(one) < self.fewest or (self.most is not None and len(one) > self.most) or "\0" in one:
                raise _invalid(f"{self.name} is not as long as it must be, or holds what no script can")
            if _REFERENCE.search(one):
                raise _invalid(f"{self.name}: on one machine a value can't refer to Parameter Store")
        value: Value = given[0] if self.kind == "String" else list(given)
        return value

    def describe(self) -> dict[str, Any]:
        """SSM's ``DocumentParameter``."""
        shown = {"Name": self.name, "Type": self.kind, "Description": self.description}
        if self.default is not None:
            shown["DefaultValue"] = _text(self.default)
        return shown


def fill(parameters: Mapping[str, Parameter], given: Any) -> dict[str, Value]:
    """All parameters' values: what was given, or their defaults. Raises ``Refused``."""
    if not isinstance(given, dict):
        raise _invalid("Parameters must be a mapping of names to lists")
    if unknown := sorted(given.keys() - parameters.keys()):
        raise _invalid(f"the document has no parameter {', '.join(unknown)}")
    values = {}
    for name, parameter in parameters.items():
        if name in given:
            values[name] = parameter.take(given[name])
        elif parameter.default is not None:
            values[name] = parameter.default
        else:
            raise _invalid(f"the document needs a value for {name}")
    return values


def paste(text: str, values: Mapping[str, Value]) -> str:
    """``{{ name }}`` is replaced by the value as it is, whatever that means where it stands; a list by its JSON."""

    def value(found: re.Match[str]) -> str:
        return _text(values[found[1]]) if found[1] in values else found[0]

    return re.sub(r"\{\{\s*([A-Za-z0-9]+)\s*\}\}", value, text)


def only(text: str, values: Mapping[str, Value]) -> Value | None:
    """The value, if ``text`` is nothing but its ``{{ name }}``."""
    found = re.fullmatch(r"\{\{\s*([A-Za-z0-9]+)\s*\}\}", text)
    return values.get(found[1]) if found else None


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _unfit(message: str) -> Refused:
    return Refused("InvalidDocumentContent", message)


def _invalid(message: str) -> Refused:
    return Refused("InvalidParameters", message)
