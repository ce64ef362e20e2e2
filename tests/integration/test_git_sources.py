"""Code from real servers on this machine: git over TLS with a token, and sshd with a key."""

from __future__ import annotations

import os
import random
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import ssh_server
from fakes.git_repository import GitRepository, Link, Program
from fakes.git_server import Asked, Behaviour, GitServer
from fakes.ssh_server import SshServer

from execution_engine.bundles.limits import Limits
from execution_engine.errors import JobRefused
from execution_engine.intake.sources.git_address import GitAddress, GitAddresses, GitUrl
from execution_engine.intake.sources.git_auth import NOBODY, GitAuth
from execution_engine.intake.sources.git_code import GitCode
from execution_engine.intake.sources.git_faults import (
    AccessRefused,
    GitFailed,
    GitRefused,
    HostKeyRefused,
    RefMissing,
    RepositoryMissing,
    TooLarge,
    TooSlow,
    Unreachable,
)
from execution_engine.intake.sources.git_hosts import GitHosts
from execution_engine.intake.sources.git_process import Bounds
from execution_engine.intake.sources.git_providers import GitProviders
from execution_engine.intake.sources.git_source import GitSource
from execution_engine.intake.sources.known_hosts import known_hosts
from execution_engine.jobs.job import Order
from execution_engine.jobs.specification import parse_job

TOKEN = "ghp_t0ken-of-the-tests"
BY_TOKEN = GitAuth(TOKEN)
NOISE = random.Random(1).randbytes(3_000_000)

needs_ssh = pytest.mark.skipif(ssh_server.missing() is not None, reason=ssh_server.missing() or "")


class Repositories:
    """``org/able`` is served with all that a server can do, ``org/plain`` with what git does by default."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.able = GitRepository(root / "org/able.git", uploadpack_allowFilter="true")
        self.plain = GitRepository(root / "org/plain.git")
        for repository in (self.able, self.plain):
            first = {"app/run.sh": Program("#!/bin/sh\necho 1\n"), "app/link": Link("run.sh"), "readme": "one\n"}
            self.first = repository.commit(first)
            repository.tag("v1", self.first, annotated=True)
            repository.tag("light", self.first)
            self.second = repository.commit(
                {
                    ".gitattributes": "*.bat text eol=crlf\n",
                    "app/run.bat": "a\nb\n",
                    "odd [x]*/a b/c": "odd\n",
                    "noise": NOISE,
                    "leaves/passwd": Link("../../etc/passwd"),
                }
            )
            self.branch = repository.commit({"app/new": "new\n"}, branch="feature/x")
        self.noise = self.able.git("rev-parse", f"{self.second}:noise", at=self.able.path)


class Stand:
    def __init__(self, repositories: Repositories, https: GitServer, other: GitServer, folder: Path) -> None:
        self.made = repositories
        self.https = https
        self.other = other
        self.folder = folder
        self.host = {"PATH": os.environ["PATH"], "GIT_SSL_CAINFO": str(https.authority)}
        self.bounds = Bounds(seconds=60, size=50_000_000)
        self.known = ""
        self.ssh: SshServer | None = None

    @property
    def addresses(self) -> GitAddresses:
        bases = [f"github=https://{self.https.at}"]
        if self.ssh is not None:
            bases.append(f"github={self.ssh.url('')}")
        at = [self.https.at, *([self.ssh.at] if self.ssh else [])]
        return GitAddresses(GitHosts(at), GitProviders(bases))

    @property
    def source(self) -> GitSource:
        return GitSource(known_hosts=known_hosts(self.known), host=self.host, bounds=self.bounds, now=time.monotonic)

    def fetch(
        self, repo: str = "org/able", ref: str | None = None, auth: GitAuth = BY_TOKEN, *folders: str
    ) -> tuple[str, dict[str, str]]:
        """The commit, and its files' beginnings."""
        return self.at(self.addresses.resolve(repo, "github"), ref, auth, *folders)

    def at(self, address: GitAddress, ref: str | None, auth: GitAuth, *folders: str) -> tuple[str, dict[str, str]]:
        tree = self.folder / "tree"
        commit = self.source.fetch(address, ref, auth, tree, folders)
        assert [path.name for path in self.folder.iterdir()] == ["tree"], "git leaves nothing else"
        found = {str(path.relative_to(tree)): path for path in tree.rglob("*") if path.is_symlink() or path.is_file()}
        return commit, {
            name: f"-> {path.readlink()}" if path.is_symlink() else path.read_bytes()[:20].decode(errors="replace")
            for name, path in found.items()
        }

    def refused(self, kind: type[GitRefused], *asked: Any) -> str:
        with pytest.raises(GitRefused) as refused:
            self.fetch(*asked)
        assert list(self.folder.iterdir()) == [], "a failed fetch leaves nothing"
        assert type(refused.value) is kind, refused.value
        return str(refused.value)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repositories, GitServer, GitServer]]:
    root = tmp_path_factory.mktemp("served")
    https = GitServer(root, tmp_path_factory.mktemp("https"))
    other = GitServer(root, tmp_path_factory.mktemp("other"))
    yield Repositories(root), https, other
    https.close()
    other.close()


