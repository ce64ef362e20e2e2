"""``--credentials FILE`` of ``run`` and ``retry``: what the file says, when it is there, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from unit.cli.stand import JOB, RUN, Stand
from unit.cli.test_run import succeed

from execution_engine.errors import Fault, JobRefused

GIVEN = """
ssm:
  /prod/token: s3cret-token
  /prod/object: {USER: app, PORT: 5432, LATIN: é}
secretsmanager:
  prod/db: "2024-01-01"
"""
PARAMETERS = {"/prod/token": "s3cret-token", "/prod/object": '{"USER": "app", "PORT": 5432, "LATIN": "é"}'}


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "credentials.yaml"
    path.write_text(GIVEN)
    path.chmod(0o600)
    return path


def test_they_lie_there_for_the_submission_and_no_longer(stand: Stand, job: Path, given: Path) -> None:
    succeed(stand)
    result = stand.call("run", job, "--credentials", given)
    assert result.exit_code == 0, result.stderr
    assert stand.lent_at_submission == [(PARAMETERS, {"prod/db": "2024-01-01"})]
    assert stand.is_lent is None
    assert "warning" not in result.stderr


def test_a_retry_takes_them_too(stand: Stand, given: Path) -> None:
    stand.begin("build", "test")
    stand.complete("failed", failed=2)
    succeed(stand)
    result = stand.call("retry", RUN, "--credentials", given)
    assert result.exit_code == 0, result.stderr
    assert stand.lent_at_submission == [(PARAMETERS, {"prod/db": "2024-01-01"})]


def test_they_are_gone_when_the_job_is_refused(stand: Stand, job: Path, given: Path) -> None:
    stand.refusal = JobRefused([Fault("orders[0].ssm_paths[0]", "/x does not exist in Parameter Store")])
    result = stand.call("run", job, "--credentials", given)
    assert result.exit_code == 2
    assert stand.is_lent is None
    assert "--credentials FILE" not in result.stderr
    assert "are given by --credentials FILE" in stand.call("run", job).stderr


def test_the_file_is_no_part_of_the_code(stand: Stand, tmp_path: Path, job: Path, given: Path) -> None:
    def stored(*arguments: str | Path) -> str:
        stand.done = False
        stand.world.the_run = None
        succeed(stand)
        assert stand.call("run", job, *arguments).exit_code == 0
        return stand.stored[-1]

    before = stored()
    inside = job.parent / "credentials.yaml"
    inside.write_text(GIVEN)
    assert stored("--credentials", inside) == before
    assert stored() != before


def test_a_file_that_others_can_read_is_warned_of(stand: Stand, job: Path, given: Path) -> None:
    given.chmod(0o604)
    succeed(stand)
    result = stand.call("run", job, "--credentials", given)
    assert f"warning: others on this machine can read {given}; chmod 600 {given}" in result.stderr
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("[]", "", "must be an object with ssm and secretsmanager, not a list"),
        ("ssm: {/a: !s3cret x", "", "is neither YAML nor JSON (line "),
        ("ssm: {/a: *s3cret}", "", "is neither YAML nor JSON (line 1, column 11)"),
        ('{"ssm": {"/a": "s3cret}', "", "is neither YAML nor JSON (line 1"),
        ("ssm: {/a: s3cret-1, /a: s3cret-2}", "", 'the key "/a" appears twice'),
        ("ssm: [s3cret]", ": ssm", "must be an object of names and values, not a list"),
        ("vault: {a: s3cret}", ": vault", "is no store of this machine; there are ssm and secretsmanager"),
        ("ssm: {/a: 5}", ": ssm./a", "must be text (put numbers in quotes) or an object, not a number"),
        ("ssm: {/a: [s3cret]}", ": ssm./a", "or an object, not a list"),
        ("ssm: {/a: ''}", ": ssm./a", "or an object, not nothing"),
        ("ssm: {/a: }", ": ssm./a", "or an object, not nothing"),
        ("ssm: {5: s3cret}", ": ssm.5", "the name must be text"),
        ("ssm: {/a: {b: .nan}}", ": ssm./a", "can't be written as JSON"),
    ],
)
def test_what_is_wrong_is_named_without_any_value(
    stand: Stand, job: Path, given: Path, text: str, where: str, message: str
) -> None:
    given.write_text(text)
    result = stand.call("run", job, "--credentials", given, "--json")
    assert result.exit_code == 2, result.stderr
    (fault,) = json.loads(result.stdout)["errors"]
    assert fault["where"] == f"{given}{where}"
    assert message in fault["message"]
    assert "s3cret" not in result.stdout + result.stderr
    assert stand.opened == []


@pytest.mark.parametrize("spoil", ["gone", "folder", "binary", "large"])
def test_a_file_that_can_not_be_read(stand: Stand, job: Path, given: Path, spoil: str) -> None:
    given.unlink()
    if spoil == "folder":
        given.mkdir()
    elif spoil == "binary":
        given.write_bytes(b"\xff\xfe")
    elif spoil == "large":
        given.write_bytes(b" " * (4 * 1024 * 1024 + 1))
    result = stand.call("run", job, "--credentials", given)
    assert result.exit_code == 2
    told = {"gone": "can't be read: No such file", "folder": "Is a directory", "binary": "no UTF-8", "large": "larger"}
    assert told[spoil] in result.stderr
    assert stand.opened == []


def test_the_job_is_read_first(stand: Stand, job: Path, given: Path) -> None:
    job.write_text(JOB.replace("timeout: 30", "timeout: 0"))
    given.write_text("[]")
    assert "orders[0].timeout" in stand.call("run", job, "--credentials", given).stderr
