from __future__ import annotations

import re
from typing import Any

import pytest
from contracts.aws import REGION
from fakes.botocore_service import Refusal
from fakes.credential_stores import ACCOUNT, FakeParameterStore
from fakes.credential_stores import REGION as HERE
from moto import mock_aws
from unit.intake.credentials.stand import RUN

from execution_engine.errors import StoreError
from execution_engine.intake.credentials.fetcher import Fetched, Unreadable
from execution_engine.intake.credentials.parameter_store import ParameterStore
from execution_engine.jobs.naming import age_key_path

ARN = f"arn:aws:ssm:{HERE}:{ACCOUNT}:parameter"


def why(answer: Any) -> str:
    assert isinstance(answer, Unreadable)
    return answer.why


def test_ten_names_are_one_call_and_secure_strings_are_decrypted() -> None:
    store = FakeParameterStore({f"/a/{n}": f"value-{n}" for n in range(10)})
    found = ParameterStore(store.client).fetch(list(store.values))
    assert found == {name: Fetched(name, value) for name, value in store.values.items()}
    assert len(store.requests) == 1


def test_versions_labels_and_arns_are_told_apart() -> None:
    store = FakeParameterStore({"/a": "new", "/a:1": "old", "/a:live": "labelled"})
    names = ["/a", "/a:1", "/a:live", f"{ARN}/a", f"{ARN}/a:1"]
    found = ParameterStore(store.client).fetch(names)
    assert found == {name: Fetched("/a", value) for name, value in zip(names, ("new", "old", "labelled", "new", "old"),
                                                                        strict=True)}  # fmt: skip
    assert len(store.requests) == 1


def test_what_is_not_there_is_told_and_the_rest_is_read() -> None:
    found = ParameterStore(FakeParameterStore({"/a": "x"}).client).fetch(["/a", "/b", "/a:9"])
    assert found["/a"] == Fetched("/a", "x")
    assert why(found["/b"]) == why(found["/a:9"]) == f"does not exist (or has expired) in Parameter Store, {HERE}"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "denied.*ssm:GetParameters on it.*kms:Decrypt"),
        ("InvalidKeyId", "can't be decrypted"),
        ("ValidationException", "is no name that Parameter Store takes"),
    ],
)
def test_one_that_fails_a_whole_call_is_found_and_the_others_are_read(code: str, words: str) -> None:
    store = FakeParameterStore({f"/a/{n}": f"value-{n}" for n in range(10)})
    store.failing = {"/a/3": code}
    found = ParameterStore(store.client).fetch(list(store.values))
    assert [name for name, one in found.items() if isinstance(one, Unreadable)] == ["/a/3"]
    assert re.search(words, why(found["/a/3"]))
    assert len(store.requests) == 1 + 10


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_a_store_that_can_not_tell_for_now_is_no_fault_of_the_job(code: str) -> None:
    store = FakeParameterStore({"/a": "x"})
    store.refuse_with = Refusal(code, "Rate exceeded")
    with pytest.raises(StoreError, match=rf"Parameter Store gave no answer for now \({code}\).*submit the job again"):
        ParameterStore(store.client).fetch(["/a", "/b"])


def test_a_store_out_of_reach_is_no_fault_of_the_job() -> None:
    store = FakeParameterStore()
    store.unreachable = True
    with pytest.raises(StoreError, match="EndpointConnectionError"):
        ParameterStore(store.client).fetch(["/a"])


@pytest.mark.parametrize("prefix", ["/engine", "/engine/", "/of/one/engine"])
def test_the_keys_of_runs_are_nobodys_however_they_are_named(prefix: str) -> None:
    key = age_key_path(prefix, RUN)
    store = FakeParameterStore({key: "AGE-SECRET-KEY-1", "/a": "x"})
    names = [key, f"{key}:1", f"{ARN}{key}", f"{ARN}{key}:live", "/a"]
    found = ParameterStore(store.client, prefix).fetch(names)
    assert [name for name, one in found.items() if isinstance(one, Fetched)] == ["/a"]
    assert all("no job may read it" in why(found[name]) for name in names[:-1])
    assert [request.parameters["Names"] for request in store.requests] == [["/a"]]


def test_what_only_looks_like_the_key_of_a_run_is_read() -> None:
    store = FakeParameterStore({"/engine/credentials/age-key": "x", "/age-key": "x", "/other/runs/1/age-key": "x"})
    found = ParameterStore(store.client, "/engine").fetch(list(store.values))
    assert {type(one) for one in found.values()} == {Fetched}


def test_it_reads_what_moto_holds() -> None:
    import boto3

    with mock_aws():
        client = boto3.client("ssm", region_name=REGION)
        for value in ("old", "new"):
            client.put_parameter(Name="/a", Value=value, Type="SecureString", Overwrite=True)
        client.put_parameter(Name="plain", Value="p", Type="String")
        # moto's answer does not say which version was meant, so that one is asked for by itself.
        assert ParameterStore(client).fetch(["/a:1", "plain", "/none"]) == {
            "/a:1": Fetched("/a", "old"),
            "plain": Fetched("plain", "p"),
            "/none": Unreadable(f"does not exist (or has expired) in Parameter Store, {REGION}"),
        }
        assert ParameterStore(client).fetch(["/a"]) == {"/a": Fetched("/a", "new")}
