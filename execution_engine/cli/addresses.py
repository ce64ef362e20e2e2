"""``--api URL``: which API, and whether it is asked with a signature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from execution_engine.errors import EngineError
from execution_engine.loopback import is_loopback

_OF_AWS = re.compile(r"[a-z0-9-]+\.execute-api\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)")
_OF_EMBEDDED_AWS = re.compile(r"[a-z0-9-]+\.execute-api\.localhost")


class AddressRefused(EngineError):
    """The address of an API can't be used as it stands; says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """``region``: the one to sign for; None where no signature is needed. ``asked_to_sign``: else it would be none."""

    url: str
    region: str | None = None
    asked_to_sign: bool = False


def read_address(url: str, *, sign: bool, environ: Mapping[str, str]) -> Address:
    """AWS's own addresses are always signed for, in their own region; an embedded AWS's, and others with ``sign``, in
    the one that the environment names. Raises ``AddressRefused``."""
    try:
        parts = urlsplit(url.strip())
        sound = parts.scheme in ("http", "https") and (parts.port or 80) > 0
        sound = sound and not parts.query and not parts.fragment and parts.username is None
        host = (parts.hostname or "") if sound else ""
    except ValueError:
        host = ""
    if not host:
        raise AddressRefused(f"--api {url!r} is no address of an API: http://127.0.0.1:PORT or https://HOST")
    clear = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    if parts.scheme == "http" and not is_loopback(host):
        raise AddressRefused(f"--api {clear} leaves this machine unencrypted: use https")
    found = _OF_AWS.fullmatch(host)
    if found is not None:
        return Address(clear, found[1])
    if not sign and not _OF_EMBEDDED_AWS.fullmatch(host):
        return Address(clear)
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise AddressRefused(f"{'--sign' if sign else clear} needs a region to sign for: set AWS_REGION")
    return Address(clear, region, asked_to_sign=sign)
