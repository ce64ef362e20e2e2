"""Bare repositories made with the real git, the same each time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (
        ("NAME", "Ann"), ("EMAIL", "ann@example.com"), ("DATE", "2024-01-01T00:00:00Z"),
    )},
}  # fmt: skip

Content = str | bytes | None


class Link(NamedTuple):
    """A symbolic link to ``target``."""

    target: str


class Program(NamedTuple):
    """A file that may be executed."""

    text: str


class GitRepository:
    """``path`` is a bare repository; commits are made beside it, and nothing of the host's configuration is used."""

    def __init__(self, path: Path, **settings: str) -> None:
        self.path = path
        self._work = path.with_suffix(".work")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(path), at=path.parent)
        self.git("init", "--quiet", "--initial-branch=main", str(self._work), at=path.parent)
        for name, value in settings.items():
            self.git("config", name.replace("_", "."), value, at=path)

    def git(self, *arguments: str, at: Path | None = None, given: str | None = None) -> str:
        command = ["git", "-c", "protocol.file.allow=always", *arguments]
        done = subprocess.run(
            command,
            cwd=at or self._work,
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            input=given,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(
        self, files: dict[str, Content | Link | Program], *, branch: str = "main", message: str = "change"
    ) -> str:
        """Write these files (None removes one) to the branch; the commit's full hash."""
        head = self.git("symbolic-ref", "--short", "HEAD")
        if head != branch:
            self.git("checkout", "--quiet", "-B", branch)
        for name, content in files.items():
            self._write(self._work / name, content)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self._push(f"HEAD:refs/heads/{branch}")

    def submodule(self, name: str, commit: str, url: str) -> str:
        """A submodule, as it would be committed by somebody who has it."""
        (self._work / ".gitmodules").write_text(f'[submodule "{name}"]\n\tpath = {name}\n\turl = {url}\n')
        self.git("add", ".gitmodules")
        self.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{name}")
        self.git("commit", "--quiet", "--message", "submodule")
        return self._push("HEAD:refs/heads/main")

    def tree(self, branch: str, *entries: str) -> str:
        """A branch of one commit of a tree that nobody's git would write: lines as ``git mktree`` reads them."""
        tree = self.git("mktree", "--missing", at=self.path, given="".join(f"{entry}\n" for entry in entries))
        commit = self.git("commit-tree", "-m", "made by hand", tree, at=self.path)
        self.git("update-ref", f"refs/heads/{branch}", commit, at=self.path)
        return commit

    def blob(self, content: str) -> str:
        return self.git("hash-object", "-w", "--stdin", at=self.path, given=content)

    def tag(self, name: str, commit: str, *, annotated: bool = False) -> None:
        self.git("tag", *(("--annotate", "--message", name) if annotated else ()), name, commit)
        self._push(f"refs/tags/{name}:refs/tags/{name}")

    def _push(self, what: str) -> str:
        self.git("push", "--quiet", "--force", str(self.path), what)
        return self.git("rev-parse", "HEAD")

    def _write(self, path: Path, content: Content | Link | Program) -> None:
        if path.is_symlink() or path.is_file():
            path.unlink()
        if content is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content.target)
        elif isinstance(content, Program):
            path.write_text(content.text)
            path.chmod(0o755)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