@pytest.fixture(scope="module")
def sshd(
    served: tuple[Repositories, GitServer, GitServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SshServer]:
    server = SshServer(served[0].root, tmp_path_factory.mktemp("ssh"))
    yield server
    server.close()


@pytest.fixture
def stand(served: tuple[Repositories, GitServer, GitServer], tmp_path: Path) -> Stand:
    repositories, https, other = served
    for server in (https, other):
        server.behaviour = Behaviour(token=TOKEN)
        server.asked.clear()
    folder = tmp_path / "100% of it's fetch"
    folder.mkdir()
    return Stand(repositories, https, other, folder)


@pytest.fixture
def by_ssh(stand: Stand, sshd: SshServer) -> Stand:
    stand.ssh, stand.known = sshd, sshd.known
    return stand


FIRST = {"app/run.sh": "#!/bin/sh\necho 1\n", "app/link": "-> run.sh"}
SECOND = {**FIRST, "app/run.bat": "a\r\nb\r\n", ".gitattributes": "*.bat text eol=crlf\n"[:20]}


@pytest.mark.parametrize("version", [2, 0])
@pytest.mark.parametrize("repo", ["org/able", "org/plain"])
@pytest.mark.parametrize(
    ("ref", "commit", "files"),
    [
        (None, "second", SECOND),
        ("main", "second", SECOND),
        ("feature/x", "branch", {**SECOND, "app/new": "new\n"}),
        ("v1", "first", FIRST),
        ("light", "first", FIRST),
        ("refs/tags/v1", "first", FIRST),
        ("hash", "first", FIRST),
        ("short hash", "first", FIRST),
    ],
)
def test_every_kind_of_reference_from_every_kind_of_server(
    stand: Stand, repo: str, version: int, ref: str | None, commit: str, files: dict[str, str]
) -> None:
    stand.https.behaviour.version = version
    expected = getattr(stand.made, commit)
    ref = {"hash": expected, "short hash": expected[:7]}.get(ref or "", ref)
    assert stand.fetch(repo, ref, BY_TOKEN, "app") == (expected, files)


def test_as_little_as_possible_is_asked_for(stand: Stand) -> None:
    stand.fetch("org/able", "main", BY_TOKEN, "app")
    first, second = [asked.body.decode() for asked in stand.https.asked if b"command=fetch" in asked.body]
    assert "deepen 1" in first
    assert "filter blob:none" in first
    assert first.count("want ") == 1
    assert f"want {stand.made.second}" in first
    wanted = {line.split("want ")[1].strip() for line in second.splitlines() if "want " in line}
    assert len(wanted) == 4, "the folder's three distinct files, and the attributes above it, at once"
    assert stand.made.noise not in wanted


def test_everything_is_there_if_no_folder_is_named(stand: Stand) -> None:
    _, files = stand.fetch("org/able", "main")
    assert set(files) == {*SECOND, "readme", "noise", "odd [x]*/a b/c", "leaves/passwd"}


def test_a_folder_may_have_an_odd_name(stand: Stand) -> None:
    _, files = stand.fetch("org/able", "main", BY_TOKEN, "odd [x]*/a b")
    assert files == {"odd [x]*/a b/c": "odd\n", ".gitattributes": SECOND[".gitattributes"]}


def test_modes_are_the_commits_whatever_the_mask(stand: Stand) -> None:
    before = os.umask(0o077)
    try:
        stand.fetch("org/able", None, BY_TOKEN, "app")
    finally:
        os.umask(before)
    modes = {path.name: path.lstat().st_mode & 0o777 for path in (stand.folder / "tree").rglob("run.*")}
    assert modes == {"run.sh": 0o755, "run.bat": 0o644}


def test_a_public_repository_needs_no_token_and_gets_none(stand: Stand) -> None:
    stand.https.behaviour.token = None
    stand.fetch("org/able", None, BY_TOKEN, "app")
    stand.folder.joinpath("tree").rename(stand.folder.parent / "first")
    stand.fetch("org/able", None, NOBODY, "app")
    assert {asked.user for asked in stand.https.asked} == {""}


def test_a_repository_that_does_not_exist(stand: Stand) -> None:
    said = stand.refused(RepositoryMissing, "org/nothing")
    assert f"{stand.https.url('org/nothing.git')}: there is no such repository" in said


@pytest.mark.parametrize("ref", ["nothing", "0" * 40, "abcdef0", "v1/x"])
@pytest.mark.parametrize("version", [2, 0])
def test_a_reference_that_does_not_exist(stand: Stand, ref: str, version: int) -> None:
    stand.https.behaviour.version = version
    assert ref in stand.refused(RefMissing, "org/able", ref)


def test_a_tag_of_no_commit(stand: Stand) -> None:
    stand.made.able.tag("of-a-file", f"{stand.made.first}:readme")
    assert "of-a-file names no commit" in stand.refused(RefMissing, "org/able", "of-a-file")


def test_a_token_that_is_refused(stand: Stand) -> None:
    said = stand.refused(AccessRefused, "org/able", None, GitAuth("another-token"))
    assert "git_token_location" in said
    assert "another-token" not in said


def test_no_token_where_one_is_needed(stand: Stand) -> None:
    said = stand.refused(AccessRefused, "org/able", None, NOBODY)
    assert "wants a credential" in said


def test_a_server_that_tells_the_token_back(stand: Stand) -> None:
    stand.https.behaviour.refuse = 403
    said = stand.refused(AccessRefused)
    assert "you sent x-access-token:***" in said
    assert TOKEN not in said


def test_a_server_without_a_certificate_that_we_trust(stand: Stand) -> None:
    stand.host["GIT_SSL_CAINFO"] = str(stand.other.authority)
    assert "no safe connection" in stand.refused(Unreachable)
    assert stand.https.asked == []


def test_nobody_answers(stand: Stand) -> None:
    stand.host["HTTPS_PROXY"] = "http://me:pass-word@127.0.0.1:1"
    said = stand.refused(Unreachable)
    assert "can't be reached" in said
    assert "pass-word" not in said


def test_a_redirection_is_not_followed(stand: Stand) -> None:
    stand.https.behaviour.redirect = f"https://{stand.other.at}"
    assert "redirects" in stand.refused(Unreachable)
    assert stand.other.asked == []


def test_a_server_that_never_answers(stand: Stand) -> None:
    stand.https.behaviour.stall = True
    stand.bounds = replace(stand.bounds, seconds=1)
    assert "not fetched within 1 s" in stand.refused(TooSlow)


def test_a_repository_that_is_huge(stand: Stand) -> None:
    stand.bounds = replace(stand.bounds, size=1_000_000)
    assert "more than the 1,000,000 bytes" in stand.refused(TooLarge)
    assert "more than the 1,000,000 bytes" in stand.refused(TooLarge, "org/plain", None, BY_TOKEN, "app")
    assert stand.fetch("org/able", None, BY_TOKEN, "app")[0] == stand.made.second, "what is not needed does not count"


def test_files_that_are_huge_only_when_unpacked(stand: Stand) -> None:
    GitRepository(stand.made.root / "org/zeros.git").commit({"zeros": b"\0" * 40_000_000})
    stand.bounds = replace(stand.bounds, size=5_000_000)
    assert "more than the 5,000,000 bytes" in stand.refused(TooLarge, "org/zeros")


def test_submodules_are_never_fetched(stand: Stand) -> None:
    repository = GitRepository(stand.made.root / "org/parent.git", uploadpack_allowFilter="true")
    repository.commit({"a": "a"})
    repository.submodule("child", stand.made.first, stand.other.url("org/able.git"))
    _, files = stand.fetch("org/parent")
    assert set(files) == {"a", ".gitmodules"}
    assert list((stand.folder / "tree" / "child").iterdir()) == []
    assert stand.other.asked == []


@pytest.mark.parametrize(
    "attack", ["100644 blob {blob}\t.GIT", "120000 blob {blob}\t.gitmodules", "100644 blob {blob}\t..\\.git"]
)
def test_what_git_takes_for_an_attack_is_not_checked_out(stand: Stand, attack: str) -> None:
    repository = GitRepository(stand.made.root / "org/hostile.git")
    repository.tree("main", attack.format(blob=repository.blob("[core]\n")))
    assert "an attack" in stand.refused(GitFailed, "org/hostile")


def test_nothing_of_anybodys_configuration_runs(stand: Stand, tmp_path: Path) -> None:
    home, marker = tmp_path / "home", tmp_path / "marker"
    (home / "hooks").mkdir(parents=True)
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        path = home / "hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {marker}\n")
        path.chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {home}/hooks\n\tfsmonitor = touch {marker}\n\tsshCommand = touch {marker}\n"
        f'[filter "lfs"]\n\tsmudge = touch {marker}\n\tprocess = touch {marker}\n\trequired = true\n'
        f'[credential]\n\thelper = "!touch {marker};"\n'
        f'[url "{stand.other.url("")}"]\n\tinsteadOf = {stand.https.url("")}\n'
    )
    repository = GitRepository(stand.made.root / "org/filtered.git")
    repository.commit({".gitattributes": "*.bin filter=lfs\n", "a.bin": "a pointer\n"})
    stand.host |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "GIT_CONFIG_GLOBAL": str(home / ".gitconfig")}
    stand.host |= {"GIT_TEMPLATE_DIR": str(home), "GIT_CONFIG_SYSTEM": str(home / ".gitconfig")}
    _, files = stand.fetch("org/filtered")
    assert files["a.bin"] == "a pointer\n"
    assert not marker.exists()
    assert stand.other.asked == []


