"""Where GitHub is: its API, and what git clones from. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from execution_engine.loopback import NAMED

PUBLIC_API = "https://api.github.com"

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class GitHubAddress:
    """``api``: the base of its REST API, without a slash at the end. ``host``: of its pages and repositories, with
    a port where it has one of its own."""

    api: str
    host: str

    def clone_address(self, repo: str, *, ssh: bool) -> str:
        path = check_repo(repo)
        if not ssh:
            return f"https://{self.host}/{path}.git"
        return f"ssh://git@{self.host.partition(':')[0]}/{path}.git"


def check_repo(repo: str) -> str:
    """``org/repo``, as GitHub names them. Raises ``ValueError``."""
    name = repo.removesuffix(".git")
    if not _REPO.fullmatch(name) or name.partition("/")[2] in (".", ".."):
        raise ValueError(f"{repo[:200]!r} is no GitHub repository; one is named org/repo")
    return name


def github_address(url: str | None) -> GitHubAddress:
    """``None``: the public GitHub. Of GitHub Enterprise Server the host is enough (its API is below ``/api/v3``), of
    GitHub Enterprise Cloud with data residency it is ``https://api.NAME.ghe.com``.

    Raises ``ValueError``. The message does not repeat the URL, which may hold a credential.
    """
    if not url:
        return GitHubAddress(PUBLIC_API, "github.com")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is no URL; GitHub Enterprise Server's is https://HOST/api/v3") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("may hold no credential, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in NAMED):
        raise ValueError("must use https: the token would travel in clear")
    if not host:
        raise ValueError("names no host; GitHub Enterprise Server's is https://HOST/api/v3")
    at_port = f"[{host}]" if ":" in host else host
    at_port += "" if port is None else f":{port}"
    path = parts.path.rstrip("/")
    if not path and not host.startswith("api.") and host not in NAMED:
        path = "/api/v3"
    return GitHubAddress(f"{parts.scheme}://{at_port}{path}", at_port.removeprefix("api."))
