"""Whole jobs whose code comes from git, by the command line: over TLS with a token, from sshd with a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import ssh_server
from fakes.git_places import TOKEN, GitPlaces, git_places
from integration.machine import Item, Machine, Ran, order
from integration.view import View

BY_TOKEN = {"git_repo": "org/tool", "git_token_location": "/git/token"}
BY_KEY = {"git_repo": "org/tool", "git_ssh_key_location": "aws:::secretsmanager:git/key"}

needs_ssh = pytest.mark.skipif(ssh_server.missing() is not None, reason=ssh_server.missing() or "")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitPlaces]:
    with git_places(tmp_path_factory.mktemp("git")) as made:
        yield made


@pytest.fixture(scope="module")
def stand(places: GitPlaces, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, View]]:
    machine = Machine(tmp_path_factory.mktemp("git-jobs"), grace="1", **places.settings)
    machine.environ["GIT_SSL_CAINFO"] = str(places.https.authority)
    with machine.aws() as aws:
        yield machine, View(aws.settings)


@pytest.fixture
def credentials(places: GitPlaces, tmp_path: Path) -> Path:
    """The token alone, and the key as an entry of an object."""
    path = tmp_path / "credentials.json"
    key = places.ssh.key if places.ssh is not None else "none"
    secrets = {"git/key": {"private_key": key, "user": "git"}}
    path.write_text(json.dumps({"ssm": {"/git/token": TOKEN}, "secretsmanager": secrets}))
    path.chmod(0o600)
    return path


def run(machine: Machine, orders: list[Item], *options: object, **job: Any) -> Ran:
    return machine.call("run", machine.job_file(orders, **job), "--json", *options)


def said(ran: Ran) -> dict[str, str]:
    assert ran.code == 0, ran.err
    return {name: one["log"] for name, one in ran.orders.items()}


def faults(ran: Ran) -> dict[str, str]:
    assert ran.code == 2, ran.err
    assert ran.json["status"] == "error"
    return {fault["where"]: fault["message"] for fault in ran.json["errors"]}


def test_by_token_by_every_kind_of_reference_on_both_targets(
    stand: tuple[Machine, View], places: GitPlaces, credentials: Path
) -> None:
    machine, view = stand
    places.https.asked.clear()
    in_infra = {"git_folder": "infra"}
    orders = [
        order("default", "./run.sh", **in_infra),
        order("branch", "./run.sh", "cat link", commit_hash="feature/x", **in_infra),
        order("tag", "./run.sh", commit_hash="v1", **in_infra),
        order("hash", "./run.sh", commit_hash=places.first, **in_infra),
        order("short", "./run.sh", commit_hash=places.second[:8], **in_infra),
        order("whole", "ls -A", "infra/run.sh || cat infra/name"),
        order("build", "./run.sh", "ls -A", execution_target="codebuild", **in_infra),
        order("url", "cat name", git_repo=places.https.url("org/tool"), **in_infra),
    ]
    ran = run(machine, orders, "--credentials", credentials, **BY_TOKEN)
    assert said(ran) == {
        "default": "second\n",
        "branch": "branch\nbranch\n",
        "tag": "first\n",
        "hash": "first\n",
        "short": "second\n",
        "whole": "infra\nother\ncat: name: No such file or directory\nsecond\n",
        "build": "second\nlink\nname\nrun.sh\n",
        "url": "second\n",
    }
    assert view.parameters().keys().isdisjoint({"/git/token"})
    assert {asked.user for asked in places.https.asked} <= {"", "x-access-token"}


def test_one_clone_however_many_orders(stand: tuple[Machine, View], places: GitPlaces, credentials: Path) -> None:
    places.https.asked.clear()
    orders = [order(f"o{n}", "cat name || cat file", git_folder=("infra", "other")[n % 2]) for n in range(12)]
    ran = run(stand[0], orders, "--credentials", credentials, **BY_TOKEN)
    assert set(said(ran).values()) == {"second\n", "cat: name: No such file or directory\nother\n"}
    assert places.clones() == 1


@needs_ssh
def test_by_key(stand: tuple[Machine, View], places: GitPlaces, credentials: Path) -> None:
    assert places.ssh is not None
    places.https.asked.clear()
    orders = [
        order("short-name", "./run.sh", git_folder="infra", commit_hash="v1"),
        order("url", "./run.sh", git_folder="infra", git_repo=places.ssh.url("org/tool.git")),
    ]
    ran = run(stand[0], orders, "--credentials", credentials, **BY_KEY)
    assert said(ran) == {"short-name": "first\n", "url": "second\n"}
    assert places.https.asked == []


@needs_ssh
def test_the_key_is_the_fallback_of_a_token_that_is_refused(
    stand: tuple[Machine, View], places: GitPlaces, credentials: Path
) -> None:
    document = json.loads(credentials.read_text())
    document["ssm"]["/git/token"] = "ghp_no-longer-valid"
    credentials.write_text(json.dumps(document))
    places.https.asked.clear()
    orders = [order("a", "cat name", git_folder="infra")]
    ran = run(stand[0], orders, "--credentials", credentials, **{**BY_TOKEN, **BY_KEY})
    assert said(ran) == {"a": "second\n"}
    assert places.https.asked, "the token went first"


def test_what_is_wrong_is_told_all_at_once_at_the_order(stand: tuple[Machine, View], credentials: Path) -> None:
    machine, view = stand
    before = view.snapshot()
    orders = [
        order("right", git_folder="infra"),
        order("no-repo", git_repo="org/nothing"),
        order("no-ref", commit_hash="v9"),
        order("no-folder", git_folder="nowhere"),
        order("no-host", git_repo="https://elsewhere.example/org/tool"),
    ]
    found = faults(run(machine, orders, "--credentials", credentials, **BY_TOKEN))
    # An address that is refused is told before anybody is asked.
    assert set(found) == {"orders[4].git_repo"}
    assert "not among the git hosts" in found["orders[4].git_repo"]
    found = faults(run(machine, orders[:4], "--credentials", credentials, **BY_TOKEN))
    assert set(found) == {"orders[1].git_repo", "orders[2].commit_hash", "orders[3].git_folder"}
    assert "no such repository" in found["orders[1].git_repo"]
    assert "v9: there is no commit, tag or branch" in found["orders[2].commit_hash"]
    assert "there is no folder 'nowhere'" in found["orders[3].git_folder"]
    after = view.snapshot()
    assert after.pop("watchdogs") >= before.pop("watchdogs")
    assert after == before


def test_a_token_that_is_refused_and_one_that_is_missing(stand: tuple[Machine, View], credentials: Path) -> None:
    machine, _ = stand
    only_https = {**BY_TOKEN, "git_repo": f"https://{machine.environ['AWS_EXE_SYS_GIT_HOSTS'].split(',')[0]}/org/tool"}
    credentials.write_text(json.dumps({"ssm": {"/git/token": "ghp_another-token"}}))
    ran = run(machine, [order("a"), order("b")], "--credentials", credentials, **only_https)
    found = faults(ran)
    assert set(found) == {"orders[0].git_repo", "orders[1].git_repo"}
    assert "check git_token_location" in found["orders[0].git_repo"]
    assert "ghp_another-token" not in ran.err + ran.out.decode()
    missing = run(machine, [order("a")], **only_https)
    assert "/git/token does not exist" in faults(missing)["git_token_location"]
    assert "--credentials FILE" in missing.err
