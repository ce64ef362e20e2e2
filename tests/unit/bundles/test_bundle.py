"""A bundle opens only when it is the one that was launched, and whole."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest

from execution_engine.bundles import members
from execution_engine.bundles.bundle import Bundle, write_bundle
from execution_engine.bundles.manifest import CodePointer, Manifest
from execution_engine.errors import BundleUnreadable

MANIFEST = Manifest(
    run_id="8b6b2a6e-0000-4000-8000-000000000000",
    order_num="0001",
    order_name="build",
    trace_id="0" * 32,
    flow_id="me:0-exec",
    cmds=("echo 'größe'\n",),
    timeout=60,
    variables=2,
    code=CodePointer("tmp/exec/x/code/y.zip", "a" * 64, 10),
)


def written() -> bytes:
    return write_bundle(MANIFEST, b'{"sealed": 1}', ["TOKEN", "API_KEY", "TOKEN"], b"\0callbacks")


def without(name: str) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(written()))
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for info in source.infolist():
            if info.filename != name:
                archive.writestr(info, source.read(info))
    return into.getvalue()


def test_what_was_written_is_read() -> None:
    data = written()
    read = Bundle.read(data, hashlib.sha256(data).hexdigest())
    assert read == Bundle(MANIFEST, b'{"sealed": 1}', ("API_KEY", "TOKEN"), b"\0callbacks")
    assert Bundle.read(data, None) == read
    assert "callbacks=" not in repr(read)


def test_no_fetched_credentials_is_an_empty_list() -> None:
    assert Bundle.read(write_bundle(MANIFEST, b"", [], b""), None).secret_names == ()


def test_the_same_bundle_has_the_same_bytes() -> None:
    again = write_bundle(MANIFEST, b'{"sealed": 1}', ("API_KEY", "TOKEN"), b"\0callbacks")
    assert again == written()
    members = zipfile.ZipFile(io.BytesIO(again)).namelist()
    assert members == ["manifest.json", "secrets.enc.json", "secrets.src", "callbacks.age"]


def test_other_bytes_than_were_launched_are_refused() -> None:
    with pytest.raises(BundleUnreadable, match=f"the launch named {'0' * 64}"):
        Bundle.read(written(), "0" * 64)


@pytest.mark.parametrize("name", ["manifest.json", "secrets.enc.json", "secrets.src", "callbacks.age"])
def test_a_missing_member_is_named(name: str) -> None:
    with pytest.raises(BundleUnreadable, match=f"{name} is missing"):
        Bundle.read(without(name), None)


def test_a_member_that_is_there_twice_is_refused() -> None:
    into = io.BytesIO(written())
    with zipfile.ZipFile(into, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("secrets.src", "")
    with pytest.raises(BundleUnreadable, match="secrets.src is more than once"):
        Bundle.read(into.getvalue(), None)


def test_members_we_do_not_know_are_left_alone() -> None:
    into = io.BytesIO(written())
    with zipfile.ZipFile(into, "a") as archive:
        archive.writestr("later.json", "{}")
    assert Bundle.read(into.getvalue(), None) == Bundle.read(written(), None)


def test_an_oversized_member_is_refused_at_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_bundle(MANIFEST, b"x" * 1_001, [], b"")
    monkeypatch.setattr(members, "MEMBER_LIMIT", 1_000)
    with pytest.raises(BundleUnreadable, match="secrets.enc.json has more than 1,000 bytes"):
        Bundle.read(data, None)
    with pytest.raises(ValueError, match="secrets.enc.json has 1,001 bytes"):
        write_bundle(MANIFEST, b"x" * 1_001, [], b"")


@pytest.mark.parametrize("data", [b"", b"junk", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    with pytest.raises(BundleUnreadable, match="no readable zip"):
        Bundle.read(data, None)


def test_damage_is_told_as_such() -> None:
    data = bytearray(written())
    data[data.index(b"manifest.json") + 20] ^= 0xFF
    with pytest.raises(BundleUnreadable):
        Bundle.read(bytes(data), None)


def test_a_name_with_a_line_break_is_not_written() -> None:
    with pytest.raises(ValueError, match="line break"):
        write_bundle(MANIFEST, b"", ["A\nB"], b"")
