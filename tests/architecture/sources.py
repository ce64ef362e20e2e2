"""The package's sources, read and parsed, for rules to look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "execution_engine"


@dataclass(frozen=True)
class Source:
    """One file of the package; ``name`` is its path inside the package, as in ``orders/move.py``."""

    name: str
    text: str
    tree: ast.Module = field(repr=False)
    names: dict[str, str] = field(repr=False)

    @classmethod
    def parse(cls, text: str, name: str = "example.py") -> Source:
        tree = ast.parse(text)
        return cls(name, text, tree, dict(_imported_names(tree)))

    @property
    def room(self) -> str:
        return self.name.partition("/")[0]

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full name of whatever is imported, wherever in the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield node.lineno, f"{node.module}.{alias.name}"

    @property
    def references(self) -> Iterator[tuple[ast.expr, str]]:
        """Every use of something imported, under its full name: ``dt.now`` as ``datetime.datetime.now``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute | ast.Name):
                dotted = self.full_name(node)
                if dotted is not None:
                    yield node, dotted

    def full_name(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.full_name(node.value)
            return None if owner is None else f"{owner}.{node.attr}"
        return None


def _imported_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def sources() -> list[Source]:
    """All of the package, in the order of their names."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return [Source.parse(path.read_text("utf-8"), path.relative_to(PACKAGE).as_posix()) for path in paths]
