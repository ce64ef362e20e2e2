"""Terraform on a copy of the stacks: what it downloads, locks and remembers never lies in the checkout."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("00-bootstrap", "01-ecr", "02-deploy")
MODULES = tuple(sorted(path.name for path in (ROOT / "infrastructure" / "modules").iterdir() if path.is_dir()))
PLACES = (*(f"modules/{module}" for module in MODULES), *STACKS)

_COPIED = ("infrastructure", "scripts", "container", "execution_engine", "tests/smoke")
_ITS_OWN = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars*", "backend.hcl", "__pycache__")


@functools.cache
def no_terraform() -> str | None:
    """Why Terraform can't be run here, if it can't."""
    return None if shutil.which("terraform") else "there is no terraform on this machine"


@functools.cache
def no_provider() -> str | None:
    """Why Terraform can't be run here with the AWS provider, if it can't."""
    if reason := no_terraform():
        return reason
    if plugin_dir():
        return None
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "infrastructure/modules/table/terraform.tf", folder)
        tried = subprocess.run(
            ["terraform", "init", "-no-color"],
            cwd=folder,
            env=environment({}),
            capture_output=True,
            text=True,
            check=False,
        )
    if tried.returncode == 0:
        return None
    return (
        "no plugin directory with the AWS provider is on this machine (TF_PLUGIN_DIR may name one), and Terraform's "
        f"registry does not give it: {' '.join(tried.stderr.split())[:300]}"
    )


@functools.cache
def plugin_dir() -> str | None:
    """``TF_PLUGIN_DIR``, or one that is found; looking may take some seconds."""
    found = subprocess.run(
        [ROOT / "scripts/terraform_plugins.sh"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return found.stdout.strip() or None


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Of Terraform and the scripts. What has to be downloaded is, once for each process of the tests."""
    environ = {
        **os.environ,
        **more,
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_ARGS": "-no-color",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_PLUGIN_DIR": plugin_dir() or "",
    }
    if not plugin_dir():
        cache = ROOT / ".cache" / f"terraform-{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"
        cache.mkdir(parents=True, exist_ok=True)
        environ["TF_PLUGIN_CACHE_DIR"] = str(cache)
    if not Path(environ.get("TF_CLI_CONFIG_FILE", "/")).exists():
        del environ["TF_CLI_CONFIG_FILE"]
    return environ


class Stacks:
    """A copy in ``root``, laid out as the checkout is. ``environ``: where AWS is, and whose keys are used."""

    def __init__(self, root: Path, environ: Mapping[str, str] | None = None) -> None:
        self.root = root
        for folder in _COPIED:
            shutil.copytree(ROOT / folder, root / folder, ignore=_ITS_OWN)
        shutil.copy(ROOT / "setup.cfg", root)  # names the libraries of the zip
        self.environ = environment(environ or {})

    def terraform(self, place: str, *arguments: str, allow: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        """In ``infrastructure/<place>``. Fails, with all it said, when it ends otherwise than ``allow`` says."""
        return self._run(["terraform", *arguments], self.root / "infrastructure" / place, allow)

    def init(self, place: str, *arguments: str) -> None:
        plugins = [f"-plugin-dir={plugin_dir()}"] if plugin_dir() else []
        self.terraform(place, "init", "-no-color", *plugins, *arguments)

    def script(self, name: str, *arguments: str, allow: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        """One of ``scripts/``, or of ``tests/smoke/``, by its path."""
        return self._run([str(self.root / name), *arguments], self.root, allow)

    def outputs(self, place: str, *arguments: str) -> dict[str, Any]:
        told = json.loads(self.terraform(place, "output", "-json", *arguments).stdout)
        return {name: output["value"] for name, output in told.items()}

    def _run(self, command: list[str], folder: Path, allow: tuple[int, ...]) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            command, cwd=folder, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if ended.returncode not in allow:
            pytest.fail(
                f"{' '.join(command)} in {folder.name}: exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
            )
        return ended
