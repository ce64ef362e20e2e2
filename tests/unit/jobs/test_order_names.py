from __future__ import annotations

import pytest

from execution_engine.jobs.order_names import UniqueNames, derived_name
from execution_engine.jobs.specification import parse_job


@pytest.mark.parametrize(
    ("cmds", "folder", "name"),
    [
        (["terraform apply"], "infra/network", "network"),
        (["npm run build && npm test"], None, "npm-run-build"),
        (["# a comment\n\n  make test\nmake more"], None, "make-test"),
        (["./deploy.sh --stage prod"], None, "deploy.sh-stage-prod"),
        (["(("], None, "order"),
        (["échapper"], None, "chapper"),
        (["x" * 500], None, "x" * 55),
    ],
)
def test_a_readable_name_is_derived(cmds: list[str], folder: str | None, name: str) -> None:
    assert derived_name(cmds, folder) == name


def test_names_are_made_unique_by_numbers() -> None:
    names = UniqueNames({"a", "a-2"})
    assert [names.unique("a"), names.unique("a"), names.unique("b"), names.unique("b")] == [
        "a-3",
        "a-4",
        "b",
        "b-2",
    ]


def test_a_derived_name_never_takes_one_that_was_given() -> None:
    order = {"cmds": ["true"], "timeout": 1}
    given = [
        order,
        {**order, "order_name": "true"},
        {**order, "queue_id": "true-2"},
        {**order, "cmds": ["0001"]},
    ]
    job = parse_job({"username": "ada", "orders": given}, door="init")
    assert [order.order_name for order in job.orders] == ["true-3", "true", "true-4", "0001-2"]
