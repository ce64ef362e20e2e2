"""Variables of orders for instances: encrypted, or not written at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fakes.bucket import MemoryBucket
from fakes.calls import Calls
from fakes.objects import Objects
from fakes.time_and_ids import FakeClock

from execution_engine.errors import SealingFailed, Unsealable
from execution_engine.intake.environments import Environments
from execution_engine.jobs.naming import environment_key

RUN = "00000000-0000-4000-8000-000000000001"
KEY = environment_key(RUN, "0001")
KMS_KEY = "arn:aws:kms:eu-west-1:123456789012:key/abc"
SECRET = 'hunter2 und "Grüße"\n'


@pytest.fixture
def bucket() -> Any:
    return MemoryBucket(Calls(), Objects(FakeClock()))


def test_an_order_has_an_object_of_its_own_under_the_engines_key(bucket: Any) -> None:
    Environments(bucket, KMS_KEY).keep(RUN, "0001", {"TOKEN": SECRET, "EMPTY": ""})
    assert json.loads(bucket.objects.get(KEY)) == {"TOKEN": SECRET, "EMPTY": ""}
    assert bucket.objects.keys() == [KEY]
    assert bucket.kms_keys == {KEY: KMS_KEY}


@pytest.mark.parametrize("kms_key", [KMS_KEY, ""])
def test_of_no_variables_there_is_no_object(bucket: Any, kms_key: str) -> None:
    Environments(bucket, kms_key).keep(RUN, "0001", {})
    assert bucket.objects.keys() == []


def test_without_a_key_nothing_is_written_and_the_setting_is_named(bucket: Any) -> None:
    with pytest.raises(SealingFailed, match="AWS_EXE_SYS_KMS_KEY is not set") as refused:
        Environments(bucket, "").keep(RUN, "0001", {"TOKEN": SECRET})
    assert "hunter2" not in str(refused.value)
    assert bucket.objects.keys() == []


def test_text_that_is_not_unicode_is_refused_by_name(bucket: Any) -> None:
    with pytest.raises(Unsealable, match="'BAD'") as refused:
        Environments(bucket, KMS_KEY).keep(RUN, "0001", {"GOOD": "1", "BAD": "hunter2\ud800"})
    assert "hunter2" not in str(refused.value)
    assert bucket.objects.keys() == []


class Refusing:
    name = "internal"

    def __init__(self, code: str) -> None:
        self.code = code

    def write(self, *_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": self.code, "Message": "hunter2"}}, "PutObject")


@pytest.mark.parametrize("code", ["KMS.DisabledException", "KMS.NotFoundException", "AccessDenied"])
def test_a_key_that_can_not_be_used_is_named_with_the_remedy(code: str) -> None:
    with pytest.raises(SealingFailed, match=rf"{code}.*AWS_EXE_SYS_KMS_KEY.*kms:GenerateDataKey") as refused:
        Environments(Refusing(code), KMS_KEY).keep(RUN, "0001", {"A": "1"})  # type: ignore[arg-type]
    assert "hunter2" not in str(refused.value)


def test_what_may_be_better_the_next_time_is_its_own_error() -> None:
    with pytest.raises(ClientError, match="SlowDown"):
        Environments(Refusing("SlowDown"), KMS_KEY).keep(RUN, "0001", {"A": "1"})  # type: ignore[arg-type]