class Forged(GitUrl):
    """A place that got past every check of addresses."""

    def __str__(self) -> str:
        return self.path


@pytest.mark.parametrize("url", ["ext::sh -c touch% {marker}", "file://{root}/org/able.git", "{root}/org/able.git"])
def test_git_itself_speaks_no_other_protocol(stand: Stand, tmp_path: Path, url: str) -> None:
    marker = tmp_path / "marker"
    forged = Forged("https", "127.0.0.1", url.format(marker=marker, root=stand.made.root))
    with pytest.raises(GitFailed, match="transport '(ext|file)' not allowed"):
        stand.at(GitAddress("forged", (forged,)), None, BY_TOKEN)
    assert not marker.exists()


def test_a_token_is_in_no_argument_and_no_file_while_it_is_used(stand: Stand) -> None:
    seen: list[str] = []

    def hear(asked: Asked) -> None:
        if asked.user:
            arguments = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
            assert "git fetch" in arguments
            seen.extend(f"arguments: {line}" for line in arguments.splitlines() if TOKEN in line)
            files = [path for path in stand.folder.rglob("*") if path.is_file()]
            assert files
            seen.extend(f"file: {path}" for path in files if TOKEN.encode() in path.read_bytes())
            seen.append("looked")

    stand.https.behaviour.hear = hear
    stand.fetch("org/able", None, BY_TOKEN, "app")
    assert set(seen) == {"looked"}


