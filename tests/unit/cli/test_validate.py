"""``validate`` and ``graph``: what a job file says, without running it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from unit.cli.stand import Stand

from execution_engine.cli import drawing
from execution_engine.jobs.specification import parse_job


def a_job(needs: dict[str, list[str]], **optional: bool) -> drawing.Job:
    orders = [
        {
            "order_name": name,
            "execution_target": "lambda",
            "timeout": 1,
            "cmds": ["true"],
            "dependencies": needed,
            "must_succeed": not optional.get(name, False),
        }
        for name, needed in needs.items()
    ]
    return parse_job({"username": "ann", "orders": orders}, door="init")


def test_a_job_that_is_right(stand: Stand, job: Path) -> None:
    result = stand.call("validate", job)
    assert (result.exit_code, result.stdout) == (0, "valid: 2 orders\n")
    document = json.loads(stand.call("validate", job, "--json").stdout)
    assert document["valid"] is True
    assert [order["order_name"] for order in document["orders"]] == ["build", "test"]
    assert stand.opened == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1,\n b", "is no YAML"),
        (b"\xff\xfe", "is no UTF-8 at byte 0"),
        (b"", "must be an object"),
        (b"- 1", "must be an object"),
        (b"username: a\norders: []", "orders: is empty"),
    ],
)
def test_a_file_that_is_no_job(stand: Stand, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "job.yaml"
    path.write_bytes(content)
    for command in ("validate", "graph", "run"):
        result = stand.call(command, path)
        assert result.exit_code == 2
        assert said in result.stderr
        assert result.stdout == ""


def test_a_file_that_is_not_there(stand: Stand, tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        result = stand.call("validate", path)
        assert result.exit_code == 2
        assert "can't be read" in result.stderr


def test_a_file_that_never_ends(stand: Stand) -> None:
    result = stand.call("validate", "/dev/zero")
    assert result.exit_code == 2
    assert "larger than" in result.stderr


def test_a_graph_as_json(stand: Stand, job: Path) -> None:
    document = json.loads(stand.call("graph", job, "--json").stdout)
    assert [(order["order_num"], order["needs"], order["level"]) for order in document["orders"]] == [
        ("0001", [], 1),
        ("0002", ["0001"], 2),
    ]


def test_a_graph_as_text(stand: Stand, job: Path) -> None:
    result = stand.call("graph", job)
    assert result.exit_code == 0
    assert result.stdout == "1  build\n2  test  ← build\n"


def test_orders_that_need_the_same_share_an_entry() -> None:
    job = a_job({"a": [], "b": [], "c": ["a"], "d": ["a"], "e": ["b", "a"], "f": ["c"]}, d=True)
    assert drawing.text(job, 80).splitlines() == [
        "1  a, b",
        "2  c, d (optional)  ← a",
        "   e  ← a, b",
        "3  f  ← c",
    ]


def test_three_hundred_orders_stay_readable() -> None:
    fan = {f"order-{i}": [] for i in range(298)}
    job = a_job({**fan, "most": list(fan)[1:], "all": list(fan)})
    drawn = drawing.text(job, 80).splitlines()
    assert len(drawn) < 60
    assert max(map(len, drawn)) <= 80
    assert drawn[-1].strip() == "all  ← all 298 of level 1"
    assert "order-7 and 290 more" in " ".join(" ".join(drawn).split())


def test_a_chain_of_three_hundred_is_three_hundred_lines() -> None:
    chain = {f"link-{i}": [f"link-{i - 1}"] if i else [] for i in range(300)}
    drawn = drawing.text(a_job(chain), 80).splitlines()
    assert drawn[0] == "  1  link-0"
    assert drawn[-1] == "300  link-299  ← link-298"


SSM = """
username: ann
orders:
  - {order_name: patch, timeout: 30, cmds: [a], must_succeed: false, ssm_targets: {tags: {Role: [web, 'a "b"']}}}
  - {order_name: restart, timeout: 30, cmds: [b], dependencies: [patch],
     ssm_targets: {instance_ids: [web-1, web-2, web-3, web-4, web-5]}}
"""


def test_orders_on_instances_say_which(stand: Stand, job: Path) -> None:
    job.write_text(SSM)
    assert stand.call("validate", job).stdout == (
        'valid: 2 orders on Role=web|a "b", web-1, web-2, web-3, web-4 and 1 more\n'
    )
    assert stand.call("graph", job).stdout.splitlines() == [
        '1  patch (on Role=web|a "b"; optional)',
        "2  restart (on web-1, web-2, web-3 and 2 more)  ← patch",
    ]
    for command in ("validate", "graph"):
        first, second = json.loads(stand.call(command, job, "--json").stdout)["orders"]
        assert first["ssm_targets"] == {"tags": {"Role": ["web", 'a "b"']}}
        assert second["ssm_targets"]["instance_ids"][0] == "web-1"
        assert {first["execution_target"], second["execution_target"]} == {"ssm"}


def test_instances_in_a_graph_for_other_tools(stand: Stand, job: Path) -> None:
    job.write_text(SSM)
    mermaid = stand.call("graph", job, "--format", "mermaid").stdout
    assert '  o0001("patch<br/>on Role=web|a #34;b#34;")\n' in mermaid
    dot = stand.call("graph", job, "--format", "dot").stdout
    assert r'  o0001 [label="patch\non Role=web|a \"b\"", style=dashed];' in dot


def test_a_job_of_both_kinds_is_refused(stand: Stand, job: Path) -> None:
    job.write_text(SSM.replace("order_name: patch,", "order_name: patch, execution_target: lambda,"))
    result = stand.call("validate", job)
    assert result.exit_code == 2
    assert "orders[0].execution_target" in result.stderr


def test_a_graph_for_other_tools(stand: Stand, job: Path) -> None:
    mermaid = stand.call("graph", job, "--format", "mermaid").stdout.splitlines()
    assert mermaid == ["flowchart TD", '  o0001["build"]', '  o0002["test"]', "  o0001 --> o0002"]
    dot = stand.call("graph", job, "--format", "dot").stdout
    assert dot.startswith("digraph job {")
    assert "o0001 -> o0002;" in dot
    assert stand.call("graph", job, "--format", "png").exit_code == 2
