"""One door for every status (law 1): only a ``Move`` changes an order's, only storage writes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from architecture.sources import Source

DOOR = "orders/move.py"
"""The only file that makes an order of one status out of an order of another."""

KEEPER = "storage"
"""The only room that writes a status down, and makes orders out of what it reads."""

MENDER = "orders/mending.py"
"""The only file that finds out what status an order had whose record can't be read, and gives it that again."""

OTHER_STATUSES = {
    # file: whose status it assigns instead of an order's
    "errors.py": "the HTTP status of a refused job",
}


def back_doors(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        what = _assignment(node) or _call(node)
        if what is None or not isinstance(node, ast.expr):
            continue
        if what.startswith("assigns") and source.name in OTHER_STATUSES:
            continue
        if what.startswith("replaces") and source.name == DOOR:
            continue
        if what.startswith("makes") and source.name == MENDER:
            continue
        if what.startswith(("writes", "makes")) and source.room == KEEPER:
            continue
        yield f"execution_engine/{source.name}:{node.lineno} {what}: only a Move changes an order's status"


def _assignment(node: ast.AST) -> str | None:
    """``order.status = …``, in any form of assignment, deletion or loop target."""
    if isinstance(node, ast.Attribute) and node.attr == "status" and not isinstance(node.ctx, ast.Load):
        return "assigns a status"
    return None


def _call(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    keywords = {keyword.arg for keyword in node.keywords}
    if name in ("setattr", "__setattr__", "delattr", "__delattr__") and "status" in texts:
        return "assigns a status by name"
    if name in ("replace", "__replace__", "_replace") and "status" in keywords:
        return "replaces a status"
    if name == "Order" and "status" in keywords:
        return "makes an order that already has a status"
    # PynamoDB's update action: OrderRow.status.set(…)
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if name in ("set", "remove") and isinstance(owner, ast.Attribute) and owner.attr == "status":
        return "writes a status into a row"
    return None


def test_a_status_changes_through_one_door_only(source: Source) -> None:
    found = list(back_doors(source))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "order.status = 'failed'",
        "order.status: str = 'failed'",
        "order.status += 'x'",
        "order.status, other = 'failed', 1",
        "for order.status in (): ...",
        "del order.status",
        "setattr(order, 'status', 'failed')",
        "object.__setattr__(order, 'status', 'failed')",
        "replace(order, status='failed')",
        "dataclasses.replace(order, attempt=1, status='failed')",
        "Order(run_id='r', status='failed')",
        "OrderRow.status.set('failed')",
    ],
)
def test_a_back_door_is_found(text: str) -> None:
    assert len(list(back_doors(Source.parse(text, "orchestrator/example.py")))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "if order.status == 'failed': ...",
        "status = order.status",
        "Move(order, Trigger.FAIL)",
        "text.replace('status', '')",
    ],
)
def test_reading_a_status_is_free(text: str) -> None:
    assert not list(back_doors(Source.parse(text, "orchestrator/example.py")))


def test_mending_makes_an_order_but_changes_none(source: Source) -> None:
    if source.name == MENDER:
        made = [node for node in ast.walk(source.tree) if str(_call(node)).startswith("makes")]
        assert len(made) == 1, "one place gives an order a status that is none of a Move's"
    assert list(back_doors(Source.parse("replace(order, status='failed')", MENDER)))
    assert list(back_doors(Source.parse("order.status = 'failed'", MENDER)))


def test_storage_reads_and_writes_but_does_not_decide() -> None:
    assert not list(back_doors(Source.parse("Order(status=row.status)", "storage/orders.py")))
    assert list(back_doors(Source.parse("replace(order, status='failed')", "storage/orders.py")))
    assert list(back_doors(Source.parse("order.status = 'failed'", "storage/orders.py")))
