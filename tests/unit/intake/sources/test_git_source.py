"""The parts that need no server; the rest is in integration/test_git_sources.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from execution_engine.intake.sources.git_address import GitAddress, GitUrl
from execution_engine.intake.sources.git_auth import NOBODY
from execution_engine.intake.sources.git_faults import GitFailed, RefMissing
from execution_engine.intake.sources.git_process import Bounds
from execution_engine.intake.sources.git_source import GitSource, patterns_of

ADDRESS = GitAddress("org/repo", (GitUrl("https", "github.com", "/org/repo.git"),))


def source(git: str = "/nowhere/git") -> GitSource:
    return GitSource(known_hosts="", host={}, bounds=Bounds(5, 1_000_000), now=lambda: 0.0, git=git)


@pytest.mark.parametrize(
    "ref", ["-u", "--upload-pack=x", "a..b", "main:refs/heads/x", "+main", "a b", "", "refs/*", "a^{}"]
)
def test_what_is_no_reference_reaches_no_git(tmp_path: Path, ref: str) -> None:
    with pytest.raises(RefMissing, match="must be a sha, a tag or a branch"):
        source().fetch(ADDRESS, ref, NOBODY, tmp_path / "tree")


def test_nothing_stays_behind(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="https://github.com/org/repo.git can't be fetched: git can't be run"):
        source().fetch(ADDRESS, None, NOBODY, tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def test_folders_are_taken_with_the_attributes_around_them() -> None:
    assert list(patterns_of(["b", "a/x y/*[c]?"])) == [
        "/a/x\\ y/\\*\\[c\\]\\?/\n",
        "/b/\n",
        "/.gitattributes\n",
        "/a/.gitattributes\n",
        "/a/x\\ y/.gitattributes\n",
    ]
