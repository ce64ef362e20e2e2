from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from execution_engine.local.peers import user_behind

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
def test_a_connection_of_this_process_is_this_users() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert user_behind(client.getsockname(), server.getsockname()) == os.getuid()


def test_each_end_is_its_own_row(tmp_path: Path) -> None:
    client, server = ("127.0.0.1", 4660), ("127.0.0.1", 22136)
    here = "7F000001" if sys.byteorder == "big" else "0100007F"
    rows = [
        f"   0: {here}:5678 {here}:1234 01 00000000:00000000 00:00000000 00000000     7        0 1",
        f"   1: {here}:1234 {here}:5678 01 00000000:00000000 00:00000000 00000000   501        0 2",
    ]
    table = tmp_path / "tcp"
    table.write_text(HEADER + "\n".join(rows) + "\n")
    assert user_behind(client, server, table) == 501
    assert user_behind(("127.0.0.1", 1), server, table) is None


def test_where_nobody_tells_nobody_is_known(tmp_path: Path) -> None:
    assert user_behind(("127.0.0.1", 1), ("127.0.0.1", 2), tmp_path / "none") is None
    assert user_behind(("no address", 1), ("127.0.0.1", 2)) is None
