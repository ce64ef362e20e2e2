"""An SSH server on 127.0.0.1: the real ``sshd`` of the one who runs the tests, which lets a key fetch and no more."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import socket
import subprocess
from pathlib import Path

_SETTINGS = """
ListenAddress 127.0.0.1:{port}
HostKey {private}/host
AuthorizedKeysFile {private}/authorized
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv {accept}
"""

# The path is below the served folder, whatever is asked for.
_COMMAND = """#!/bin/sh
exec git shell -c "$(printf '%s' "$SSH_ORIGINAL_COMMAND" | sed "s|'/|'{root}/|")"
"""


def missing() -> str | None:
    """Why no server can be started here; None if one can."""
    for program in ("sshd", "ssh", "ssh-keygen"):
        if _program(program) is None:
            return f"{program} is not installed (Debian: openssh-server, openssh-client): SSH is not tested here"
    return None


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")


class SshServer:
    """Serves the bare repositories below ``root`` to ``key``. ``known``: its line of a known_hosts file.

    ``accept``: variables it takes from clients; without ``GIT_PROTOCOL`` only the old protocol is spoken.
    """

    def __init__(self, root: Path, private: Path, accept: str = "GIT_PROTOCOL") -> None:
        self.private = private
        host, self.key = self.new_key("host")[1], self.new_key("client")[0]
        self.log = private / "log"
        script = private / "serve"
        script.write_text(_COMMAND.format(root=root))
        script.chmod(0o755)
        (private / "authorized").write_text(
            f'restrict,command="{shlex.quote(str(script))}" {(private / "client.pub").read_text()}'
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        settings = private / "settings"
        settings.write_text(_SETTINGS.format(port=self.port, private=private, accept=accept))
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd of root won't start without
        self.known = f"[127.0.0.1]:{self.port} {host}"
        command = [_program("sshd") or "sshd", "-D", "-f", str(settings), "-E", str(self.log)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self._wait()

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, repository: str) -> str:
        return f"ssh://{getpass.getuser()}@{self.at}/{repository}"

    def new_key(self, name: str) -> tuple[str, str]:
        """The private key, and the public one without its comment."""
        path = self.private / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)],
            check=True,
            capture_output=True,
        )
        return path.read_text(), " ".join(path.with_suffix(".pub").read_text().split()[:2])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _wait(self) -> None:
        while self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except ConnectionRefusedError:
                continue
        raise AssertionError(f"sshd ended at its start: {self.log.read_text()}")
