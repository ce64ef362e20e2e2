"""Programs are called with lists of arguments: only callers' own commands ever reach a shell, as files."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from architecture.sources import Source

THROUGH_A_SHELL = (
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
    "pty.spawn",
)
SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash")


def shells(source: Source) -> Iterator[str]:
    where = f"execution_engine/{source.name}"
    for node, dotted in source.references:
        if dotted in THROUGH_A_SHELL:
            yield f"{where}:{node.lineno} uses {dotted}"
    for one in ast.walk(source.tree):
        if isinstance(one, ast.keyword) and one.arg == "shell" and not _is(one.value, False):
            yield f"{where}:{one.value.lineno} passes shell="
        if isinstance(one, ast.List | ast.Tuple) and len(one.elts) > 1:
            first, second = one.elts[:2]
            if _is(second, "-c") and any(_is(first, shell) for shell in SHELLS):
                yield f"{where}:{one.lineno} hands text to a shell"


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def test_nothing_is_assembled_for_a_shell(source: Source) -> None:
    found = list(shells(source))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.system('ls ' + name)",
        "from os import popen\npopen(name)",
        "import subprocess\nsubprocess.run(f'ls {name}', shell=True)",
        "import subprocess\nsubprocess.run(f'ls {name}', shell=how)",
        "import subprocess\nsubprocess.getoutput(name)",
        "run(['bash', '-c', name])",
        "run(('/bin/sh', '-c', name))",
    ],
)
def test_a_shell_is_found(text: str) -> None:
    assert len(list(shells(Source.parse(text)))) == 1


@pytest.mark.parametrize(
    "text", ["import subprocess\nsubprocess.run(['ls', name], shell=False)", "run(['bash', file])"]
)
def test_a_list_of_arguments_is_fine(text: str) -> None:
    assert not list(shells(Source.parse(text)))
