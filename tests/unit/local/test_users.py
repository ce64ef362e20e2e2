from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from execution_engine.local.users import Users


def test_nobody_is_there_at_first(tmp_path: Path) -> None:
    assert not Users(tmp_path).any_alive()


def test_a_user_is_there_until_it_leaves(tmp_path: Path) -> None:
    users = Users(tmp_path)
    first, second = users.register(1, "a"), users.register(1, "b")
    first.leave()
    assert users.any_alive()
    second.leave()
    assert not users.any_alive()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_user_is_gone_and_its_file_too(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from execution_engine.local.users import Users\n"
        "user = Users(Path(sys.argv[1])).register(os.getpid(), 'x')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)
    assert killed.returncode == -9
    assert len(list(tmp_path.iterdir())) == 1
    assert not Users(tmp_path).any_alive()
    assert list(tmp_path.iterdir()) == []


def test_whether_anybody_else_is_there(tmp_path: Path) -> None:
    users = Users(tmp_path)
    own = users.register(1, "a")
    assert not users.any_alive(besides=own)
    other = users.register(1, "b")
    assert users.any_alive(besides=own)
    other.leave()
    assert not users.any_alive(besides=own)
    assert users.any_alive()
