from __future__ import annotations

import pytest
from contracts.aws import REGION
from fakes.botocore_service import Refusal
from fakes.credential_stores import REGION as HERE
from fakes.credential_stores import FakeSecretsManager
from moto import mock_aws

from execution_engine.errors import StoreError
from execution_engine.intake.credentials.fetcher import Fetched, Unreadable
from execution_engine.intake.credentials.secrets_manager import SecretsManager

ABSENT = Unreadable(f"does not exist in Secrets Manager, {HERE}")


def test_twenty_names_are_one_call() -> None:
    store = FakeSecretsManager({f"a/{n}": f"value-{n}" for n in range(20)})
    found = SecretsManager(store.client).fetch(list(store.values))
    assert found == {name: Fetched(name, str(value)) for name, value in store.values.items()}
    assert [request.operation for request in store.requests] == ["BatchGetSecretValue"]


def test_one_name_needs_no_right_to_batches() -> None:
    store = FakeSecretsManager({"a": "x"})
    store.batches = False
    assert SecretsManager(store.client).fetch(["a"]) == {"a": Fetched("a", "x")}
    assert [request.operation for request in store.requests] == ["GetSecretValue"]


def test_names_arns_and_bytes() -> None:
    store = FakeSecretsManager({"a/b": "x", "c": b"\xff\x00"})
    names = ["a/b", store.arn("a/b"), store.arn("c")]
    assert SecretsManager(store.client).fetch(names) == {
        "a/b": Fetched("a/b", "x"),
        store.arn("a/b"): Fetched("a/b", "x"),
        store.arn("c"): Fetched("c", b"\xff\x00"),
    }
    assert len(store.requests) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "denied"),
        ("DecryptionFailure", "can't be decrypted"),
        ("InvalidRequestException", "marked for deletion"),
        ("InvalidParameterException", "is no name"),
    ],
)
def test_a_batch_tells_what_is_wrong_with_each(code: str, words: str) -> None:
    store = FakeSecretsManager({"a": "x", "b": "y"})
    store.failing = {"b": code}
    found = SecretsManager(store.client).fetch(["a", "b", "c"])
    refused = found["b"]
    assert (found["a"], found["c"]) == (Fetched("a", "x"), ABSENT)
    assert isinstance(refused, Unreadable)
    assert words in refused.why
    assert len(store.requests) == 1


def test_without_the_right_to_batches_each_is_read_by_itself() -> None:
    store = FakeSecretsManager({"a": "x", "b": "y"})
    store.batches = False
    store.failing = {"b": "AccessDeniedException"}
    found = SecretsManager(store.client).fetch(["a", "b", "c"])
    assert (found["a"], found["c"]) == (Fetched("a", "x"), ABSENT)
    assert isinstance(found["b"], Unreadable)
    assert [request.operation for request in store.requests] == ["BatchGetSecretValue", *["GetSecretValue"] * 3]


def test_what_a_batch_leaves_out_or_could_not_tell_of_is_asked_for_again() -> None:
    store = FakeSecretsManager({"a": "x", "b": "y", "c": "z"})
    store.left_out = {"b"}
    store.failing = {"c": "InternalServiceError"}
    with pytest.raises(StoreError, match=r"Secrets Manager gave no answer for now \(InternalServiceError\)"):
        SecretsManager(store.client).fetch(["a", "b", "c"])
    assert [request.parameters.get("SecretId") for request in store.requests] == [None, "b", "c"]


def test_a_throttled_batch_is_not_made_worse() -> None:
    store = FakeSecretsManager({"a": "x", "b": "y"})
    store.refuse_with = Refusal("ThrottlingException")
    with pytest.raises(StoreError, match="ThrottlingException"):
        SecretsManager(store.client).fetch(["a", "b"])
    assert len(store.requests) == 1


def test_it_reads_what_moto_holds() -> None:
    import boto3

    with mock_aws():
        client = boto3.client("secretsmanager", region_name=REGION)
        arn = client.create_secret(Name="prod/db", SecretString="x")["ARN"]
        client.create_secret(Name="bytes", SecretBinary=b"\xff")
        client.create_secret(Name="gone", SecretString="x")
        client.delete_secret(SecretId="gone")
        found = SecretsManager(client).fetch(["prod/db", arn, "bytes", "none", "gone"])
        assert found["prod/db"] == found[arn] == Fetched("prod/db", "x")
        assert found["bytes"] == Fetched("bytes", b"\xff")
        assert found["none"] == Unreadable(f"does not exist in Secrets Manager, {REGION}")
        assert isinstance(found["gone"], Unreadable)
