"""Repositories on both kinds of server, and the settings by which a machine finds them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes import ssh_server
from fakes.git_repository import GitRepository, Link, Program
from fakes.git_server import GitServer
from fakes.ssh_server import SshServer

TOKEN = "ghp_t0ken-of-whole-jobs"


@dataclass
class GitPlaces:
    """``org/tool`` has the folder ``infra`` in three commits: ``first`` (tag ``v1``), ``second`` (branch ``main``) and
    ``branch`` (branch ``feature/x``). ``ssh`` None: there is no sshd here."""

    https: GitServer
    ssh: SshServer | None
    tool: GitRepository
    first: str
    second: str
    branch: str

    @property
    def settings(self) -> dict[str, str]:
        """``org/repo`` is at both servers, which single addresses stand for."""
        bases, hosts = [f"github=https://{self.https.at}"], [self.https.at]
        known = {}
        if self.ssh is not None:
            bases.append(f"github={self.ssh.url('')}")
            hosts.append(self.ssh.at)
            known = {"git_known_hosts": self.ssh.known}
        return {"git_hosts": ",".join(hosts), "git_providers": ",".join(bases), **known}

    def clones(self) -> int:
        """How often somebody asked over HTTPS which references there are, to fetch one."""
        return sum(b"command=ls-refs" in asked.body for asked in self.https.asked)


@contextmanager
def git_places(folder: Path) -> Iterator[GitPlaces]:
    for name in ("served", "https", "ssh"):
        (folder / name).mkdir()
    tool = GitRepository(folder / "served/org/tool.git", uploadpack_allowFilter="true")
    shared = {"infra/run.sh": Program("#!/bin/sh\ncat name\n"), "infra/link": Link("name"), "other/file": "other\n"}
    first = tool.commit({**shared, "infra/name": "first\n"})
    tool.tag("v1", first, annotated=True)
    second = tool.commit({"infra/name": "second\n"})
    branch = tool.commit({"infra/name": "branch\n"}, branch="feature/x")
    https = GitServer(folder / "served", folder / "https")
    https.behaviour.token = TOKEN
    ssh = None if ssh_server.missing() else SshServer(folder / "served", folder / "ssh")
    try:
        yield GitPlaces(https, ssh, tool, first, second, branch)
    finally:
        https.close()
        if ssh is not None:
            ssh.close()
        shutil.rmtree(folder, ignore_errors=True)
