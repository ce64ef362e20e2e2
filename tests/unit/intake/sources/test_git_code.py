"""Which repositories are fetched how often, what is packed, what is told; a folder in git's place."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from unit.intake.stand import order

from execution_engine.bundles.limits import Limits
from execution_engine.errors import JobRefused
from execution_engine.intake.sources.git_address import GitAddress, GitAddresses
from execution_engine.intake.sources.git_auth import NOBODY, GitAuth
from execution_engine.intake.sources.git_code import GitCode
from execution_engine.intake.sources.git_faults import AccessRefused, GitRefused, RefMissing
from execution_engine.intake.sources.git_hosts import GitHosts
from execution_engine.intake.sources.git_place import GitPlace
from execution_engine.intake.sources.git_providers import GitProviders
from execution_engine.jobs.job import Order
from execution_engine.jobs.specification import parse_job

COMMIT = "c" * 40


class FolderSource:
    """Copies a folder. ``asked``: repository, reference, folders of each fetch; ``faults`` by reference."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self.asked: list[tuple[str, str | None, tuple[str, ...]]] = []
        self.auths: set[GitAuth] = set()
        self.faults: dict[str | None, GitRefused] = {}
        self.trees: list[Path] = []

    def fetch(
        self, address: GitAddress, ref: str | None, auth: GitAuth, into: Path, folders: Collection[str] = ()
    ) -> str:
        self.asked.append((str(address.places[0]), ref, tuple(folders)))
        self.auths.add(auth)
        self.trees.append(into)
        if ref in self.faults:
            raise self.faults[ref]
        shutil.copytree(self.files, into, symlinks=True)
        return COMMIT


