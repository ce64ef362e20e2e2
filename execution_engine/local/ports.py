"""Where a state folder's embedded AWS answers: every one on the same port, since addresses in it are sealed into
the bundles of runs that the next one goes on with."""

from __future__ import annotations

import hashlib
import socket
import sys
from collections.abc import Iterator

from execution_engine.local.state_folder import StateFolder, read_document, write_document

FIRST, COUNT = 20_000, 12_000
"""Below the ports that systems give to connections that go out, so that none of these is in the way."""

TRIES = 50


def bind(folder: StateFolder) -> socket.socket:
    """A socket of 127.0.0.1, on the folder's port; on another one if somebody else has that."""
    kept = (read_document(folder.port) or {}).get("port")
    for port in _candidates(folder, kept):
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # of the one before, connections linger
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            bound.bind(("127.0.0.1", port))
            bound.listen()  # only from now on is it ours
        except OSError:
            bound.close()
            continue
        found = bound.getsockname()[1]
        if found != kept:
            if kept is not None:
                sys.stderr.write(f"port {kept} is taken: runs submitted before can't report their orders\n")
            write_document(folder.port, {"port": found})
        return bound
    raise OSError("no port of 127.0.0.1 is free")


def _candidates(folder: StateFolder, kept: int | None) -> Iterator[int]:
    if kept is not None:
        yield kept
    start = int.from_bytes(hashlib.sha256(str(folder.root).encode()).digest()[:4], "big")
    yield from (FIRST + (start + step) % COUNT for step in range(TRIES))
    yield 0  # whichever is free
