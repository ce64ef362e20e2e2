"""What a deployment leaves for whoever tears it down comes back as it was."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import connect
from execution_engine.wiring.clients import Clients
from image.container import SCRIPTS

BUCKET = "a-state-bucket"
REGION = "us-east-1"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = StateFolder(tmp_path_factory.mktemp("aws") / "state")
    with EmbeddedAws(folder, environ=os.environ, connect=connect) as aws:
        Clients(aws.settings)("s3").create_bucket(Bucket=BUCKET)
        yield aws.settings


def call(settings: dict[str, str], name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPTS / name), *map(str, arguments)],
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_archive_comes_back(settings: dict[str, str], tmp_path: Path) -> None:
    kept = call(settings, "archive.sh", BUCKET, REGION)
    assert kept.returncode == 0, kept.stderr
    key = kept.stdout.strip().removeprefix(f"s3://{BUCKET}/")
    for place, named in (("latest", ()), ("named", (key,))):
        fetched = call(settings, "fetch_archive.sh", BUCKET, REGION, tmp_path / place, *named)
        assert fetched.returncode == 0, fetched.stderr
        again = tmp_path / place / "scripts" / "destroy.sh"
        assert again.read_bytes() == (SCRIPTS / "destroy.sh").read_bytes()
        assert again.stat().st_mode & 0o100


def test_without_one_it_says_so_and_leaves_nothing(settings: dict[str, str], tmp_path: Path) -> None:
    fetched = call(settings, "fetch_archive.sh", BUCKET, REGION, tmp_path / "new", "no/such.tar.gz")
    assert fetched.returncode == 1
    assert f"s3://{BUCKET}/no/such.tar.gz can't be read: HTTP 404" in fetched.stderr
    assert not (tmp_path / "new").exists()