@pytest.fixture
def files(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    for folder in ("a", "same-1", "same-2", "deep/er"):
        (made / folder).mkdir(parents=True)
    (made / "a" / "run.sh").write_text("#!/bin/sh\n")
    (made / "a" / "run.sh").chmod(0o755)
    (made / "a" / "link").symlink_to("run.sh")
    for twin in ("same-1", "same-2", "deep/er"):
        (made / twin / "x").write_text("x")
    (made / "submodule").mkdir()
    (made / "to-a").symlink_to("a")
    (made / "out").mkdir()
    (made / "out" / "link").symlink_to("../a")
    return made


def made(source: FolderSource, limits: Limits | None = None) -> GitCode:
    addresses = GitAddresses(GitHosts(["github.com"]), GitProviders())
    return GitCode(
        source,  # type: ignore[arg-type]
        addresses,
        limits or Limits(),
        concurrently=lambda act, things: [act(one) for one in things],
    )


def orders_of(*orders: dict[str, Any], **job: Any) -> list[tuple[int, Order]]:
    document = {"username": "ann", "orders": [order(**one) for one in orders], **job}
    return list(enumerate(parse_job(document, door="init").orders))


def git(repo: str = "org/repo", folder: str | None = None, commit: str | None = None) -> dict[str, str]:
    given = {"git_repo": repo, "git_folder": folder, "commit_hash": commit}
    return {name: value for name, value in given.items() if value is not None}


def faults(code: GitCode, orders: list[tuple[int, Order]]) -> dict[str, str]:
    with pytest.raises(JobRefused) as refused, code.fetched(orders, "github", NOBODY):
        raise AssertionError("nothing was found wrong")
    return {fault.where: fault.message for fault in refused.value.faults}


def test_a_commit_is_fetched_once_with_all_folders_that_are_wanted(files: Path) -> None:
    source = FolderSource(files)
    orders = orders_of(
        git(folder="a"), git(folder="deep/er"), git(folder="a"), git(folder="a", commit="v1"), {}, git(commit="v2"),
        git(folder="a", commit="v2"), git("https://github.com/org/repo.git", folder="a"),
    )  # fmt: skip
    with made(source).fetched(orders, "github", NOBODY) as found:
        assert sorted(source.asked, key=str) == [
            ("https://github.com/org/repo.git", "v1", ("a",)),
            ("https://github.com/org/repo.git", "v2", ()),
            ("https://github.com/org/repo.git", None, ("a", "deep/er")),
        ]
        assert set(found) == {place for _, one in orders if (place := GitPlace.of(one))}


def test_equal_code_is_one_file_with_modes_and_links(files: Path) -> None:
    orders = orders_of(git(folder="a"), git(folder="same-1"), git(folder="same-2"), git("org/other", folder="a"))
    with made(FolderSource(files)).fetched(orders, "github", NOBODY) as found:
        by_folder = {(place.repo, place.folder): code for place, code in found.items()}
        assert by_folder[("org/repo", "same-1")] == by_folder[("org/repo", "same-2")]
        code = by_folder[("org/repo", "a")]
        assert code == by_folder[("org/other", "a")]
        data = code.path.read_bytes()
        assert (code.sha256, code.size) == (hashlib.sha256(data).hexdigest(), len(data))
        with zipfile.ZipFile(code.path) as archive:
            modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        assert modes == {"run.sh": 0o100755, "link": 0o120777}
        below = code.path.parent.parent
        assert len(list(below.rglob("*.zip"))) == 2
    assert not below.exists()


def test_the_files_of_a_commit_are_gone_once_they_are_packed(files: Path) -> None:
    source = FolderSource(files)
    with made(source).fetched(orders_of(git(folder="a")), "github", NOBODY):
        assert source.trees
        assert not any(tree.exists() for tree in source.trees)


def test_credentials_are_handed_on(files: Path) -> None:
    source = FolderSource(files)
    auth = GitAuth("t0ken-1")
    with made(source).fetched(orders_of(git(folder="a")), "github", auth):
        assert source.auths == {auth}


def test_orders_without_git_ask_nobody(files: Path) -> None:
    source = FolderSource(files)
    with made(source).fetched(orders_of({}, {"s3_location": "s3://bucket/x.zip"}), "github", NOBODY) as found:
        assert (found, source.asked) == ({}, [])


def test_bad_addresses_are_all_told_before_anybody_is_asked(files: Path) -> None:
    source = FolderSource(files)
    orders = orders_of(git("https://gitlab.com/o/r"), git(), git("https://10.0.0.1/o/r"))
    told = faults(made(source), orders)
    assert list(told) == ["orders[0].git_repo", "orders[2].git_repo"]
    assert "gitlab.com" in told["orders[0].git_repo"]
    assert source.asked == []
    assert list(faults(made(source), [(3, orders[0][1])])) == ["orders[3].git_repo"]


def test_every_fault_is_told_at_its_order_and_field(files: Path) -> None:
    source = FolderSource(files)
    source.faults = {"gone": RefMissing("no such tag"), "closed": AccessRefused("no such token")}
    told = faults(
        made(source),
        orders_of(
            git(folder="a"), git(folder="a", commit="gone"), git(folder="deep", commit="gone"), git(commit="closed"),
            git(folder="nowhere"), git(folder="a/run.sh"), git(folder="to-a"), git(folder="submodule"),
            git(folder="out"),
        ),
    )  # fmt: skip
    assert {where: words for where, words in told.items() if "commit_hash" in where or "git_repo" in where} == {
        "orders[1].commit_hash": "no such tag",
        "orders[2].commit_hash": "no such tag",
        "orders[3].git_repo": "no such token",
    }
    for index, folder in ((4, "nowhere"), (5, "a/run.sh"), (6, "to-a"), (7, "submodule")):
        assert (
            f"no folder '{folder}' in https://github.com/org/repo.git at {COMMIT}"
            in told[f"orders[{index}].git_folder"]
        )
    assert "outside the code's folder" in told["orders[8].git_folder"]
    assert len(told) == 8
    assert sum(ref == "gone" for _, ref, _ in source.asked) == 1


def test_a_fault_in_packing_names_the_repository_and_no_folder_of_ours(files: Path) -> None:
    (message,) = faults(made(FolderSource(files), Limits(size=3)), orders_of(git(folder="a"))).values()
    assert f"a of https://github.com/org/repo.git at {COMMIT}" in message
    assert "aws-exe-sys-" not in message
    (message,) = faults(made(FolderSource(files)), orders_of(git(folder="out"))).values()
    assert "aws-exe-sys-" not in message
