"""What can be wrong with a bundle before anything of it runs; the good way is in test_worker."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit.worker.stand import KEY, NUM, Stand, packed_order, zipped

from execution_engine.bundles.manifest import CodePointer
from execution_engine.bundles.sealing import AgeKey
from execution_engine.errors import BundleUnreadable
from execution_engine.worker import opening as module
from execution_engine.worker.opening import Opening
from execution_engine.worker.patience import Patience


class Flaky(io.BytesIO):
    """Breaks off after the first block."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise ConnectionResetError("mid-way")
        return super().read(10)


@pytest.fixture
def stand() -> Stand:
    return Stand(port=1)


@pytest.fixture
def patience() -> Patience:
    return Patience(sleep=lambda seconds: None, share=lambda: 0.0, tries=3)


@pytest.fixture
def opening(stand: Stand, patience: Patience) -> Opening:
    return Opening(
        lambda bucket, key: io.BytesIO(stand.objects[key]), lambda path: KEY.identity, patience, now=lambda: 0.0
    )


def test_an_order_without_variables_needs_no_sops(stand: Stand, patience: Patience) -> None:
    def fail(sealed: bytes, identity: str) -> dict[str, str]:
        raise AssertionError("sops was run")

    order = packed_order(stand, "true")
    opening = Opening(
        lambda bucket, key: io.BytesIO(stand.objects[key]),
        lambda path: KEY.identity,
        patience,
        now=lambda: 0.0,
        unseal_variables=fail,
    )
    variables, secrets = opening.variables(opening.bundle(order))
    assert variables == {}
    assert not secrets


def test_opened_secrets_are_not_shown(stand: Stand, opening: Opening) -> None:
    opened = opening.bundle(packed_order(stand, "true", variables={"A": "s3cr3t-value"}, secret_names=("A", "B")))
    variables, secrets = opening.variables(opened)
    assert secrets.mask(b"s3cr3t-value") == b"***"
    assert variables == {"A": "s3cr3t-value"}
    assert KEY.identity not in repr(opened)
    assert "127.0.0.1" not in repr(opened)


def test_another_orders_bundle_is_refused(stand: Stand, opening: Opening) -> None:
    order = replace(packed_order(stand, "true"), order_num="0002")
    with pytest.raises(BundleUnreadable, match=f"that of order {NUM} of run .* not of order 0002"):
        opening.bundle(order)


def test_an_attempt_without_callbacks_is_refused(stand: Stand, opening: Opening) -> None:
    with pytest.raises(BundleUnreadable, match="of attempt 2 lacks '2'"):
        opening.bundle(replace(packed_order(stand, "true"), attempt=2))


def test_another_key_does_not_open_it(stand: Stand, patience: Patience) -> None:
    other = AgeKey.generate().identity
    opening = Opening(lambda bucket, key: io.BytesIO(stand.objects[key]), lambda path: other, patience, now=lambda: 0.0)
    with pytest.raises(BundleUnreadable, match="can't be opened") as error:
        opening.bundle(packed_order(stand, "true"))
    assert other not in str(error.value)


def test_a_bundle_that_is_too_large_is_not_read_whole(
    stand: Stand, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BUNDLE_LIMIT", 100)
    with pytest.raises(BundleUnreadable, match="more than 100 bytes"):
        opening.bundle(packed_order(stand, "true"))


def test_a_download_that_breaks_off_is_begun_again(tmp_path: Path, patience: Patience) -> None:
    code = zipped({"a": (b"x" * 1000, 0o644)})
    bodies = iter([Flaky(code), Flaky(code), io.BytesIO(code)])
    opening = Opening(lambda bucket, key: next(bodies), lambda path: "", patience, now=lambda: 0.0)
    pointer = CodePointer("code.zip", hashlib.sha256(code).hexdigest(), len(code))
    opening.code("internal", pointer, tmp_path / "packed", tmp_path / "code")
    assert (tmp_path / "code" / "a").read_bytes() == b"x" * 1000
    assert not (tmp_path / "packed").exists()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda code: Flaky(code), "can't be fetched: ConnectionResetError: mid-way"),
        (lambda code: io.BytesIO(code[:-1]), "is not what was packed"),
        (lambda code: io.BytesIO(code + b"x" * 10_000_000), "is not what was packed"),
        (lambda code: io.BytesIO(b"\0" + code[1:]), "is not what was packed"),
    ],
)
def test_other_code_than_was_packed_is_refused(
    tmp_path: Path, patience: Patience, spoil: Callable[[bytes], Any], told: str
) -> None:
    code = zipped({"a": (b"x", 0o644)})
    pointer = CodePointer("code.zip", hashlib.sha256(code).hexdigest(), len(code))
    opening = Opening(lambda bucket, key: spoil(code), lambda path: "", patience, now=lambda: 0.0)
    with pytest.raises(BundleUnreadable, match=told):
        opening.code("internal", pointer, tmp_path / "packed", tmp_path / "code")
    assert not (tmp_path / "code").exists()


@pytest.mark.parametrize(("now", "expired"), [(999.0, False), (1000.0, True), (5000.0, True)])
def test_a_key_that_has_expired_is_not_even_asked_for(
    stand: Stand, patience: Patience, now: float, expired: bool
) -> None:
    asked: list[str] = []

    def identity(path: str) -> str:
        asked.append(path)
        return KEY.identity

    order = packed_order(stand, "true", key_expires_at=1000.0)
    opening = Opening(lambda bucket, key: io.BytesIO(stand.objects[key]), identity, patience, now=lambda: now)
    if not expired:
        opening.bundle(order)
        return
    with pytest.raises(
        BundleUnreadable, match=rf"the age key {order.key_path} expired {now - 1000:,.0f} s ago.*submit"
    ):
        opening.bundle(order)
    assert asked == []
