from __future__ import annotations

import json

import pytest
import yaml

from execution_engine.errors import JobRefused
from execution_engine.jobs.encoding import read_job_file
from execution_engine.jobs.specification import parse_job

YAML = """\
username: ada
orders:
  - order_name: build
    cmds: &steps
      - |
        make
        make check
    timeout: 60
    commit_hash: 2026-01-31
    git_repo: org/repo
  - cmds: *steps
    timeout: 1.5
    dependencies: [build]
"""


@pytest.fixture(params=["libyaml", "Python alone"], autouse=True)
def each_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML is built with or without libyaml; a job file is the same for both."""
    if request.param == "Python alone":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def fault_of(text: str) -> str:
    with pytest.raises(JobRefused) as refused:
        read_job_file(text)
    (fault,) = refused.value.faults
    assert fault.where == ""
    return fault.message


def test_yaml() -> None:
    job = parse_job(read_job_file("\ufeff" + YAML), door="init")
    assert job.orders[0].cmds == job.orders[1].cmds == ("make\nmake check\n",)
    assert job.orders[0].commit_hash == "2026-01-31", "what YAML takes for a date stays text"
    assert job.orders[1].needs == ("0001",)


def test_json_is_read_as_json() -> None:
    document = {"username": "ada 🐍", "tab": "\t", "orders": []}
    assert read_job_file(json.dumps(document, indent="\t")) == document


def test_yaml_may_begin_with_a_bracket() -> None:
    assert read_job_file("{username: ada, orders: []}") == {"username": "ada", "orders": []}


def test_merge_keys() -> None:
    text = "base: &base {timeout: 5, retries: 1}\nother: {<<: *base, timeout: 6}"
    assert read_job_file(text) == {
        "base": {"timeout": 5, "retries": 1},
        "other": {"timeout": 6, "retries": 1},
    }


def test_aliases_are_no_matter_however_many() -> None:
    order = {"cmds": ["true"], "timeout": 5}
    text = yaml.safe_dump({"username": "ada", "orders": [order] * 1_500})
    assert text.count("*") >= 1_499
    assert len(parse_job(read_job_file(text), door="init").orders) == 1_500


def test_a_mapping_that_merges_itself_is_refused() -> None:
    assert "is no YAML" in fault_of("a: &a {<<: [*a, *a]}")


def test_an_empty_file_is_an_empty_document() -> None:
    assert read_job_file("# nothing\n") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "flow sequence"),
        ("a: b: c", "(line 1, column 5)"),
        ("username: ada\n\torders: 3", "(line 2, column 1)"),
        ("a: 1\nb: 2\na: 3", 'the key "a" appears twice in one object (line 3, column 1)'),
        ("a: 1\n---\nb: 2", "single document"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
        ("a: *nobody", "undefined alias"),
        ("a: !!int x", "is no YAML"),
        ("a: !!timestamp x", "is no YAML"),
        ("a: !!binary é", "is no YAML"),
        ("? [a]\n: b", "unhashable key"),
        ("a: " + "1" * 5000, "is no YAML"),
        ("a: \x01", "is no YAML"),
        ("a: \ud800", "is no YAML"),
        ("a: " + "[" * 5000, "nested more than 20 levels deep (line 1, column"),
        ('{"a": 1,\n "b" 2}', "is no JSON: Expecting ':' delimiter (line 2, column 6)"),
        ('{"a": 1, "a": 2}', "appears twice"),
    ],
)
def test_what_can_not_be_read(text: str, message: str) -> None:
    assert message in fault_of(text)


def test_aliases_of_aliases_stay_small_and_are_refused_as_a_job() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(JobRefused, match="far larger"):
        parse_job(read_job_file("\n".join(lines)), door="init")


def test_a_document_that_contains_itself_is_refused_as_a_job() -> None:
    with pytest.raises(JobRefused, match="levels deep"):
        parse_job(read_job_file("username: ada\norders: &all [*all]"), door="init")


def test_merge_keys_can_not_grow_without_bound() -> None:
    lines = ["m0: &m0 {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10}"]
    lines += [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    assert "copy more than 200,000 keys" in fault_of("\n".join(lines))
