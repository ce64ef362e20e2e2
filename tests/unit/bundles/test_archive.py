"""A folder packs into the same bytes each time, and into nothing that must not travel."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from unit.bundles.zips import read_tree

from execution_engine.bundles import archive as archive_module
from execution_engine.bundles.archive import Packed, pack_folder
from execution_engine.bundles.code_files import CodeFiles, list_code
from execution_engine.bundles.limits import Limits
from execution_engine.bundles.member_names import Parts
from execution_engine.bundles.unpacking import check_archive, unpack
from execution_engine.errors import CodeUnusable


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    return folder


def packed(folder: Path, limits: Limits | None = None) -> tuple[Packed, bytes]:
    into = io.BytesIO()
    result = pack_folder(folder, into, limits) if limits else pack_folder(folder, into)
    return result, into.getvalue()


def names(folder: Path) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(packed(folder)[1])).namelist()


def fill(code: Path) -> None:
    (code / "run.sh").write_text("#!/bin/sh\necho hi\n")
    (code / "run.sh").chmod(0o755)
    (code / "sub" / "deep").mkdir(parents=True)
    (code / "sub" / "data.bin").write_bytes(os.urandom(3_000_000))
    (code / "sub" / "data.bin").chmod(0o640)
    (code / "empty").mkdir(mode=0o750)
    (code / "größe 日本\n.txt").write_bytes(b"")
    (code / "latest").symlink_to("sub/deep")
    (code / "sub" / "up").symlink_to("../run.sh")
    (code / "dangling").symlink_to("nowhere")


def test_everything_comes_back(code: Path, tmp_path: Path) -> None:
    fill(code)
    result, data = packed(code)
    assert result == Packed(hashlib.sha256(data).hexdigest(), len(data), 6)
    (tmp_path / "x.zip").write_bytes(data)
    unpack(tmp_path / "x.zip", tmp_path / "into")
    assert read_tree(tmp_path / "into") == read_tree(code)


def test_the_same_content_gives_the_same_bytes(code: Path) -> None:
    fill(code)
    first = packed(code)
    os.utime(code / "run.sh", (1, 1))
    content = (code / "sub" / "data.bin").read_bytes()
    (code / "sub" / "data.bin").unlink()
    (code / "another").write_bytes(b"")
    (code / "another").unlink()
    (code / "sub" / "data.bin").write_bytes(content)
    (code / "sub" / "data.bin").chmod(0o640)
    assert packed(code) == first
    (code / "run.sh").chmod(0o700)
    assert packed(code) != first


def test_members_are_sorted_and_carry_one_time(code: Path) -> None:
    fill(code)
    members = zipfile.ZipFile(io.BytesIO(packed(code)[1])).infolist()
    assert [m.filename for m in members] == sorted((m.filename for m in members), key=lambda n: n.split("/"))
    assert {m.date_time for m in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {m.create_system for m in members} == {3}


def test_git_folders_never_enter(code: Path) -> None:
    (code / "vendor" / "lib" / ".git").mkdir(parents=True)
    (code / "vendor" / "lib" / ".git" / "config").write_text("token")
    (code / "vendor" / "tree").mkdir()
    (code / "vendor" / "tree" / ".git").write_text("gitdir: elsewhere")
    (code / "vendor" / "tree" / ".gitignore").write_text("kept")
    assert names(code) == ["vendor/", "vendor/lib/", "vendor/tree/", "vendor/tree/.gitignore"]


def test_an_empty_folder_is_an_empty_archive(code: Path, tmp_path: Path) -> None:
    result, data = packed(code)
    assert result.files == 0
    (tmp_path / "x.zip").write_bytes(data)
    unpack(tmp_path / "x.zip", tmp_path / "into")
    assert read_tree(tmp_path / "into") == {}


def test_a_link_to_the_folder_is_followed(code: Path, tmp_path: Path) -> None:
    fill(code)
    (tmp_path / "alias").symlink_to("code")
    assert packed(tmp_path / "alias") == packed(code)


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "../code/run.sh", "sub/../../x"])
def test_links_that_leave_are_named(code: Path, target: str) -> None:
    (code / "sub").mkdir()
    (code / "sub" / "leaves").mkdir()
    (code / "bad link").symlink_to(target)
    with pytest.raises(CodeUnusable, match=f"'bad link' in .* is a symbolic link to .*{target}"):
        packed(code)


def test_pipes_are_named_and_not_waited_for(code: Path) -> None:
    os.mkfifo(code / "pipe")
    with pytest.raises(CodeUnusable, match="'pipe' in .* is a device or pipe"):
        packed(code)


@pytest.fixture
def unix_socket(code: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as bound:
        previous = Path.cwd()
        os.chdir(code)  # a socket's path has room for 108 bytes only
        try:
            bound.bind("socket")
        finally:
            os.chdir(previous)
        yield


@pytest.mark.usefixtures("unix_socket")
def test_sockets_are_named(code: Path) -> None:
    with pytest.raises(CodeUnusable, match="'socket' in .* is a socket"):
        packed(code)


@pytest.mark.parametrize("name", ["back\\slash", "C:drive"])
def test_names_that_could_not_be_unpacked_are_refused(code: Path, name: str) -> None:
    (code / name).write_text("x")
    with pytest.raises(CodeUnusable, match="rename it or leave it out"):
        packed(code)


def test_names_that_are_no_text_are_refused(code: Path) -> None:
    (code / os.fsdecode(b"caf\xe9")).write_text("x")
    with pytest.raises(CodeUnusable, match="not UTF-8"):
        packed(code)


@pytest.mark.parametrize("missing", ["nowhere", "file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, missing: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CodeUnusable, match="is no folder"):
        packed(tmp_path / missing)


def test_what_unpacking_would_refuse_is_refused_now(code: Path) -> None:
    (code / "a").write_bytes(b"x" * 600)
    (code / "b").write_bytes(b"y" * 600)
    with pytest.raises(CodeUnusable, match="more than 1 members"):
        packed(code, Limits(members=1))
    with pytest.raises(CodeUnusable, match="'b' has 600 bytes and 599 are left"):
        packed(code, Limits(size=1_199))
    with pytest.raises(CodeUnusable, match="more than 2 times"):
        packed(code, Limits(ratio=2, ratio_from=1_000))
    assert packed(code, Limits(members=2, size=1_200))[0].files == 2


def test_unreadable_files_are_named(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code / "closed").write_text("x")

    really_open = os.open

    def refuse(path: Any, *how: Any, **where: Any) -> int:
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return really_open(path, *how, **where)

    monkeypatch.setattr(os, "open", refuse)  # root, who may run the tests, reads anything
    with pytest.raises(CodeUnusable, match="'closed' in .* can't be read: Permission denied"):
        packed(code)


def test_a_file_that_became_a_pipe_is_not_waited_for(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code / "file").write_text("x")

    def then_swap(folder: Path, limits: Limits, without: frozenset[Parts]) -> CodeFiles:
        listed = list_code(folder, limits, without)
        (code / "file").unlink()
        os.mkfifo(code / "file")
        return listed

    monkeypatch.setattr(archive_module, "list_code", then_swap)
    with pytest.raises(CodeUnusable, match="'file' in .* was a file and no longer is"):
        packed(code)


def test_an_error_of_the_destination_is_not_blamed_on_the_code(code: Path) -> None:
    (code / "a").write_bytes(os.urandom(100_000))

    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        pack_folder(code, Full())


def test_large_files_use_zip64(code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(50_000)
    (code / "large").write_bytes(content)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10_000)
    _, data = packed(code)
    member = zipfile.ZipFile(io.BytesIO(data)).getinfo("large")
    assert member.extract_version == zipfile.ZIP64_VERSION
    (tmp_path / "x.zip").write_bytes(data)
    assert check_archive(tmp_path / "x.zip").size == 50_000
    unpack(tmp_path / "x.zip", tmp_path / "into")
    assert (tmp_path / "into" / "large").read_bytes() == content


def test_only_permission_bits_are_packed(code: Path) -> None:
    (code / "tool").write_text("x")
    (code / "tool").chmod(0o4755)
    (member,) = zipfile.ZipFile(io.BytesIO(packed(code)[1])).infolist()
    assert member.external_attr >> 16 == stat.S_IFREG | 0o755


def test_what_is_left_out_is_not_packed(code: Path, tmp_path: Path) -> None:
    (code / "job.yaml").write_text("secret")
    (code / "state" / "deep").mkdir(parents=True)
    (code / "state" / "deep" / "x").write_text("x")
    (code / "kept").write_text("x")
    archive = io.BytesIO()
    pack_folder(code, archive, without=[code / "job.yaml", code / "state", tmp_path / "elsewhere"])
    names = zipfile.ZipFile(archive).namelist()
    assert "kept" in names
    assert not [name for name in names if name.startswith(("job.yaml", "state"))]
