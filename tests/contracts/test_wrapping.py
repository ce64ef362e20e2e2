"""What every ``intake.kept_jobs.Wrapping`` must do."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from contracts.aws import Aws
from contracts.examples import new_run_id
from fakes.calls import Calls
from fakes.wrapping import MemoryWrapping

from execution_engine.bundles.age import AgeKey
from execution_engine.errors import BundleUnreadable, SealingFailed
from execution_engine.intake.kept_jobs import Wrapping
from execution_engine.storage.key_wrapping import KmsWrapping


class WrappingContract:
    """Subclasses have a fixture ``wrapping``; each test has a ``run_id`` of its own."""

    def test_what_was_wrapped_for_a_run_is_unwrapped_for_it(self, wrapping: Wrapping, run_id: str) -> None:
        identity, other = AgeKey.generate().identity, AgeKey.generate().identity
        wrapped = [wrapping.wrap(run_id, identity), wrapping.wrap(run_id, other)]
        assert [wrapping.unwrap(run_id, one) for one in wrapped] == [identity, other]

    def test_nothing_of_a_key_shows(self, wrapping: Wrapping, run_id: str) -> None:
        identity = AgeKey.generate().identity
        assert identity.encode() not in wrapping.wrap(run_id, identity)

    def test_it_opens_for_no_other_run(self, wrapping: Wrapping, run_id: str) -> None:
        identity = AgeKey.generate().identity
        wrapped = wrapping.wrap(run_id, identity)
        with pytest.raises(BundleUnreadable) as refused:
            wrapping.unwrap(new_run_id(), wrapped)
        assert identity not in str(refused.value)

    @pytest.mark.parametrize("wrapped", [b"x", b"x" * 200])
    def test_what_was_never_wrapped_is_refused(self, wrapping: Wrapping, run_id: str, wrapped: bytes) -> None:
        with pytest.raises(BundleUnreadable):
            wrapping.unwrap(run_id, wrapped)


class TestInMemory(WrappingContract):
    @pytest.fixture
    def wrapping(self) -> Wrapping:
        return MemoryWrapping(Calls())


@pytest.fixture(scope="module")
def key(aws: Aws) -> str:
    made: str = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    return made


class TestOnKms(WrappingContract):
    @pytest.fixture
    def wrapping(self, aws: Aws, key: str) -> Wrapping:
        return KmsWrapping(aws.client("kms"), key)

    def test_a_key_that_is_gone_is_named_with_the_setting(self, aws: Aws, run_id: str) -> None:
        gone = KmsWrapping(aws.client("kms"), "alias/gone")
        with pytest.raises(SealingFailed, match=r"alias/gone.*NotFoundException.*AWS_EXE_SYS_KMS_KEY"):
            gone.wrap(run_id, "AGE-SECRET-KEY-1")
        with pytest.raises(BundleUnreadable, match=r"alias/gone.*AWS_EXE_SYS_KMS_KEY"):
            gone.unwrap(run_id, b"x" * 200)

    def test_another_key_does_not_open_it(self, aws: Aws, wrapping: Wrapping, run_id: str) -> None:
        other = KmsWrapping(aws.client("kms"), aws.client("kms").create_key()["KeyMetadata"]["Arn"])
        with pytest.raises(BundleUnreadable):
            other.unwrap(run_id, wrapping.wrap(run_id, AgeKey.generate().identity))


class Refusing:
    def __init__(self, code: str) -> None:
        self.error = ClientError({"Error": {"Code": code, "Message": ""}}, "Encrypt")

    def encrypt(self, **_: Any) -> Any:
        raise self.error

    decrypt = encrypt


@pytest.mark.parametrize(("code", "for_good"), [("AccessDeniedException", True), ("ThrottlingException", False)])
def test_only_what_asking_again_would_not_change_is_an_answer(code: str, for_good: bool) -> None:
    wrapping = KmsWrapping(Refusing(code), "alias/x")
    with pytest.raises(SealingFailed if for_good else ClientError):
        wrapping.wrap("r", "AGE-SECRET-KEY-1")
    with pytest.raises(BundleUnreadable if for_good else ClientError):
        wrapping.unwrap("r", b"x")
