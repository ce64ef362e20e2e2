"""The environment of the embedded AWS and of all it starts: clean, and free of the user's own AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from execution_engine.local.state_folder import StateFolder

HOST_NAMES = ("PATH", "HOME", "LANG", "TMPDIR")
"""What commands see of the host everywhere (contract section 2)."""

NETWORK_NAMES = frozenset(
    name for upper in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY") for name in (upper, upper.lower())
) | frozenset(
    {
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
    }
)
"""Proxy and CA settings that commands see on one machine."""

INDEX_PREFIXES = ("PIP_", "UV_", "NPM_CONFIG_", "npm_config_")
"""Package-index settings that commands see on one machine."""


def passed_on(environ: Mapping[str, str]) -> list[str]:
    """The proxy, CA and package-index variables that are set, sorted: what a worker on this machine
    hands to its commands beside :data:`HOST_NAMES`."""
    return sorted(name for name in environ if name in NETWORK_NAMES or name.startswith(INDEX_PREFIXES))


def child_environment(environ: Mapping[str, str], folder: StateFolder, executable: str) -> dict[str, str]:
    """What of the host's environment the embedded AWS, its functions and their commands get.

    The tools beside the interpreter come first on PATH, so that commands find what the engine's own
    environment holds; temporary files go into the state folder. Calls to 127.0.0.1 never go
    through a proxy.
    """
    clean = {name: environ[name] for name in passed_on(environ)}
    clean["PATH"] = os.pathsep.join(
        part for part in (str(Path(executable).parent), environ.get("PATH", os.defpath)) if part
    )
    clean["HOME"] = environ.get("HOME") or str(Path.home())
    clean["LANG"] = environ.get("LANG") or "C.UTF-8"
    clean["TMPDIR"] = str(folder.tmp)
    return {**clean, **no_proxy(environ)}


def no_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """NO_PROXY in both cases, with this machine added to what it says already."""
    said = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    everything = ",".join(part for part in (said, "127.0.0.1", "localhost") if part)
    return {"NO_PROXY": everything, "no_proxy": everything}


def service_settings(folder: StateFolder, region: str, access_key: str, secret_key: str) -> dict[str, str]:
    """ministack's own settings. The keys are its root's, and no key of the user's."""
    return {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AUTH": "true",
        "MINISTACK_REGION": region,
        "BIND_HOST": "127.0.0.1",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder.services),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder.objects),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # No limit that throttles, since a throttled event is a lost event here: invocations queue
        # instead (adaptations.py).
        "LAMBDA_ACCOUNT_CONCURRENCY": "0",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
    }


def host_of(environ: Mapping[str, str], folder: StateFolder) -> dict[str, str]:
    """What the process of the embedded AWS passes on to what it starts by itself: its environment without what
    is ministack's own, root's keys above all."""
    own = service_settings(folder, "", "", "").keys() | {"GATEWAY_PORT"}
    return {name: value for name, value in environ.items() if name not in own}
