"""The image as scripts/ builds it here, and containers of it. Needs root, buildah, runc and debootstrap."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
IMAGE = "localhost/aws-execution-engine"
BASE = "localhost/engine-base"
SOMEBODY = "993:990"
"""Whom functions run as: Lambda's user, who owns nothing of the image."""


def lacking() -> str:
    """Why no image can be built on this machine; empty if it can."""
    if os.getuid() != 0:
        return "building an image without a daemon needs root"
    absent = [tool for tool in ("buildah", "runc", "debootstrap") if not shutil.which(tool)]
    return f"not installed: {', '.join(absent)} (scripts/install_image_tools.sh)" if absent else ""


MUCH = 4_000_000
"""Kilobytes of images and layers."""

BUSY = "sealing memfd copy"
"""In what buildah says when it can't copy itself aside, on a busy machine, before it has done anything: asked again,
it can."""


def patiently(
    command: list[str], environment: Mapping[str, str] | None = None, seconds: float = 900
) -> subprocess.CompletedProcess[str]:
    for _ in range(5):
        done = subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode == 0 or BUSY not in done.stderr:
            break
    return done


def script(name: str, *arguments: object, **environment: str) -> str:
    """Standard output of one of scripts/; its errors are told if it fails."""
    done = patiently([str(SCRIPTS / name), *map(str, arguments)], environment)
    assert done.returncode == 0, f"{name} {arguments}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout.strip()


def buildah(*arguments: object) -> str:
    return script("buildah.sh", *arguments)


@dataclass(frozen=True, slots=True)
class Built:
    """What the image was made of: the commit, and the package's files."""

    revision: str
    files: frozenset[str]

    @classmethod
    def here(cls) -> Built:
        listed = _git("ls-files", "--cached", "--others", "--exclude-standard", "execution_engine").splitlines()
        there = (ROOT / name for name in listed)
        package = ROOT / "execution_engine"
        return cls(
            _git("rev-parse", "HEAD").strip(),
            frozenset(path.relative_to(package).as_posix() for path in there if path.is_file()),
        )


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout


def _stored() -> int:
    """Kilobytes."""
    store = Path(os.environ.get("IMAGE_CACHE") or ROOT / ".cache" / "image") / "storage"
    told = subprocess.run(["du", "-sk", str(store)], capture_output=True, text=True, timeout=120, check=False)
    return int(told.stdout.split()[0]) if told.stdout else 0


def build() -> None:
    """On the base that the caller named, or on one of Debian's packages. What former builds left for the next ones
    goes when it has become much."""
    if _stored() > MUCH:
        buildah("rmi", "--all", "--force")
    base = os.environ.get("BASE_IMAGE") or script("make_base.sh", BASE)
    script("build_image.sh", IMAGE, BASE_IMAGE=base, DOCKER="scripts/buildah.sh")


class Container:
    """A container of the image: its files at ``root``, its commands by :meth:`command`."""

    def __init__(self, name: str, root: Path) -> None:
        self._name = name
        self.root = root

    def command(
        self,
        *command: str,
        environment: Mapping[str, str] | None = None,
        mounts: Mapping[Path, str] | None = None,
        user: str = SOMEBODY,
    ) -> list[str]:
        """What runs ``command`` in the container, which sees this machine's network and nothing else of it."""
        options = ["--user", user]
        for name, value in (environment or {}).items():
            options += ["--env", f"{name}={value}"]
        for source, target in (mounts or {}).items():
            options += ["--volume", f"{source}:{target}:ro"]
        return [str(SCRIPTS / "buildah.sh"), "run", *options, self._name, "--", *command]

    def run(
        self, *command: str, environment: Mapping[str, str] | None = None, user: str = SOMEBODY
    ) -> subprocess.CompletedProcess[str]:
        """Its output goes to files: buildah may drop the last of what a command says that ends at once."""
        out, err = (f"/tmp/{secrets.token_hex(8)}" for _ in range(2))
        shell = f'exec "$@" >{out} 2>{err}'
        whole = self.command("sh", "-c", shell, "sh", *command, environment=environment, user=user)
        ran = patiently(whole, seconds=120)
        assert self.at(err).exists(), ran.stderr
        return subprocess.CompletedProcess(command, ran.returncode, self._taken(out), self._taken(err))

    def _taken(self, path: str) -> str:
        text = self.at(path).read_text("utf-8", errors="replace")
        self.at(path).unlink()
        return text

    def at(self, path: str) -> Path:
        """Where a file of the container lies on this machine."""
        return self.root / path.lstrip("/")

    @property
    def config(self) -> dict[str, Any]:
        """The image's configuration, as a registry keeps it."""
        return dict(json.loads(buildah("inspect", "--type", "container", self._name))["OCIv1"]["config"])


@contextmanager
def container(image: str = IMAGE) -> Iterator[Container]:
    name = buildah("from", "--quiet", "--pull-never", image)
    try:
        yield Container(name, Path(buildah("mount", name)))
    finally:
        buildah("rm", name)
