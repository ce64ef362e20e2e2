"""What counts as a repository, a folder in it, and a commit. Text only: hosts are allowed by intake.

Messages never repeat a URL: it may carry a credential, which is one of the reasons to refuse it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SEGMENT = r"[A-Za-z0-9_.~][A-Za-z0-9_.~-]*"
_PATH = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*/?")
_SHORT = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})+")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SCP = re.compile(r"(?P<user>[^@:/]+)@(?P<host>[^@:/]+):(?P<path>[^:]+)")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/@+#=-]{0,249}")

_FORMS = "must be org/repo, https://host/org/repo, ssh://git@host/org/repo or git@host:org/repo"


def git_repo(text: str) -> str:
    """A repository in one of the four forms, unchanged. Raises ``ValueError`` for anything else."""
    if "://" in text:
        _check_url(text)
    elif "@" in text:
        found = _SCP.fullmatch(text)
        if found is None or not _USER.fullmatch(found["user"]) or not _HOST.fullmatch(found["host"]):
            raise ValueError(_FORMS)
        _check_path(found["path"].lstrip("/"))
    elif _SHORT.fullmatch(text):
        _check_path(text)
    else:
        raise ValueError(_FORMS)
    return text


def _check_url(text: str) -> None:
    try:
        url = urlsplit(text)
        host, user, password, _ = url.hostname or "", url.username, url.password, url.port
    except ValueError as error:
        raise ValueError(f"is no URL; it {_FORMS}") from error
    if url.scheme not in ("https", "ssh"):
        raise ValueError(f"must use https or ssh; it {_FORMS}")
    if password is not None or (user is not None and url.scheme == "https"):
        raise ValueError("has a credential in its URL; name its place in git_token_location instead")
    if url.query or url.fragment or "?" in text or "#" in text:
        raise ValueError("may have no query and no fragment in its URL")
    if not _HOST.fullmatch(f"[{host}]" if ":" in host else host) or (user is not None and not _USER.fullmatch(user)):
        raise ValueError(f"has no usable host; it {_FORMS}")
    _check_path(url.path.lstrip("/"))


def _check_path(path: str) -> None:
    if not _PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise ValueError(f"does not name a repository; it {_FORMS}")


def git_folder(text: str) -> str | None:
    """A folder in the repository as ``a/b``; None for the repository's root (``.``)."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if text.startswith("/") or ".." in parts or "\\" in text:
        raise ValueError("must be a folder inside the repository: relative, without .. and without \\")
    if ".git" in (part.lower() for part in parts):
        raise ValueError("must not be inside .git, which never enters a bundle")
    return "/".join(parts) or None


def commit_hash(text: str) -> str:
    """A sha, tag or branch as git would accept it, and nothing that git could read as an option."""
    if not _REF.fullmatch(text) or ".." in text or "//" in text or text.endswith(("/", ".", ".lock")):
        raise ValueError("must be a sha, a tag or a branch (letters, digits and . _ / @ + # = -, not starting with -)")
    return text
