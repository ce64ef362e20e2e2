"""What the generating scripts write down, and what they refuse to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from infra.stacks import ROOT

REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/execution-engine"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for stage in ("01-ecr", "02-deploy"):
        (tmp_path / "infrastructure" / stage).mkdir(parents=True)
    return tmp_path


def call(checkout: Path, script: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PREFIX"))}
    return subprocess.run(
        [checkout / "scripts" / script, *arguments],
        env={**clean, **environ},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_a_backend_is_locked_encrypted_and_each_stages_own(checkout: Path) -> None:
    for stage in ("01-ecr", "02-deploy"):
        ended = call(checkout, "generate_backend.sh", "states-of-mine", stage, "eu-central-1")
        assert ended.stdout == f"infrastructure/{stage}/backend.hcl\n", ended.stderr
        lines = (checkout / ended.stdout.strip()).read_text().splitlines()
        assert dict(tuple(part.strip() for part in line.split("=")) for line in lines) == {
            "bucket": '"states-of-mine"',
            "key": f'"execution-engine/{stage}.tfstate"',
            "region": '"eu-central-1"',
            "encrypt": "true",
            "use_lockfile": "true",
        }


def test_another_prefix_has_other_states(checkout: Path) -> None:
    call(checkout, "generate_backend.sh", "states", "01-ecr", "eu-central-1", PREFIX="second")
    assert '"second/01-ecr.tfstate"' in (checkout / "infrastructure/01-ecr/backend.hcl").read_text()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("states", "00-bootstrap", "eu-central-1"), "00-bootstrap"),
        (("No_Bucket", "01-ecr", "eu-central-1"), "No_Bucket"),
        (("states", "01-ecr", 'eu" \n x = "'), "no region"),
    ],
)
def test_a_backend_that_can_not_be_is_refused(checkout: Path, arguments: tuple[str, ...], named: str) -> None:
    ended = call(checkout, "generate_backend.sh", *arguments)
    assert ended.returncode == 2
    assert named in ended.stderr
    assert not list(checkout.rglob("backend.hcl"))


def variables(checkout: Path) -> dict[str, object]:
    said: dict[str, object] = json.loads((checkout / "infrastructure/02-deploy/generated.auto.tfvars.json").read_text())
    return said


def test_an_image_is_deployed(checkout: Path) -> None:
    ended = call(checkout, "generate_tfvars.sh", REPOSITORY, "1a2b", "eu-central-1")
    assert ended.returncode == 0, ended.stderr
    assert variables(checkout) == {
        "region": "eu-central-1",
        "prefix": "execution-engine",
        "package_type": "Image",
        "image_uri": f"{REPOSITORY}:1a2b",
    }


def test_a_zip_is_deployed_from_wherever_it_lies(checkout: Path) -> None:
    (checkout / 'a "zip".zip').write_bytes(b"")
    ended = call(checkout, "generate_tfvars.sh", "--zip", f'{checkout}/a "zip".zip', "some/image:1", "eu-central-1")
    assert ended.returncode == 0, ended.stderr
    said = variables(checkout)
    assert (said["package_type"], said["zip_path"]) == ("Zip", f'{checkout}/a "zip".zip')
    assert said["build_image"] == "some/image:1"


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("http://127.0.0.1:4566", {"s3_use_path_style": True, "tls_only": False}),
        ("https://aws.example.org", {"s3_use_path_style": True}),
    ],
)
def test_an_embedded_aws_is_told_apart(checkout: Path, endpoint: str, said: dict[str, bool]) -> None:
    call(checkout, "generate_tfvars.sh", REPOSITORY, "1", "eu-central-1", AWS_ENDPOINT_URL=endpoint)
    assert variables(checkout).items() >= said.items()
    assert ("tls_only" in variables(checkout)) == ("tls_only" in said)


@pytest.mark.parametrize(
    "arguments", [(REPOSITORY, "not a tag", "eu-central-1"), ("--zip", "none.zip", "x", "eu-central-1")]
)
def test_what_can_not_be_deployed_is_refused(checkout: Path, arguments: tuple[str, ...]) -> None:
    ended = call(checkout, "generate_tfvars.sh", *arguments)
    assert ended.returncode == 2
    assert arguments[1] in ended.stderr


def test_nothing_is_asked_of_aws_without_keys(checkout: Path) -> None:
    ended = call(checkout, "bootstrap.sh", "eu-central-1", PATH=os.environ["PATH"])
    assert ended.returncode == 2
    assert "AWS_ACCESS_KEY_ID" in ended.stderr or "there is no terraform" in ended.stderr


def test_a_plugin_directory_that_is_given_is_believed(checkout: Path) -> None:
    ended = call(checkout, "terraform_plugins.sh", TF_PLUGIN_DIR="/somewhere")
    assert ended.stdout == "/somewhere\n"


@pytest.mark.parametrize(
    "arguments", [(), ("a.zip", "3"), ("a.zip", "3.13", "riscv"), ("a.zip", "3.13", "x86_64", "b")]
)
def test_a_zip_is_not_built_for_what_there_is_not(checkout: Path, arguments: tuple[str, ...]) -> None:
    ended = call(checkout, "build_zip.sh", *arguments)
    assert ended.returncode == 2
    assert ended.stderr


def test_builds_need_an_image_where_functions_run_a_zip(checkout: Path) -> None:
    ended = call(checkout, "publish.sh", "--zip", "eu-central-1")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "BUILD_IMAGE" in ended.stderr


def test_a_folder_is_zipped_the_same_each_time_with_its_run_bits(checkout: Path) -> None:
    for name, mode in {"b/run": 0o755, "b/read": 0o600, "a": 0o644}.items():
        path = checkout / "task" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        path.chmod(mode)
    made = []
    for name in ("one.zip", "two.zip"):
        zip_folder = [sys.executable, checkout / "scripts/zip_folder.py", checkout / "task", checkout / name]
        subprocess.run(zip_folder, check=True)
        made.append((checkout / name).read_bytes())
        os.utime(checkout / "task/a", (1, 1))
    assert made[0] == made[1]
    with zipfile.ZipFile(checkout / "one.zip") as archive:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
    assert modes == {"a": 0o644, "b/read": 0o644, "b/run": 0o755}
