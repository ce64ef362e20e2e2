"""What is in the image: what orders need, compiled and readable for everybody, and nothing of its making."""

from __future__ import annotations

import importlib
import json
import re
import stat
from pathlib import Path

import pytest

import execution_engine
from image.container import ROOT, Built, Container
from image.layers import Layer

LIMIT = 150_000_000
"""Bytes of our layers, compressed, without OpenTofu."""

SECRET = re.compile(
    rb"AKIA[0-9A-Z]{16}(?<!EXAMPLE)|AGE-SECRET-KEY-1[0-9A-Z]{20}|-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"
    rb"|ghp_[A-Za-z0-9]{36}|xox[bp]-[0-9]{8}"
)
THEIRS = re.compile(r"^usr/lib|\.dist-info/METADATA$")
LEFT_BEHIND = re.compile(
    r"(^|/)(pip\.conf|\.netrc|\.npmrc|\.aws|\.git|\.ssh|id_(rsa|ed25519)|[^/]*\.tfstate|[^/]*\.tfvars)(/|$)"
    r"|^(root|tmp|build|out|home)/.|^var/(cache/(apt|dnf|yum)|lib/apt/lists)/.*[^/]$|(^|/)\.cache/|^etc/ssl/"
)


SOPS = ("sops", "--version", "--disable-version-check")
"""Else it asks GitHub for a newer one."""


@pytest.mark.parametrize("command", [SOPS, ("git", "--version"), ("ssh", "-V"), ("unzip", "-v"), ("bash", "--version")])
def test_what_orders_need_runs(box: Container, command: tuple[str, ...]) -> None:
    ran = box.run(*command)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("tool", ["cc", "gcc", "ld", "make", "rustc", "pip", "pip3", "tofu"])
def test_what_only_building_needs_is_not_there(stack: list[Layer], tool: str) -> None:
    added = {member.name for layer in stack if layer.ours for member, _ in layer.members()}
    assert added
    assert not {name for name in added if re.fullmatch(rf"(usr/|usr/local/)?s?bin/{re.escape(tool)}", name)}


def test_nothing_is_left_behind(stack: list[Layer]) -> None:
    found = [
        member.name
        for layer in stack
        if layer.ours
        for member, _ in layer.members()
        if not member.isdir() and "/.wh." not in member.name and LEFT_BEHIND.search(member.name)
    ]
    assert found == []


@pytest.mark.parametrize(
    "path", ["etc/pip.conf", "root/.aws/credentials", "tmp/x", "var/task/a/.git/config", "a.tfstate"]
)
def test_what_is_left_behind_is_found(path: str) -> None:
    assert LEFT_BEHIND.search(path)


def test_no_secret_is_in_it(stack: list[Layer], box: Container) -> None:
    """A distribution's libraries (they test themselves with keys) and what libraries tell of themselves aside."""
    found = [
        f"{member.name}: {secret[0][:24]!r}"
        for layer in stack
        if layer.ours
        for member, content in layer.members()
        if not THEIRS.search(member.name) and (secret := SECRET.search(content))
    ]
    assert found == []
    names = {entry.partition("=")[0] for entry in box.config["Env"]}
    assert not {name for name in names if re.search("KEY|TOKEN|SECRET|PASSWORD", name)}


def test_a_secret_is_found() -> None:
    assert SECRET.search(b"key = AKIA" + b"A" * 16)
    assert SECRET.search(b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + b"b3Bl" * 12)


def test_all_of_ours_is_compiled(box: Container) -> None:
    tag = box.run("python", "-c", "import sys; print(sys.implementation.cache_tag)").stdout.strip()
    task = box.at("/var/task")
    sources = list(task.rglob("*.py"))
    assert len(sources) > 1000
    lacking = [str(path) for path in sources if not (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").exists()]
    assert lacking == []
    # Flags 1: it holds good without a look at its source.
    compiled = Path(task, "execution_engine", "__pycache__", f"errors.{tag}.pyc").read_bytes()
    assert int.from_bytes(compiled[4:8], "little") == 1


def test_the_standard_library_is_compiled(box: Container) -> None:
    ran = box.run("python", "-c", "import json; print(json.__spec__.cached)")
    assert box.at(ran.stdout.strip()).exists()


def test_whoever_runs_it_may_read_it_and_nobody_change_it(box: Container) -> None:
    for path in box.at("/var/task").rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            continue
        assert mode & stat.S_IROTH and not mode & (stat.S_IWOTH | stat.S_IWGRP), path
        assert not stat.S_ISDIR(mode) or mode & stat.S_IXOTH, path


def test_it_holds_the_package_and_nothing_beside_it(box: Container, image: Built) -> None:
    package = box.at("/var/task/execution_engine")
    within = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert {name for name in within if "__pycache__" not in name} == image.files


def test_the_command_line_s_libraries_stay_out(box: Container) -> None:
    loaded = "import structlog, sys; print('rich' in sys.modules)"
    assert box.run("python", "-c", loaded).stdout.strip() == "False"
    assert not box.at("/var/task/rich").exists()


def services_asked() -> set[str]:
    """Whom the package's code asks for a client of."""
    asked = re.compile(r"""\bclients?\(\s*"([a-z0-9-]+)\"""")
    sources = [path for path in (ROOT / "execution_engine").rglob("*.py") if path.parent.name not in ("local", "cli")]
    return {name for path in sources for name in asked.findall(path.read_text("utf-8"))} | {"dynamodb"}


def test_the_services_that_the_engine_asks_are_known_in_it(box: Container) -> None:
    asked = sorted(services_asked())
    assert {"dynamodb", "s3", "lambda", "ssm", "stepfunctions"} <= set(asked)
    program = """
import json, sys, botocore.session
session = botocore.session.Session()
for name in sys.argv[1:]:
    for region in ("us-east-1", "eu-central-2", "cn-north-1", "us-gov-west-1"):
        client = session.create_client(name, region_name=region)
        print(json.dumps([name, region, client.meta.endpoint_url, client.meta.config.signature_version]))
"""
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    ran = box.run("python", "-c", program, *asked, environment=keys)
    assert ran.returncode == 0, ran.stderr
    # Beside the whole of botocore, on this machine, it makes no difference.
    session = importlib.import_module("botocore.session").Session()
    for name, region, endpoint, signature in map(json.loads, ran.stdout.splitlines()):
        whole = session.create_client(name, region_name=region, aws_access_key_id="x", aws_secret_access_key="x").meta
        assert (endpoint, signature) == (whole.endpoint_url, whole.config.signature_version), (name, region)


def test_labels_say_which_version_it_is(box: Container, image: Built) -> None:
    labels = box.config["Labels"]
    assert labels["org.opencontainers.image.title"] == "aws-execution-engine"
    assert labels["org.opencontainers.image.version"] == execution_engine.__version__
    assert labels["org.opencontainers.image.revision"] == image.revision


def test_our_layers_are_small(stack: list[Layer]) -> None:
    ours = sum(layer.size for layer in stack if layer.ours)
    assert 0 < ours < LIMIT, f"{ours / 1e6:.0f} MB"
