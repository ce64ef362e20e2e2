"""In a git checkout, what git ignores stays out; and a doubt is never decided by packing everything."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from execution_engine.bundles.archive import pack_folder
from execution_engine.errors import CodeUnusable


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def names(folder: Path) -> list[str]:
    into = io.BytesIO()
    pack_folder(folder, into)
    return zipfile.ZipFile(into).namelist()


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person who runs the tests may ignore files of their own."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("build/\n*.log\n.env\n")
    write(folder, "src/main.py", "run.sh", ".env", "build/out.o", "src/x.log")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "x")
    return folder


def test_tracked_and_new_files_enter_and_ignored_ones_do_not(checkout: Path) -> None:
    write(checkout, "new.txt", "fresh/new.txt", "only/ignored.log")
    assert names(checkout) == [
        ".gitignore", "fresh/", "fresh/new.txt", "new.txt", "run.sh", "src/", "src/main.py",
    ]  # fmt: skip


def test_a_tracked_file_enters_though_a_rule_ignores_it(checkout: Path) -> None:
    write(checkout, "forced.log")
    git(checkout, "add", "--force", "forced.log")
    assert "forced.log" in names(checkout)


def test_a_folder_inside_the_checkout_obeys_the_rules_above_it(checkout: Path) -> None:
    assert names(checkout / "src") == ["main.py"]


def test_files_deleted_from_disk_are_skipped(checkout: Path) -> None:
    (checkout / "run.sh").unlink()
    (checkout / "src" / "main.py").unlink()
    (checkout / "src" / "x.log").unlink()
    (checkout / "src").rmdir()
    assert names(checkout) == [".gitignore"]


def test_what_is_behind_a_link_is_not_in_the_folder(checkout: Path) -> None:
    (checkout / "src").rename(checkout / "moved")
    (checkout / "src").symlink_to("moved")
    assert names(checkout) == [".gitignore", "moved/", "moved/main.py", "run.sh", "src"]


def test_empty_folders_enter_unless_ignored(checkout: Path) -> None:
    for name in ("empty/deep", "src/empty", "src/build", "build/empty", "mixed/empty"):
        (checkout / name).mkdir(parents=True)
    write(checkout, "mixed/x.log")
    assert [name for name in names(checkout) if name.endswith("/")] == [
        "empty/", "empty/deep/", "mixed/", "mixed/empty/", "src/", "src/empty/",
    ]  # fmt: skip


def test_odd_names_are_read_as_they_are(checkout: Path) -> None:
    write(checkout, 'quo"te', "new\nline", "größe", " space ")
    assert {'quo"te', "new\nline", "größe", " space "} <= set(names(checkout))


def test_a_submodule_is_packed_without_what_it_ignores_itself(checkout: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "--quiet")
    (library / ".gitignore").write_text("*.tmp\n")
    write(library, "lib.py")
    git(library, "add", ".")
    git(library, "commit", "--quiet", "-m", "x")
    git(checkout, "submodule", "--quiet", "add", str(library), "vendor/library")
    write(checkout, "vendor/library/x.tmp", "vendor/library/new.py")
    assert [name for name in names(checkout) if name.startswith("vendor")] == [
        "vendor/", "vendor/library/", "vendor/library/.gitignore",
        "vendor/library/lib.py", "vendor/library/new.py",
    ]  # fmt: skip


def test_a_submodule_that_was_never_fetched_is_an_empty_folder(checkout: Path) -> None:
    (checkout / "vendor").mkdir()
    commit = "160000,1234567890123456789012345678901234567890,vendor"
    git(checkout, "update-index", "--add", "--cacheinfo", commit)
    assert "vendor/" in names(checkout)


def test_conflicted_files_enter_once(checkout: Path) -> None:
    git(checkout, "checkout", "--quiet", "-b", "other")
    (checkout / "run.sh").write_text("other")
    git(checkout, "commit", "--quiet", "-am", "other")
    git(checkout, "checkout", "--quiet", "-")
    (checkout / "run.sh").write_text("mine")
    git(checkout, "commit", "--quiet", "-am", "mine")
    with pytest.raises(subprocess.CalledProcessError):
        git(checkout, "merge", "other")
    assert names(checkout).count("run.sh") == 1


def test_outside_a_checkout_everything_enters(tmp_path: Path) -> None:
    write(tmp_path / "plain", ".gitignore", "a.log")
    (tmp_path / "plain" / ".gitignore").write_text("*.log")
    assert names(tmp_path / "plain") == [".gitignore", "a.log"]


def test_a_folder_that_only_looks_like_a_repository_is_none(tmp_path: Path) -> None:
    write(tmp_path / "plain", "a", ".git/notes")
    assert names(tmp_path / "plain") == ["a"]


def test_a_repository_that_git_refuses_is_not_packed_whole(checkout: Path) -> None:
    (checkout / ".git" / "index").write_bytes(b"damaged")
    with pytest.raises(CodeUnusable, match="git can't list the files of .*checkout .*: .*index"):
        names(checkout)


def test_a_worktree_whose_repository_is_gone_is_not_packed_whole(tmp_path: Path) -> None:
    write(tmp_path / "tree", ".env")
    (tmp_path / "tree" / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(CodeUnusable, match="git can't list"):
        names(tmp_path / "tree")


def test_without_git_a_checkout_is_not_packed_whole(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout / "src"))
    with pytest.raises(CodeUnusable, match="git is not installed"):
        names(checkout)


def test_programs_that_a_repository_names_are_not_run(checkout: Path, tmp_path: Path) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch '{tmp_path}/was-run'\n")
    spy.chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(spy))
    git(checkout, "config", "core.fsmonitorHookVersion", "1")
    assert "run.sh" in names(checkout)
    assert not (tmp_path / "was-run").exists()


def test_the_callers_git_variables_do_not_redirect(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    assert "run.sh" in names(checkout)


def test_git_that_does_not_answer_is_told(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 120)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(CodeUnusable, match="git could not list the files of .*: TimeoutExpired"):
        names(checkout)
