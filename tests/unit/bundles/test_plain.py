"""The bundle of an order for instances holds a manifest and names, and nothing that is secret."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from unit.bundles.test_bundle import MANIFEST, without, written

from execution_engine.bundles.bundle import Bundle
from execution_engine.bundles.plain import read_plain, write_plain
from execution_engine.errors import BundleUnreadable


def test_what_was_written_is_read() -> None:
    data = write_plain(MANIFEST, ["TOKEN", "API_KEY", "TOKEN"])
    assert read_plain(data) == (MANIFEST, ("API_KEY", "TOKEN"))
    assert read_plain(data, hashlib.sha256(data).hexdigest()) == read_plain(data)
    assert read_plain(write_plain(MANIFEST, [])) == (MANIFEST, ())


def test_there_is_nothing_else_in_it_and_the_same_has_the_same_bytes() -> None:
    data = write_plain(MANIFEST, ["B", "A"])
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.namelist() == ["manifest.json", "secrets.src"]
    assert archive.read("secrets.src") == b"A\nB\n"
    assert write_plain(MANIFEST, ["A", "B", "B"]) == data


def test_other_bytes_than_were_recorded_are_refused() -> None:
    with pytest.raises(BundleUnreadable, match=f"the launch named {'0' * 64}"):
        read_plain(write_plain(MANIFEST, []), "0" * 64)


def test_the_bundle_of_another_target_is_read_as_far_as_it_is_the_same() -> None:
    assert read_plain(written()) == (MANIFEST, ("API_KEY", "TOKEN"))
    with pytest.raises(BundleUnreadable, match=r"secrets\.enc\.json is missing"):
        Bundle.read(write_plain(MANIFEST, []), None)


@pytest.mark.parametrize("name", ["manifest.json", "secrets.src"])
def test_a_missing_member_is_named(name: str) -> None:
    with pytest.raises(BundleUnreadable, match=f"{name} is missing"):
        read_plain(without(name))


@pytest.mark.parametrize("data", [b"", b"junk", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    with pytest.raises(BundleUnreadable, match="no readable zip"):
        read_plain(data)


def test_names_that_are_no_text_are_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("manifest.json", MANIFEST.to_json())
        archive.writestr("secrets.src", b"\xff\n")
    with pytest.raises(BundleUnreadable, match="no UTF-8"):
        read_plain(written.getvalue())


def test_a_name_with_a_line_break_is_not_written() -> None:
    with pytest.raises(ValueError, match="line break"):
        write_plain(MANIFEST, ["A\nB"])
