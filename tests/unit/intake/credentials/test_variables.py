from __future__ import annotations

import json

import pytest

from execution_engine.intake.credentials.fetcher import Fetched
from execution_engine.intake.credentials.variables import variable_name, variables


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("/prod/api-token", "API_TOKEN"),
        ("api.token", "API_TOKEN"),
        ("/prod/Api--Token/", "API__TOKEN"),
        ("/prod/api-token:3", "API_TOKEN"),
        ("arn:aws:ssm:eu-west-1:123456789012:parameter/prod/api-token:live", "API_TOKEN"),
        ("prod/db_password", "DB_PASSWORD"),
        ("rds!db-1", "RDS_DB_1"),
    ],
)
def test_a_plain_value_is_named_after_the_last_segment(name: str, variable: str) -> None:
    assert variable_name(name) == variable
    assert variables(Fetched(name, "s3cret")) == ({variable: "s3cret"}, ())


def test_each_key_of_an_object_is_a_variable_as_it_is_written() -> None:
    held = json.dumps({"db_User": "ann", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_REGION": "eu-west-1", "PORT": 5432})
    judged = variables(Fetched("/prod/db", held))
    assert judged.values == {"db_User": "ann", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_REGION": "eu-west-1", "PORT": "5432"}
    assert not judged.wrong


@pytest.mark.parametrize(
    "name",
    [
        "PATH", "LD_PRELOAD", "BASH_ENV", "PYTHONPATH", "GIT_SSH_COMMAND", "RUN_ID", "AWS_EXE_SYS_EVENTS_DIR",
        "AWS_PROFILE", "SOPS_AGE_KEY", "sops", "my-key", "", "1ST", "two\nlines",
    ],
)  # fmt: skip
def test_a_name_that_nobody_may_set_is_refused_and_its_value_not_told(name: str) -> None:
    (wrong,) = variables(Fetched("/prod/db", json.dumps({"GOOD": "ghp_x", name: "ghp_y"}))).wrong
    assert wrong.startswith(f"gives the variable {name.replace(chr(10), chr(92) + 'n')}, which ")
    assert "ghp_" not in wrong


def test_every_name_that_is_wrong_is_told() -> None:
    wrong = variables(Fetched("/prod/db", json.dumps({"PATH": "x", "LD_AUDIT": "y", "GOOD": "z"}))).wrong
    assert [words.split()[3] for words in wrong] == ["PATH,", "LD_AUDIT,"]


def test_a_segment_that_gives_no_good_name_has_a_remedy() -> None:
    for name in ("/prod/path", "/prod/1st", "/"):
        (wrong,) = variables(Fetched(name, "ghp_x")).wrong
        assert wrong.endswith("store it as a JSON object, whose key names the variable")
        assert "ghp_x" not in wrong


@pytest.mark.parametrize("value", ["ghp_x\0", "ghp_x\ud800", "ghp_x" * 30_000])
def test_what_no_environment_holds_is_refused(value: str) -> None:
    (wrong,) = variables(Fetched("/prod/db", json.dumps({"A": value}))).wrong
    assert wrong.startswith("gives the variable A, which ")
    assert "ghp_x" not in wrong


def test_what_is_no_text_is_refused() -> None:
    assert variables(Fetched("a", b"\xff")).wrong == (
        "is binary and no UTF-8 text; store it in base64 and let the command decode it",
    )
