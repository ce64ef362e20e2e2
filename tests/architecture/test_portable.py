"""The agent of instances runs on any python3 from 3.9 on, with the standard library alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from architecture.sources import PACKAGE, Source, sources

from execution_engine.guest.portability import SUPPLIED
from execution_engine.targets.ssm import agent

OLDEST = "3.9"
NAMES = frozenset({"guest/__main__", "guest/structlog_stand_in", *agent.MODULES})
SOURCES = [source for source in sources() if source.name.removesuffix(".py") in NAMES]
STAND_INS = frozenset({"structlog"})
TYPES = frozenset({"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple", "type"})


def at_run_time(tree: ast.Module) -> Iterator[ast.stmt | ast.expr]:
    """All that is evaluated: no annotations, nothing for type checkers alone."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            pending += node.orelse
            continue
        if isinstance(node, ast.stmt | ast.expr):
            yield node
        pending += [
            child
            for name, value in ast.iter_fields(node)
            if name not in ("annotation", "returns")
            for child in (value if isinstance(value, list) else [value])
            if isinstance(child, ast.AST)
        ]


def imported(source: Source) -> Iterator[str]:
    """Modules; of ``from a import b`` both ``a`` and ``a.b``, which may be one."""
    for node in at_run_time(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(module: str) -> str | None:
    """``worker/stop`` for ``execution_engine.worker.stop``, if there is such a module."""
    parts = module.split(".")
    if parts[0] != "execution_engine":
        return None
    place = PACKAGE.joinpath(*parts[1:])
    if place.is_dir():
        place /= "__init__"
    return place.relative_to(PACKAGE).as_posix() if place.with_suffix(".py").is_file() else None


def unions(source: Source) -> Iterator[str]:
    """``int | None`` where it is evaluated: of 3.10, and vermin does not see it."""
    for node in at_run_time(source.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            for side in (node.left, node.right):
                nothing = isinstance(side, ast.Constant) and side.value is None
                if nothing or (isinstance(side, ast.Name) and side.id in TYPES):
                    yield f"execution_engine/{source.name}:{node.lineno} evaluates a union of types"


def test_the_agent_is_exactly_what_it_imports() -> None:
    reached, pending = set[str](), ["guest/__main__", "guest/structlog_stand_in"]
    by_name = {source.name.removesuffix(".py"): source for source in sources()}
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        room = name.rpartition("/")[0]
        pending += [f"{room}/__init__" if room else "__init__", "__init__"]
        pending += [found for found in map(own, imported(by_name[name])) if found]
    assert reached == NAMES


def test_it_imports_itself_and_the_standard_library_only() -> None:
    assert len(SOURCES) == len(NAMES)
    foreign = {
        f"execution_engine/{source.name} imports {module}"
        for source in SOURCES
        for module in imported(source)
        if module.partition(".")[0] not in {"execution_engine", *sys.stdlib_module_names, *STAND_INS}
    }
    assert not foreign


def vermin(*files: Path) -> subprocess.CompletedProcess[str]:
    supplied = [option for name in SUPPLIED for option in ("--exclude", name)]
    command = [
        sys.executable,
        "-c",
        "import vermin; vermin.main()",
        f"--target={OLDEST}-",
        "--violations",
        "--no-tips",
        "--quiet",
    ]
    command += [*supplied, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_it_needs_no_newer_python_but_for_what_it_supplies() -> None:
    found = vermin(*(PACKAGE / source.name for source in SOURCES))
    assert found.returncode == 0, found.stdout
    assert not [line for source in SOURCES for line in unions(source)]


@pytest.mark.parametrize(
    "text", ["from typing import Self", "zip((), (), strict=True)", "match 1:\n    case 1: pass", "import tomllib"]
)
def test_what_is_newer_is_found(text: str, tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(text)
    assert vermin(file).returncode != 0


@pytest.mark.parametrize("text", ["A = int | None", "isinstance(1, int | float)", "A = list[str | bytes]"])
def test_a_union_is_found(text: str) -> None:
    assert list(unions(Source.parse(text)))


@pytest.mark.parametrize("text", ["a: int | None = 1", "def f(x: int | str) -> int | None: ...", "a = 1 | b"])
def test_what_is_no_evaluated_union_is_not(text: str) -> None:
    assert not list(unions(Source.parse(f"from __future__ import annotations\n{text}")))
