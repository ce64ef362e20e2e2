"""Whatever an archive says, nothing lands outside its folder and nothing is left in doubt."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from unit.bundles.zips import Entry, folder, link, patch_directory, read_tree, replace_bytes, write_zip

from execution_engine.bundles.limits import Limits
from execution_engine.bundles.unpacking import ArchiveSummary, check_archive, unpack
from execution_engine.errors import BundleUnreadable, CodeUnusable

HOSTILE = [
    pytest.param([Entry("/etc/cron.d/x")], "'/etc/cron.d/x' has an absolute path", id="absolute"),
    pytest.param([Entry("../../x")], r"'../../x' has '\.\.'", id="climbing"),
    pytest.param([Entry("a/../../x")], r"'a/../../x' has '\.\.'", id="climbing-inside"),
    pytest.param([folder("../x/")], r"'../x/' has '\.\.'", id="climbing-folder"),
    pytest.param([Entry("C:/x")], "'C:/x' has a drive letter", id="drive"),
    pytest.param([Entry("a\\..\\x")], "has a backslash", id="backslash"),
    pytest.param([Entry("a.txt"), Entry("a.txt")], "'a.txt' is in it twice", id="twice"),
    pytest.param([Entry("a/b"), Entry("a//./b")], "'a//./b' is in it twice", id="twice-normalised"),
    pytest.param([folder("a/"), folder("a/")], "'a/' is in it twice", id="folder-twice"),
    pytest.param([folder("a/"), Entry("a")], "'a' is in it as a folder too", id="folder-then-file"),
    pytest.param([Entry("a/b"), Entry("a")], "'a' is in it as a folder too", id="implied-folder-then-file"),
    pytest.param([Entry("a"), folder("a/")], "'a/' is in it twice", id="file-then-folder"),
    pytest.param([Entry("a"), Entry("a/b")], "'a/b' lies below 'a', which is a file", id="below-file"),
    pytest.param([link("a", "b"), Entry("a/x")], "'a/x' lies below the symbolic link 'a'", id="below-link"),
    pytest.param([Entry("a/x"), link("a", "b")], "'a' is in it as a folder too", id="link-over-folder"),
    pytest.param([link("a", "b"), Entry("a/b/c")], "'a/b/c' lies below the sym", id="deep-below-link"),
    pytest.param([link("a", "/etc")], "'a' is a symbolic link to the absolute", id="absolute-link"),
    pytest.param([link("d/a", "../../etc")], "'d/a' is a symbolic link to .* outside", id="link-outside"),
    pytest.param([link("h", "."), link("o", "h/../x")], "'o' is a symbolic link to .* outside", id="links"),
    pytest.param([link("a", "")], "'a' is a symbolic link without", id="empty-link"),
    pytest.param([link("a", "x" * 1025)], "'a' is a symbolic link with a target longer", id="long-link"),
    pytest.param([link("a/", "b")], "'a/' is a symbolic link with the name of a folder", id="link-folder"),
    pytest.param([Entry("p", mode=stat.S_IFIFO | 0o644)], "'p' is a device, pipe", id="pipe"),
    pytest.param([Entry("c", mode=stat.S_IFCHR | 0o644)], "'c' is a device, pipe", id="character-device"),
    pytest.param([Entry("b", mode=stat.S_IFBLK | 0o644)], "'b' is a device, pipe", id="block-device"),
    pytest.param([Entry("s", mode=stat.S_IFSOCK | 0o644)], "'s' is a device, pipe", id="socket"),
    pytest.param([Entry("a/", b"content")], "'a/' is a folder with content", id="folder-content"),
    pytest.param([Entry("a", b"x", method=zipfile.ZIP_LZMA)], "'a' uses compression method 14", id="lzma"),
    pytest.param([Entry("./", mode=stat.S_IFLNK)], "symbolic link with the name of a folder", id="root-link"),
    pytest.param([Entry(".", b"x")], r"'.' takes the place of the code's own folder", id="root-file"),
    pytest.param([Entry("a" * 300)], "longer than", id="long-name"),
    pytest.param([Entry(".git/config", b"token")], r"'.git/config' lies in \.git, which may hold", id="git"),
    pytest.param([Entry("vendor/lib/.git", b"gitdir: x")], r"'vendor/lib/.git' lies in \.git", id="git-file"),
    pytest.param([folder("./.git//")], r"lies in \.git", id="git-folder"),
    pytest.param([link(".git", "x")], r"'.git' lies in \.git", id="git-link"),
]


@pytest.mark.parametrize(("entries", "why"), HOSTILE)
def test_hostile_archives_are_refused_by_name(tmp_path: Path, entries: list[Entry], why: str) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("harmless.txt"), *entries)
    with pytest.raises(CodeUnusable, match=why):
        check_archive(path)
    with pytest.raises(BundleUnreadable, match=why):
        unpack(path, tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_a_name_cut_short_by_nul_is_shown_in_full(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("good.txtZ../evil"))
    replace_bytes(path, b"good.txtZ../evil", b"good.txt\0../evil")
    with pytest.raises(CodeUnusable, match=r"'good.txt\\x00../evil' has a NUL"):
        check_archive(path)


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("secret"))
    patch_directory(path, "secret", 8, b"\x01\x00")
    with pytest.raises(CodeUnusable, match="'secret' is encrypted"):
        check_archive(path)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x05\x06" + b"\xff" * 18, b"PK\x03\x04" * 99])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(CodeUnusable, match="no readable zip"):
        check_archive(path)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodeUnusable, match="x.zip can't be read: No such file"):
        check_archive(tmp_path / "x.zip")
    with pytest.raises(CodeUnusable, match="can't be read: Is a directory"):
        check_archive(tmp_path)


def test_members_are_counted_with_the_folders_they_imply(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("a/b/c"), Entry("a/b/d"))
    assert check_archive(path, Limits(members=4)).folders == 2
    with pytest.raises(CodeUnusable, match="more than 3 members"):
        check_archive(path, Limits(members=3))
    with pytest.raises(CodeUnusable, match="more than 1 members"):
        check_archive(path, Limits(members=1))


def test_the_size_is_that_of_all_members(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("a", b"x" * 600), Entry("b", b"x" * 400))
    assert check_archive(path, Limits(size=1_000)).size == 1_000
    with pytest.raises(CodeUnusable, match="more than 999 bytes"):
        check_archive(path, Limits(size=999))


def test_a_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("bomb", b"\0" * 1_000_000))
    assert check_archive(path).size == 1_000_000  # small enough to hurt nobody
    with pytest.raises(CodeUnusable, match="more than 200 times"):
        check_archive(path, Limits(ratio_from=100_000))


def test_a_huge_directory_is_refused_unread(tmp_path: Path) -> None:
    limits = Limits(members=10)
    path = write_zip(tmp_path / "x.zip", *(Entry(f"{n}" * 200) for n in range(9)))
    assert check_archive(path, limits).files == 9
    many = write_zip(tmp_path / "y.zip", *(Entry(f"{n:0200}") for n in range(300)))
    with pytest.raises(CodeUnusable, match="lists its members in"):
        check_archive(many, limits)


@pytest.mark.parametrize("declared", [10, 999])
def test_a_directory_that_understates_a_size_is_found_out(tmp_path: Path, declared: int) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("liar", b"x" * 1_000))
    patch_directory(path, "liar", 24, declared.to_bytes(4, "little"))
    assert check_archive(path).size == declared
    with pytest.raises(BundleUnreadable, match="liar"):
        unpack(path, tmp_path / "into")
    assert (tmp_path / "into" / "liar").stat().st_size <= declared


def test_a_directory_that_overstates_a_size_is_found_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("liar", b"x" * 1_000))
    patch_directory(path, "liar", 24, (2_000).to_bytes(4, "little"))
    with pytest.raises(BundleUnreadable, match="'liar' has 1,000 bytes and declares 2,000"):
        unpack(path, tmp_path / "into")


def test_what_is_written_is_counted_and_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("liar", b"x"))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: io.BytesIO(b"x" * 1_000))
    with pytest.raises(BundleUnreadable, match="'liar' is larger than it declares"):
        unpack(path, tmp_path / "into")
    assert (tmp_path / "into" / "liar").stat().st_size == 0


def test_changed_content_is_found_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("a", b"0123456789", method=zipfile.ZIP_STORED))
    replace_bytes(path, b"0123456789", b"0123x56789")
    with pytest.raises(BundleUnreadable, match="CRC"):
        unpack(path, tmp_path / "into")


def test_archives_without_unix_modes_get_usual_ones(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", folder("d/", mode=0), Entry("d/f.txt", b"x", 0), Entry("e/g", b"", 0))
    previous = os.umask(0o077)
    try:
        unpack(path, tmp_path / "into")
    finally:
        os.umask(previous)
    assert read_tree(tmp_path / "into") == {
        "d": ("folder", 0o755, b""),
        "d/f.txt": ("file", 0o644, b"x"),
        "e": ("folder", 0o755, b""),
        "e/g": ("file", 0o644, b""),
    }


def test_modes_grant_no_more_than_rwx_and_the_owner_enough(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "x.zip",
        Entry("setuid", mode=stat.S_IFREG | 0o6755),
        Entry("closed", mode=stat.S_IFREG),
        Entry("typeless", mode=0o600),
        folder("sticky/", mode=stat.S_IFDIR | 0o1777),
        folder("shut/", mode=stat.S_IFDIR | 0o005),
        Entry("shut/in", b"x"),
    )
    unpack(path, tmp_path / "into")
    assert {name: mode for name, (_, mode, _) in read_tree(tmp_path / "into").items()} == {
        "setuid": 0o755,
        "closed": 0o400,
        "typeless": 0o600,
        "sticky": 0o777,
        "shut": 0o705,
        "shut/in": 0o644,
    }


def test_links_come_last_and_folders_come_from_their_names(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", link("now", "v2"), Entry("./v2/f", b"x"), folder("v2/"), folder("./"))
    assert unpack(path, tmp_path / "into") == ArchiveSummary(1, 1, 1, 3, path.stat().st_size)
    assert (tmp_path / "into" / "now" / "f").read_bytes() == b"x"


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("a", b"new"))
    into = tmp_path / "into"
    into.mkdir()
    (into / "a").write_bytes(b"old")
    with pytest.raises(BundleUnreadable, match="is not empty"):
        unpack(path, into)
    assert (into / "a").read_bytes() == b"old"


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", Entry("a", b"new"))
    with pytest.raises(BundleUnreadable, match="can't be unpacked into"):
        unpack(path, path)


def test_a_zip_with_an_ordinary_writer_works(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", "hello")
        archive.mkdir("c")
    path.write_bytes(b"#!self-extracting\n" + content.getvalue())
    unpack(path, tmp_path / "into")
    assert (tmp_path / "into/a/b.txt").read_text() == "hello"
    assert (tmp_path / "into/c").is_dir()