@needs_ssh
@pytest.mark.parametrize("repo", ["org/able", "org/plain"])
@pytest.mark.parametrize(
    ("ref", "commit"), [(None, "second"), ("v1", "first"), ("hash", "first"), ("short hash", "first")]
)
def test_by_key(by_ssh: Stand, repo: str, ref: str | None, commit: str) -> None:
    assert by_ssh.ssh is not None
    expected = getattr(by_ssh.made, commit)
    ref = {"hash": expected, "short hash": expected[:9]}.get(ref or "", ref)
    found, files = by_ssh.fetch(by_ssh.ssh.url(f"{repo}.git"), ref, GitAuth(None, by_ssh.ssh.key), "app")
    assert found == expected
    assert set(files) == set(FIRST if commit == "first" else SECOND)


@needs_ssh
def test_the_key_is_the_tokens_fallback(by_ssh: Stand) -> None:
    assert by_ssh.ssh is not None
    assert by_ssh.fetch("org/able", None, GitAuth("another-token", by_ssh.ssh.key), "app")[0] == by_ssh.made.second
    assert by_ssh.https.asked, "the token goes first"
    by_ssh.https.asked.clear()
    by_ssh.folder.joinpath("tree").rename(by_ssh.folder.parent / "first")
    assert by_ssh.fetch("org/able", None, GitAuth(TOKEN, by_ssh.ssh.key), "app")[0] == by_ssh.made.second
    assert by_ssh.https.asked


@needs_ssh
def test_a_key_alone_goes_by_ssh_alone(by_ssh: Stand) -> None:
    assert by_ssh.ssh is not None
    by_ssh.refused(RefMissing, "org/able", "nothing", GitAuth(None, by_ssh.ssh.key))
    assert by_ssh.https.asked == []


