"""Job files: the job object of the contract in YAML or JSON. Text in, document out; no files here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from execution_engine.errors import JobRefused
from execution_engine.jobs.faults import Faults, shown
from execution_engine.jobs.measure import MAX_DEPTH
from execution_engine.jobs.strict_json import read_json

if TYPE_CHECKING:
    import yaml

MAX_MERGED = 200_000
"""Keys that merge keys (``<<``) of one file may copy in all, so that a few lines can't grow without bound.
What other aliases repeat takes no memory here; it counts when the job is measured."""

_MERGE = "tag:yaml.org,2002:merge"


def read_job_file(text: str) -> object:
    """The document in a job file. YAML is read safely: no Python objects, dates stay text.

    Raises ``JobRefused`` for what is neither YAML nor JSON, keys that an object has twice, and too much
    nesting or merging; its messages say line and column, counted from 1.
    """
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        try:
            return read_json(text)
        except JobRefused as refused:
            return _flow_yaml(text, refused)
    return _read_yaml(text)


def _flow_yaml(text: str, refused: JobRefused) -> object:
    """YAML may begin with a bracket too. If it is neither, the fault of the JSON is the better hint."""
    if "is no JSON" not in refused.faults[0].message:
        raise refused
    try:
        return _read_yaml(text)
    except JobRefused:
        raise refused from None


def _read_yaml(text: str) -> object:
    import yaml  # lazily: only job files need it, and handlers never read one

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]  # the C loader where there is one; both behave alike
        yaml_implicit_resolvers: ClassVar = {
            first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
            for first, resolvers in base.yaml_implicit_resolvers.items()
        }

        merged = 0

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            for key, value in node.value:
                if key.tag == _MERGE:
                    for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                        if isinstance(part, yaml.MappingNode):
                            self.flatten_mapping(part)
                            self.merged += len(part.value)
                        if self.merged > MAX_MERGED:
                            problem = f"merge keys (<<) copy more than {MAX_MERGED:,} keys"
                            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
            super().flatten_mapping(node)

    faults = Faults()
    try:
        _scan(yaml.parse(text.removeprefix("\ufeff"), Loader=Loader), faults)
        faults.raise_if_any()
        return yaml.load(text.removeprefix("\ufeff"), Loader=Loader)  # noqa: S506 - a safe loader, see above
    except yaml.MarkedYAMLError as error:
        problem = ", ".join(part for part in (error.context, error.problem) if part) or "it can't be read"
        faults.add("", f"is no YAML: {shown(problem, 200)}{_at(error)}")
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        # PyYAML lets the errors of int(), float() and re through where an explicit tag lies about its value.
        faults.add("", f"is no YAML: {shown(str(error) or type(error).__name__, 200)}")
    raise faults.refusal()


def _scan(events: Any, faults: Faults) -> None:
    """Go through the parser's events once, before anything is built from them."""
    import yaml

    open_keys: list[_Keys | None] = []
    for event in events:
        inside = open_keys[-1] if open_keys else None
        if isinstance(event, yaml.CollectionEndEvent):
            open_keys.pop()
            continue
        if isinstance(event, yaml.NodeEvent) and inside is not None:
            name = event.value if isinstance(event, yaml.ScalarEvent) else None
            if inside.repeats(name):
                faults.add("", f'the key "{shown(name)}" appears twice in one object{_position(event.start_mark)}')
        if isinstance(event, yaml.CollectionStartEvent):
            open_keys.append(_Keys() if isinstance(event, yaml.MappingStartEvent) else None)
            if len(open_keys) > MAX_DEPTH:
                faults.add("", f"is nested more than {MAX_DEPTH} levels deep{_position(event.start_mark)}")
                return


class _Keys:
    """The keys of one mapping, whose nodes come as key, value, key, value."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._key_is_next = True

    def repeats(self, scalar: str | None) -> bool:
        """Take the next node; true if it is a key that was there before."""
        is_key, self._key_is_next = self._key_is_next, not self._key_is_next
        if not is_key or scalar is None:
            return False
        repeated = scalar in self._seen
        self._seen.add(scalar)
        return repeated


def _at(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return _position(mark) if mark else ""


def _position(mark: Any) -> str:
    return f" (line {mark.line + 1}, column {mark.column + 1})"
