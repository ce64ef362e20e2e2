"""The embedded AWS of one machine, shared by all commands that overlap; the last one stops it.

::

    with EmbeddedAws(StateFolder(path), environ=os.environ, connect=…) as aws:
        aws.endpoint, aws.settings

Starting, joining and stopping happen one at a time, under the state folder's lock. Whoever is killed
while holding it lets go of it; the embedded AWS then finds by itself that nobody uses it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from types import TracebackType

from execution_engine import __version__, resources
from execution_engine.clock import Clock, SystemClock
from execution_engine.identifiers import Identifiers, RandomIdentifiers
from execution_engine.local.builds.settings import BuildSettings
from execution_engine.local.clients import Clients, Connect
from execution_engine.local.commands.settings import CommandSettings
from execution_engine.local.environment import child_environment, no_proxy, passed_on, service_settings
from execution_engine.local.expiry import expire_objects
from execution_engine.local.file_lock import FileLock
from execution_engine.local.kills import Kills
from execution_engine.local.names import REGION, Identity
from execution_engine.local.provisioning import Provisioning
from execution_engine.local.running_aws import Answering, RunningAws
from execution_engine.local.state_folder import StateFolder, read_document, write_document
from execution_engine.local.users import User, Users

LOCAL_TUNINGS: Mapping[str, str] = {
    "AWS_EXE_SYS_MAX_IN_FLIGHT": "8",
    "AWS_EXE_SYS_HEARTBEAT": "5",
    "AWS_EXE_SYS_TICK": "20",
    "AWS_EXE_SYS_RELAUNCH_AFTER": "20",
    "AWS_EXE_SYS_DELIVERY_TIMEOUT": "30",
    "AWS_EXE_SYS_LEASE": "15",
    "AWS_EXE_SYS_PASS_SECONDS": "5",
}
"""How the engine is set on one machine, unless EmbeddedAws is told otherwise: whatever dies is noticed within
three silent heartbeats, the second that S3 rounds away and a tick: 36 s, and what the look itself takes."""


class EmbeddedAws:
    """A context manager; inside it, ``endpoint``, ``pid`` and ``settings`` are set.

    ``environ``: the user's environment, of which only a few names are passed on. ``tunings``: settings
    of the engine (whole names) over :data:`LOCAL_TUNINGS`. They, ``handlers`` (function key → handler)
    and ``extra_environment`` (of ministack and its functions) count for whoever starts the embedded
    AWS; who joins one that others use takes it as it is. ``linger``: seconds without any user after
    which it stops itself. ``grace``: seconds between interrupting what still runs and killing it.

    ``settings`` is the environment that an engine, or plain boto3, in this very process needs.
    """

    def __init__(
        self,
        folder: StateFolder,
        *,
        environ: Mapping[str, str],
        connect: Connect,
        tunings: Mapping[str, str] | None = None,
        handlers: Mapping[str, str] | None = None,
        extra_environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        identifiers: Identifiers | None = None,
        linger: float = 3.0,
        grace: float = 5.0,
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._connect = connect
        pass_env = {"AWS_EXE_SYS_PASS_ENV": ",".join(passed_on(environ))}
        # No console has a page of a command here; what it printed lies there, a file for each instance.
        page = {"AWS_EXE_SYS_COMMAND_PAGE": f"{folder.command_logs.absolute().as_uri()}/"}
        self._tunings = {**LOCAL_TUNINGS, **page, **pass_env, **(tunings or {})}
        self._handlers = dict(handlers or {})
        self._builds = BuildSettings.from_environment(environ)
        self._commands = CommandSettings.from_environment(environ)
        self._extra = dict(extra_environment or {})
        self._clock = clock or SystemClock()
        self._identifiers = identifiers or RandomIdentifiers()
        self._running = RunningAws(folder, self._clock, linger=linger, grace=grace)
        self._users = Users(folder.users)
        self._user: User | None = None
        self.log_path = folder.log
        self.endpoint = ""
        self.pid = 0
        self.settings: dict[str, str] = {}

    def __enter__(self) -> EmbeddedAws:
        self._folder.prepare()
        with FileLock(self._folder.lock):
            others = self._users.any_alive()
            self._user = self._users.register(os.getpid(), self._identifiers.nonce())
            try:
                self._join_or_start(others)
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with FileLock(self._folder.lock):
            self._leave()

    def is_alone(self) -> bool:
        """Whether nobody else uses the embedded AWS: when this one leaves, it stops."""
        with FileLock(self._folder.lock):
            return not self._users.any_alive(besides=self._user)

    def _leave(self) -> None:
        """The last one stops the embedded AWS, and what it left running if it was killed meanwhile."""
        if self._user is not None:
            self._user.leave()
            self._user = None
        if not self._users.any_alive():
            self._running.stop()
            if not self._folder.saved.exists():
                self._running.end_leftovers()

    def _join_or_start(self, others: bool) -> None:
        identity = Identity.of(self._folder.identity, self._identifiers)
        found = self._running.find() or self._start(identity, others)
        clients = Clients(self._connect(identity), found.endpoint)
        try:
            settings = self._provision(clients, identity, others)
            if not others:
                self._expire(clients)
        finally:
            clients.close()
        self.pid = found.pid
        self.endpoint = found.endpoint
        self.settings = {
            **settings,
            "AWS_ENDPOINT_URL": found.endpoint,
            "AWS_ENDPOINT_URL_CODEBUILD": found.endpoint,
            "AWS_ENDPOINT_URL_SSM": found.endpoint,
            "AWS_ACCESS_KEY_ID": identity.access_key,
            "AWS_SECRET_ACCESS_KEY": identity.secret_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **no_proxy(self._environ),
        }

    def _start(self, identity: Identity, others: bool) -> Answering:
        Kills(self._folder).starting(self._clock.now())
        if not self._folder.saved.exists():
            self._folder.provisioned.unlink(missing_ok=True)  # what was created since is lost
            self._running.end_leftovers()
        self._folder.saved.unlink(missing_ok=True)
        if not others:
            self._folder.clean()
        return self._running.start(
            {
                **child_environment(self._environ, self._folder, sys.executable),
                **service_settings(self._folder, REGION, identity.access_key, identity.secret_key),
                **self._builds.environment(),
                **self._commands.environment(),
                **self._extra,
            }
        )

    def _provision(self, clients: Clients, identity: Identity, others: bool) -> dict[str, str]:
        """Creates what is missing: nothing if it is all there, or if others are at work with it."""
        known = read_document(self._folder.provisioned)
        digest = self._digest(identity)
        if known and (others or known["digest"] == digest):
            return dict(known["settings"])
        provisioning = Provisioning(clients, identity, tunings=self._tunings, handlers=self._handlers)
        provisioning.apply()
        settings = provisioning.settings()
        write_document(self._folder.provisioned, {"digest": digest, "settings": settings})
        return settings

    def _expire(self, clients: Clients) -> None:
        expire_objects(clients, self._clock.now())

    def _digest(self, identity: Identity) -> str:
        """What provisioning depends on: while it stays the same, so does what was provisioned."""
        parts = [resources.digest(), sys.executable, __version__, identity.role_path]
        parts += [f"{name}={value}" for name, value in sorted({**self._tunings, **self._handlers}.items())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
