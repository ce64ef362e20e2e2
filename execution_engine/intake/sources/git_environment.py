"""The whole environment of a git process: nothing of the host's but how to reach the world, no one's configuration.

Settings travel as ``GIT_CONFIG_*`` variables (git 2.31 and later), which outrank every file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from execution_engine.intake.sources.git_address import GitUrl

_FROM_HOST = (
    "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
    "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
)  # fmt: skip

_SETTINGS = {
    # Nobody's code runs: no hooks, no monitor, no credential helper, no housekeeping behind our back.
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    # No other server is asked than the one that was allowed.
    "http.followRedirects": "false",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "protocol.allow": "never",
    # What comes is looked at: names such as .git in another spelling, links in the place of .gitmodules.
    "fetch.fsckObjects": "true",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    # Old commits of good repositories have these, and they harm nobody.
    "fetch.fsck.badTimezone": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "fetch.fsck.zeroPaddedFilemode": "ignore",
    # A file of more bytes than this is never held in memory as a whole.
    "core.bigFileThreshold": "32m",
    # What is checked out is what was committed.
    "core.symlinks": "true",
    "core.autocrlf": "false",
    "core.sparseCheckoutCone": "false",
    "advice.detachedHead": "false",
    "init.defaultBranch": "main",
}


def git_environment(
    host: Mapping[str, str], folder: Path, place: GitUrl, access: Mapping[str, str], *, sparse: bool
) -> dict[str, str]:
    """``folder`` holds the process's own ``home``, ``git`` and ``tree``; ``access`` is what `opened` gives.

    ``sparse``: only what ``git/info/sparse-checkout`` names is checked out.
    """
    settings = {
        **_SETTINGS,
        f"protocol.{place.protocol}.allow": "always",
        "remote.origin.url": str(place),
        "core.sparseCheckout": str(sparse).lower(),
    }
    numbered = enumerate(settings.items())
    authority = host.get("GIT_SSL_CAINFO") or host.get("SSL_CERT_FILE")
    return {
        **{name: host[name] for name in _FROM_HOST if name in host},
        # Where git is linked with GnuTLS it knows no SSL_CERT_FILE.
        **({"GIT_SSL_CAINFO": authority} if authority else {}),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "home"),
        "LC_ALL": "C",
        "GIT_DIR": str(folder / "git"),
        "GIT_WORK_TREE": str(folder / "tree"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": place.protocol,
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        **{key: value for n, pair in numbered for key, value in _numbered(n, *pair)},
        "GIT_CONFIG_COUNT": str(len(settings)),
        **access,
    }


def _numbered(n: int, key: str, value: str) -> tuple[tuple[str, str], ...]:
    return (f"GIT_CONFIG_KEY_{n}", key), (f"GIT_CONFIG_VALUE_{n}", value)
