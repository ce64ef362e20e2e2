"""Every rule of docs/security.md names the test that holds it, and that test is there."""

from __future__ import annotations

import ast
import re

import pytest
from architecture.sources import ROOT

_RULES = ROOT / "docs" / "security.md"
_TEST = re.compile(r"`((?:unit|integration|architecture|contracts|properties|faults|infra)/[\w/]+\.py)::(\w+)`")


def rules() -> list[tuple[str, str]]:
    """What a rule says, and the cell with its tests."""
    rows = [line.strip("|").split("|") for line in _RULES.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [(cells[0].strip(), cells[-1].strip()) for cells in rows if not cells[0].strip().startswith(("---", "Rule"))]


@pytest.mark.parametrize(("rule", "cell"), rules())
def test_every_rule_has_a_test_that_is_there(rule: str, cell: str) -> None:
    named = _TEST.findall(cell)
    assert named or ".tftest.hcl" in cell, f"no test holds: {rule}"
    for path, name in named:
        file = ROOT / "tests" / path
        assert file.is_file(), f"there is no tests/{path}"
        tree = ast.parse(file.read_text("utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"tests/{path} has no {name}"
    for path in re.findall(r"`(infrastructure/\S+\.tftest\.hcl)`", cell):
        assert (ROOT / path).is_file(), f"there is no {path}"


def test_there_are_rules() -> None:
    assert len(rules()) > 30