@needs_ssh
def test_both_ways_are_told_when_both_fail(by_ssh: Stand) -> None:
    assert by_ssh.ssh is not None
    stranger = GitAuth("another-token", by_ssh.ssh.new_key("both")[0])
    said = by_ssh.refused(AccessRefused, "org/able", None, stranger)
    assert "git_token_location" in said
    assert "git_ssh_key_location" in said


@needs_ssh
def test_a_key_that_is_refused_or_none(by_ssh: Stand) -> None:
    assert by_ssh.ssh is not None
    for key in (by_ssh.ssh.new_key("stranger")[0], "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"):
        said = by_ssh.refused(AccessRefused, "org/able", None, GitAuth(None, key))
        assert "the SSH key is refused" in said
        assert "AAAA" not in said


@needs_ssh
def test_a_repository_that_does_not_exist_by_ssh(by_ssh: Stand) -> None:
    assert by_ssh.ssh is not None
    by_ssh.refused(RepositoryMissing, "org/nothing", None, GitAuth(None, by_ssh.ssh.key))


@needs_ssh
def test_a_server_with_another_key_than_is_known(by_ssh: Stand) -> None:
    assert by_ssh.ssh is not None
    by_ssh.known = f"[127.0.0.1]:{by_ssh.ssh.port} {by_ssh.ssh.new_key('impostor')[1]}"
    said = by_ssh.refused(HostKeyRefused, "org/able", None, GitAuth(None, by_ssh.ssh.key))
    assert "somebody may be in between" in said


@needs_ssh
def test_a_server_that_nobody_knows(by_ssh: Stand) -> None:
    assert by_ssh.ssh is not None
    by_ssh.known = ""
    said = by_ssh.refused(HostKeyRefused, "org/able", None, GitAuth(None, by_ssh.ssh.key))
    assert "AWS_EXE_SYS_GIT_KNOWN_HOSTS" in said


def orders_of(*orders: dict[str, str]) -> list[tuple[int, Order]]:
    made = [{"cmds": ["true"], "timeout": 60, "execution_target": "lambda", **one} for one in orders]
    return list(enumerate(parse_job({"username": "ann", "git_repo": "org/able", "orders": made}, door="init").orders))


def code_of(stand: Stand) -> GitCode:
    return GitCode(stand.source, stand.addresses, Limits(), lambda act, things: [act(one) for one in things])


def test_a_jobs_code_is_fetched_once_and_packed_without_git(stand: Stand) -> None:
    orders = orders_of(*[{"git_folder": "app"}, {"git_folder": "odd [x]*"}] * 20)
    digests = []
    for _ in range(2):
        stand.https.asked.clear()
        with code_of(stand).fetched(orders, "github", BY_TOKEN) as found:
            by_folder = {place.folder: code for place, code in found.items()}
            with zipfile.ZipFile(by_folder["app"].path) as archive:
                assert {info.filename: info.external_attr >> 16 for info in archive.infolist()} == {
                    "link": 0o120777,
                    "run.bat": 0o100644,
                    "run.sh": 0o100755,
                }
            with zipfile.ZipFile(by_folder["odd [x]*"].path) as archive:
                assert archive.namelist() == ["a b/", "a b/c"]
        digests.append({folder: code.sha256 for folder, code in by_folder.items()})
        assert sum(b"command=ls-refs" in asked.body and b"HEAD" in asked.body for asked in stand.https.asked) == 1
    assert digests[0] == digests[1]


@pytest.mark.parametrize("folder", ["nul\0", "two\nlines", "\ud800", "*", "app/link", "readme", "APP"])
def test_what_is_no_folder_of_the_commit_is_not_found(stand: Stand, folder: str) -> None:
    (number, made), *_ = orders_of({"git_folder": "app"})
    orders = [(number, replace(made, git_folder=folder))]
    with pytest.raises(JobRefused, match="there is no folder"), code_of(stand).fetched(orders, "github", BY_TOKEN):
        raise AssertionError("it was found")


def test_links_that_leave_the_folder_and_folders_that_are_missing_are_told_at_the_order(stand: Stand) -> None:
    orders = orders_of(
        {"git_folder": "app"}, {"git_folder": "leaves"}, {"git_folder": "nowhere"}, {"commit_hash": "gone"}
    )
    with pytest.raises(JobRefused) as refused, code_of(stand).fetched(orders, "github", BY_TOKEN):
        raise AssertionError("nothing was found wrong")
    told = {fault.where: fault.message for fault in refused.value.faults}
    assert set(told) == {"orders[1].git_folder", "orders[2].git_folder", "orders[3].commit_hash"}
    assert "outside the code's folder" in told["orders[1].git_folder"]
