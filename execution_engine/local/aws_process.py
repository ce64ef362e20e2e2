"""The process of the embedded AWS: ministack's own application, and a watch over who uses it.

Started by :mod:`execution_engine.local.embedded_aws`, never by hand::

    python -m execution_engine.local.aws_process STATE READY_FD LINGER GRACE

It binds the folder's port of 127.0.0.1, writes a line to READY_FD once it answers, and stops on SIGTERM, or by
itself when for LINGER seconds nobody used it. Stopping ends its functions, its builds, what its instances run and
their commands (interrupt, GRACE seconds, kill), then writes all state down.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import resource
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from execution_engine.local import ports, processes
from execution_engine.local.adaptations import forget_lost_executions, know_if_none_match, queue_invocations
from execution_engine.local.builds.opening import open_builds
from execution_engine.local.builds.shop import Shop
from execution_engine.local.commands.desk import Desk
from execution_engine.local.commands.opening import open_commands
from execution_engine.local.encryption import encrypt_at_rest
from execution_engine.local.file_lock import FileLock
from execution_engine.local.guard import Guard, from_same_user
from execution_engine.local.lent import forget_lent
from execution_engine.local.orphans import Orphans
from execution_engine.local.state_folder import StateFolder, write_document
from execution_engine.local.users import Users

WATCH_INTERVAL = 0.5
SAVE_LIMIT = 30.0
"""Seconds that writing down may take after the functions ended, before the process gives up."""


class AwsProcess:
    """One embedded AWS, from its start to its end."""

    def __init__(self, folder: StateFolder, ready_fd: int, linger: float, grace: float) -> None:
        self._folder = folder
        self._ready_fd = ready_fd
        self._linger = linger
        self._grace = grace
        self._stop = asyncio.Event()
        self._builds: Shop
        self._commands: Desk

    def run(self) -> int:
        alive = FileLock(self._folder.alive)
        if not alive.try_acquire():
            sys.stderr.write("another embedded AWS lives in this folder already\n")
            return 1
        alive.write(str(os.getpid()))
        processes.adopt_orphans()
        _raise_file_limit()
        asyncio.run(self._serve(ports.bind(self._folder)))
        return 0

    async def _serve(self, listening: socket.socket) -> None:
        port = listening.getsockname()[1]
        os.environ["GATEWAY_PORT"] = str(port)  # ministack reads it when it is imported
        know_if_none_match()
        forget_lost_executions()
        encrypt_at_rest(self._folder.object_key)
        close_queue = queue_invocations()
        self._builds = open_builds(self._folder, port, self._grace)
        self._commands = open_commands(self._folder, port)
        application = importlib.import_module("ministack.app").app
        hypercorn: Any = importlib.import_module("hypercorn.asyncio")
        config: Any = importlib.import_module("hypercorn.config").Config()
        config.bind = [f"fd://{listening.detach()}"]
        config.keep_alive_timeout = 75
        config.graceful_timeout = 1
        config.loglevel = "WARNING"
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self._stop.set)

        async def until_stopped() -> None:
            # Called when the port answers.
            write_document(self._folder.record, {"pid": os.getpid(), "port": port})
            os.write(self._ready_fd, b"ready\n")
            os.close(self._ready_fd)
            threading.Thread(target=self._watch, args=(loop,), daemon=True, name="users").start()
            await self._stop.wait()
            self._folder.record.unlink(missing_ok=True)
            threading.Thread(target=self._give_up, daemon=True, name="give-up").start()
            close_queue()
            self._builds.close()
            self._commands.close()
            await asyncio.to_thread(self._end_functions)
            forget_lent()
            write_document(self._folder.builds, self._builds.abandon())
            write_document(self._folder.commands, {"commands": self._commands.abandon()})

        guarded = Guard(application, os.environ["AWS_ACCESS_KEY_ID"], from_same_user)
        await hypercorn.serve(guarded, config, shutdown_trigger=until_stopped)
        # State is on disk now. What was started meanwhile (a retry) ends here; threads of
        # ministack that still wait for something must not keep the process.
        self._folder.saved.touch()
        self._end_functions()
        sys.stdout.flush()
        os._exit(0)

    def _end_functions(self) -> None:
        processes.end_descendants(os.getpid(), self._grace, time.monotonic, time.sleep, self._caring)

    def _caring(self) -> set[int]:
        """The processes that are told to terminate, and end by themselves what is below them. Each leads a group."""
        return self._builds.pids() | self._commands.pids()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stops the process when its users are gone; holds the lock from then on, so that whoever
        comes next waits until everything is written down."""
        users = Users(self._folder.users)
        lock = FileLock(self._folder.lock)
        orphans = Orphans(self._grace, time.monotonic, self._caring)
        lonely_since: float | None = None
        while not self._stop.is_set():
            time.sleep(WATCH_INTERVAL)
            orphans.end()
            if not (self._folder.root.exists() and self._folder.users.exists()):
                # Removed from under us, perhaps in part: nothing to keep, nobody to serve.
                self._end_functions()
                os._exit(1)
            if not lock.try_acquire():
                continue  # somebody comes or goes
            if users.any_alive():
                lonely_since = None
            elif lonely_since is None:
                lonely_since = time.monotonic()
            elif time.monotonic() - lonely_since >= self._linger:
                loop.call_soon_threadsafe(self._stop.set)
                return
            lock.release()

    def _give_up(self) -> None:
        time.sleep(self._grace + SAVE_LIMIT)
        self._end_functions()
        os._exit(1)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(arguments: list[str]) -> int:
    state, ready_fd, linger, grace = arguments
    return AwsProcess(StateFolder(Path(state)), int(ready_fd), float(linger), float(grace)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
