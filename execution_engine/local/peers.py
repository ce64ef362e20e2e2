"""Whose process is at the other end of a connection on this machine. Linux tells; elsewhere nobody knows."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

TABLE = Path("/proc/net/tcp")
_LOCAL, _REMOTE, _UID = 1, 2, 7


def user_behind(client: tuple[str, int], server: tuple[str, int], table: Path = TABLE) -> int | None:
    """The user id of the process that connected from ``client`` to ``server`` (IPv4); None if unknown.

    The kernel's table has each end of a loopback connection as a row of its own; the client's is the one
    that is local to it (proc(5), /proc/net/tcp).
    """
    try:
        ends = (_written(client), _written(server))
        rows = table.read_text("ascii").splitlines()[1:]
    except (OSError, ValueError):
        return None
    for row in rows:
        fields = row.split()
        if (fields[_LOCAL], fields[_REMOTE]) == ends:
            return int(fields[_UID])
    return None


def _written(address: tuple[str, int]) -> str:
    """As the kernel prints it: the address in the machine's byte order, the port as a number."""
    host, port = address
    (packed,) = struct.unpack("=I", socket.inet_aton(host))
    return f"{packed:08X}:{port:04X}"
