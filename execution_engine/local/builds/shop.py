"""All builds of one embedded AWS: so many at once, the others in the order in which they came."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.local.builds.build import Build
from execution_engine.local.builds.errors import NotFound, TooMany
from execution_engine.local.builds.floor import Containers, Floor
from execution_engine.local.builds.phases import Context, Status
from execution_engine.local.builds.request import BuildRequest
from execution_engine.local.builds.tokens import Tokens
from execution_engine.local.ticking import Ticking

KEPT = 1_000
"""How many builds are known that are over; AWS knows them for a year."""


class Shop(Ticking):
    """``at_once`` builds run, ``queue`` more may wait. ``minute``: how many seconds the limits' minutes have.
    ``remembered``: what :meth:`abandon` answered to the embedded AWS before."""

    def __init__(
        self,
        containers: Containers,
        clock: Clock,
        identifiers: Identifiers,
        *,
        at_once: int = 4,
        queue: int = 100,
        minute: float = 60.0,
        remembered: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        self._containers = containers
        self._clock = clock
        self._identifiers = identifiers
        self._at_once = at_once
        self._queue = queue
        self._minute = minute
        self._builds: dict[str, Build] = {}
        self._floor = Floor(containers, clock, minute)
        self._numbers: dict[str, int] = {}
        self._tokens = Tokens()
        self._remembered = dict(remembered or {})

    def start(
        self, request: BuildRequest, asked: Mapping[str, Any], *, region: str, account: str, initiator: str
    ) -> dict[str, Any]:
        """Raises ``InvalidInput`` (the token was for something else) and ``TooMany``."""
        now = self._clock.now()
        token = asked.get("idempotencyToken")
        with self._changed:
            if token and (known := self._builds.get(self._tokens.find(request.project, str(token), asked, now) or "")):
                return known.describe()
            if len(self._waiting()) >= self._queue or self._closed:
                raise TooMany(f"Cannot have more than {self._queue} builds in queue for the account")
            uuid = self._identifiers.run_id()
            self._numbers[request.project] = self._numbers.get(request.project, 0) + 1
            build = Build(
                request,
                uuid=uuid,
                number=self._numbers[request.project],
                region=region,
                account=account,
                initiator=initiator,
                log_url=self._containers.log_url(uuid),
                at=now,
            )
            self._builds[build.id] = build
            if token:
                self._tokens.take(request.project, str(token), asked, build.id, now)
            self._forget()
            self._tell()
            return build.describe()

    def describe(self, build_id: str) -> dict[str, Any] | None:
        with self._changed:
            build = self._builds.get(build_id)
            return self._remembered.get(build_id) if build is None else build.describe()

    def stop(self, build_id: str) -> dict[str, Any]:
        """What has ended already stays as it is. Raises ``NotFound``."""
        with self._changed:
            build = self._builds.get(build_id)
            if build is None and build_id in self._remembered:
                return self._remembered[build_id]
            if build is None:
                raise NotFound(f"Build {build_id} can't be found")
            if build in self._floor:
                self._floor.stop(build)
            elif not build.is_over:
                build.end(Status.STOPPED, None, self._clock.now())
            self._tell()
            return build.describe()

    def ids(self, project: str | None = None) -> list[str]:
        """The newest first."""
        with self._changed:
            return [one.id for one in reversed(self._builds.values()) if project in (None, one.request.project)]

    def pids(self) -> set[int]:
        """Of the processes that are builds, each the leader of a group of its own."""
        with self._changed:
            return self._floor.pids()

    def abandon(self) -> dict[str, dict[str, Any]]:
        """After it was closed, and all processes are gone: what became of the builds that did not end by
        themselves, for those who will ask the next one."""
        why = Context("INTERNAL_SERVICE_ERROR", "the embedded AWS was stopped, and the build with it")
        with self._changed:
            for build in self._builds.values():
                if not build.is_over:
                    self._floor.clear(build, Status.FAULT, why)
                    self._remembered[build.id] = build.describe()
            return dict(list(self._remembered.items())[-KEPT:])

    def _look(self) -> None:
        for build in list(self._builds.values()):
            if not build.is_over:
                self._advance(build)

    def _is_busy(self) -> bool:
        return any(not build.is_over for build in self._builds.values())

    def _advance(self, build: Build) -> None:
        try:
            if build in self._floor:
                self._floor.look_at(build)
            elif build.is_due(self._clock.now(), self._minute):
                why = Context("QUEUED_TIMED_OUT", f"not started within {build.request.queued_timeout} minutes")
                build.end(Status.TIMED_OUT, why, self._clock.now())
            elif len(self._floor) < self._at_once and not self._closed:
                self._floor.provision(build)
        except Exception as error:
            traceback.print_exc()
            why = Context("INTERNAL_SERVICE_ERROR", f"{type(error).__name__}: {error}")
            self._floor.clear(build, Status.FAULT, why)

    def _waiting(self) -> list[Build]:
        return [one for one in self._builds.values() if not one.is_over and one not in self._floor]

    def _forget(self) -> None:
        over = [one.id for one in self._builds.values() if one.is_over]
        for build_id in over[:-KEPT]:
            del self._builds[build_id]
