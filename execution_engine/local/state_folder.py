"""The folder that holds the state of one machine, and what lies where in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOG_LIMIT = 8 * 1024 * 1024
"""Bytes; a larger log is set aside at the next start, replacing the one set aside before."""

BUILD_LOGS = COMMAND_LOGS = 500
"""How many logs of builds, and of what instances ran, are kept from one start to the next."""


def default_state_folder(environ: Mapping[str, str]) -> Path:
    """``$XDG_STATE_HOME/execution-engine``; without that variable below ``~/.local/state``."""
    base = environ.get("XDG_STATE_HOME", "")
    home = Path(environ.get("HOME") or Path.home())
    return (Path(base) if os.path.isabs(base) else home / ".local" / "state") / "execution-engine"


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Everything the embedded AWS keeps lies below ``root``; nobody but its owner may look into it."""

    root: Path

    @property
    def lock(self) -> Path:
        """Held while starting, stopping, or registering a user."""
        return self.root / "lock"

    @property
    def lending(self) -> Path:
        """Held while credentials lie there for a submission."""
        return self.root / "lending"

    @property
    def alive(self) -> Path:
        """Held by the embedded AWS as long as it lives; contains its process id."""
        return self.root / "aws.alive"

    @property
    def record(self) -> Path:
        """Where the running one answers; gone as soon as it is to stop."""
        return self.root / "aws.json"

    @property
    def users(self) -> Path:
        return self.root / "users"

    @property
    def tmp(self) -> Path:
        """TMPDIR of everything the embedded AWS starts; emptied when nobody uses it."""
        return self.root / "tmp"

    @property
    def services(self) -> Path:
        return self.root / "aws"

    @property
    def objects(self) -> Path:
        return self.root / "s3"

    @property
    def log(self) -> Path:
        return self.root / "ministack.log"

    @property
    def build_logs(self) -> Path:
        """What builds print, a file each."""
        return self.root / "builds"

    @property
    def object_key(self) -> Path:
        """What encrypts objects that are to be kept under a KMS key."""
        return self.root / "objects.key"

    @property
    def builds(self) -> Path:
        """Builds that the last one did not live to see the end of."""
        return self.root / "builds.json"

    @property
    def instances(self) -> Path:
        """The instances that this machine plays."""
        return self.root / "instances.json"

    @property
    def command_logs(self) -> Path:
        """What instances print when they run something, a file each."""
        return self.root / "commands"

    @property
    def commands(self) -> Path:
        """What was sent to instances, and what became of it."""
        return self.root / "commands.json"

    @property
    def documents(self) -> Path:
        """The documents of Systems Manager."""
        return self.root / "documents.json"

    @property
    def identity(self) -> Path:
        """The operator's keys and the path of the roles: known to this machine's owner only."""
        return self.root / "identity.json"

    @property
    def provisioned(self) -> Path:
        """What was last created, and with which settings."""
        return self.root / "provisioned.json"

    @property
    def saved(self) -> Path:
        """Says that the last one wrote everything down before it ended."""
        return self.root / "aws.saved"

    @property
    def port(self) -> Path:
        """Where they all answer."""
        return self.root / "aws.port.json"

    @property
    def started(self) -> Path:
        """When the last one was started."""
        return self.root / "aws.started.json"

    @property
    def kills(self) -> Path:
        """Which earlier ones ended without writing anything down."""
        return self.root / "aws.kills.json"

    def prepare(self) -> None:
        """Makes the folder, readable by its owner alone (also one that was made more openly)."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for folder in (self.users, self.tmp, self.services, self.objects, self.build_logs, self.command_logs):
            folder.mkdir(exist_ok=True)

    def clean(self) -> None:
        """Before a start, when nobody uses it: no left-over temporary files, no endless log, nor endlessly many."""
        shutil.rmtree(self.tmp, ignore_errors=True)
        self.tmp.mkdir(exist_ok=True)
        _keep_newest(self.build_logs, BUILD_LOGS)
        _keep_newest(self.command_logs, COMMAND_LOGS)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))


def _keep_newest(folder: Path, how_many: int) -> None:
    logs = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
    for path in logs[:-how_many]:
        path.unlink(missing_ok=True)


def read_document(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file, or None if there is none that can be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """All or nothing: a reader sees the old document or the new one. Owner only."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(document, out)
    fresh.replace(path)
