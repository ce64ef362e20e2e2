from __future__ import annotations

import pytest

from execution_engine.jobs import git_rules


@pytest.mark.parametrize(
    "repo",
    [
        "org/repo",
        "group/sub-group/repo.git",
        "https://git.example.com/org/repo",
        "https://git.example.com:8443/org/repo.git",
        "ssh://git@git.example.com:2222/org/repo.git",
        "ssh://git.example.com/~user/repo",
        "git@git.example.com:org/repo.git",
    ],
)
def test_forms_of_a_repository(repo: str) -> None:
    assert git_rules.git_repo(repo) == repo


@pytest.mark.parametrize(("folder", "kept"), [("a", "a"), ("./a/b/", "a/b"), (".", None), ("-a/b c", "-a/b c")])
def test_folders_are_put_into_one_form(folder: str, kept: str | None) -> None:
    assert git_rules.git_folder(folder) == kept


@pytest.mark.parametrize("ref", ["0a1b2c3", "v1.2.3", "main", "feature/x-1", "release@2026"])
def test_refs(ref: str) -> None:
    assert git_rules.commit_hash(ref) == ref


@pytest.mark.parametrize("ref", ["-x", "a b", "a..b", "a//b", "a.lock", "a/", "a;b", "a~1", ".a", "x" * 251])
def test_what_is_no_ref(ref: str) -> None:
    with pytest.raises(ValueError, match="must be a sha"):
        git_rules.commit_hash(ref)
