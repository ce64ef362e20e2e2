"""Credentials that are lent to a submission: there while it lasts, gone afterwards, and nobody else's are touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from contracts.aws import REGION
from moto import mock_aws

from execution_engine.local.file_lock import FileLock
from execution_engine.local.lent import NotLent, lent

PARAMETERS = {"/prod/a": "value of a", "/prod/b": '{"X": "1"}'}
SECRETS = {"prod/c": "value of c"}

Client = Callable[[str], Any]


@pytest.fixture
def client() -> Iterator[Client]:
    with mock_aws():
        session = boto3.Session("test", "test", region_name=REGION)
        clients = {name: session.client(name) for name in ("ssm", "secretsmanager")}
        yield clients.__getitem__


def there(client: Client) -> dict[str, str]:
    parameters = client("ssm").get_parameters_by_path(Path="/", Recursive=True, WithDecryption=True)["Parameters"]
    names = [one["Name"] for one in client("secretsmanager").list_secrets()["SecretList"]]
    secrets = {name: client("secretsmanager").get_secret_value(SecretId=name)["SecretString"] for name in names}
    return {**{one["Name"]: one["Value"] for one in parameters}, **secrets}


def test_they_are_there_as_long_as_the_context_lasts(client: Client, tmp_path: Path) -> None:
    with lent(client, tmp_path / "lock", PARAMETERS, SECRETS):
        assert there(client) == {**PARAMETERS, **SECRETS}
        found = client("ssm").get_parameters(Names=list(PARAMETERS))["Parameters"]
        assert {one["Type"] for one in found} == {"SecureString"}
    assert there(client) == {}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_they_are_gone_also_after_an_error_or_an_interrupt(
    client: Client, tmp_path: Path, error: type[BaseException]
) -> None:
    with pytest.raises(error), lent(client, tmp_path / "lock", PARAMETERS, SECRETS):
        raise error
    assert there(client) == {}


def test_somebody_who_deleted_them_meanwhile_does_no_harm(client: Client, tmp_path: Path) -> None:
    with lent(client, tmp_path / "lock", PARAMETERS, SECRETS):
        client("ssm").delete_parameter(Name="/prod/a")
        client("secretsmanager").delete_secret(SecretId="prod/c", ForceDeleteWithoutRecovery=True)
    assert there(client) == {}


def test_what_was_there_is_left_alone_and_nothing_else_is_put(client: Client, tmp_path: Path) -> None:
    client("secretsmanager").create_secret(Name="prod/c", SecretString="kept")
    with pytest.raises(NotLent, match="own AWS already") as refused, lent(client, tmp_path / "l", PARAMETERS, SECRETS):
        raise AssertionError("they were lent")
    assert (refused.value.store, refused.value.name) == ("secretsmanager", "prod/c")
    assert there(client) == {"prod/c": "kept"}


def test_what_somebody_lent_and_never_took_back_is_replaced(client: Client, tmp_path: Path) -> None:
    killed = lent(client, tmp_path / "another-lock", PARAMETERS, SECRETS)
    killed.__enter__()  # and nothing more
    with lent(client, tmp_path / "lock", {"/prod/a": "new value"}, {"prod/c": "new value"}):
        assert there(client) == {"/prod/a": "new value", "/prod/b": '{"X": "1"}', "prod/c": "new value"}
    assert there(client) == {"/prod/b": '{"X": "1"}'}


def test_one_submission_at_a_time(client: Client, tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    with lent(client, tmp_path / "lock", PARAMETERS, {}):
        assert not lock.try_acquire()
    assert lock.try_acquire()
    lock.release()


@pytest.mark.parametrize(("name", "value"), [("/aws/x", "s3cret-value"), ("/x", "")])
def test_what_is_not_taken_is_named_without_its_value(client: Client, tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(NotLent, match="is not taken") as refused, lent(client, tmp_path / "lock", {name: value}, {}):
        raise AssertionError("it was lent")
    assert refused.value.name == name
    assert "s3cret" not in str(refused.value)
