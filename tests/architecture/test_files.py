"""Files stay small, say what they are for, and hold nothing of the machine they were written on."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from architecture.sources import ROOT, Source

LIMIT = 250
"""Lines. The aim is 100 to 150, one noun a file; a longer one than this holds two."""

# Character classes keep these patterns from finding themselves.
FOREIGN = {
    "a path of somebody's own machine": re.compile(r"(?<![\w.}$-])/(?:wor[k]|roo[t]|User[s]|home/\w+)/|/tmp/[x]\b"),
    "the host of a package registry": re.compile(r"\bpyp[i]\.org|pythonhoste[d]\.org|registry\.npmj[s]\."),
}


def tracked_files(root: Path = ROOT) -> list[Path]:
    """What git has or would add; in a copy without git, everything but what tools leave behind."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    if (root / ".git").exists():
        listed = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        paths = [root / name for name in listed.decode().split("\0") if name]
    else:
        made = {"__pycache__", "build", "dist"}
        paths = [
            path
            for path in root.rglob("*")
            if not any(
                part in made or part.endswith(("_cache", ".egg-info")) or (part[0] == "." and part != ".ci")
                for part in path.relative_to(root).parts[:-1]
            )
        ]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def test_no_file_holds_two_nouns(source: Source) -> None:
    assert source.lines <= LIMIT, f"execution_engine/{source.name}: {source.lines} lines; divide it by its nouns"


def test_every_file_says_what_it_is_for(source: Source) -> None:
    assert ast.get_docstring(source.tree), f"execution_engine/{source.name} has no docstring"


def test_nothing_foreign_is_left_in_a_file() -> None:
    found = []
    for path in tracked_files():
        text = path.read_text("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            found += [
                f"{path.relative_to(ROOT)}:{number} names {what}"
                for what, pattern in FOREIGN.items()
                if pattern.search(line)
            ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line", ["cd /wor" + "k/main", "'/tmp" + "/x/v'", "/home/" + "me/code", "https://pyp" + "i.org/simple"]
)
def test_what_is_foreign_is_found(line: str) -> None:
    assert any(pattern.search(line) for pattern in FOREIGN.values())


@pytest.mark.parametrize("line", ["the framework/", "net/work/load", "$HOME/work/", "/tmp/xyz", "/home/"])
def test_what_only_looks_foreign_is_not(line: str) -> None:
    assert not any(pattern.search(line) for pattern in FOREIGN.values())


def test_the_files_are_found() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in tracked_files()}
    assert {
        "setup.cfg",
        ".ci/run",
        "execution_engine/__init__.py",
        "tests/architecture/test_files.py",
    } <= names
