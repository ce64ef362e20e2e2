"""What holds for every test: no real AWS account, no network but this machine's, reproducible examples."""

from __future__ import annotations

import gc
import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, configuration, settings

ROOT = Path(__file__).resolve().parents[1]

# Before anything imports boto3, and for every child process too: whatever account, profile, proxy or key
# the caller's shell has, the tests do not see it.
_NOT_OURS = ("AWS_", "SOPS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
for _name in [name for name in os.environ if name.upper().startswith(_NOT_OURS)]:
    del os.environ[_name]
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_REGION="us-east-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)

configuration.set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
# Deadlines measure the machine, not the code; this one is shared.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


class LeftThisMachine(BaseException):
    """A test tried to reach another machine. No ``Exception``, so that no retry or fallback swallows it."""


def _is_here(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook sees every connection and look-up of this process, whichever library makes it."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if not isinstance(address, tuple):  # a Unix socket's path, or a socket that is already connected
            return
        host = address[0]
    else:
        return
    if not _is_here(host):
        raise LeftThisMachine(f"{event} to {host!r}: tests reach 127.0.0.1 only")


sys.addaudithook(_stay_here)


def pytest_collection_finish() -> None:
    """Thousands of tests and what they import stay until the end: no look for garbage needs to go through them."""
    gc.freeze()
