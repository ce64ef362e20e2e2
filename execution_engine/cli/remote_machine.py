"""A place where jobs run that is reached by its API: a deployment, or another process' ``serve``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from execution_engine.cli.addresses import Address
from execution_engine.cli.api_client import ApiClient, Reply, Send, Unreachable
from execution_engine.cli.calls import WrongUsage
from execution_engine.cli.machine import MachineLost, Submitted
from execution_engine.cli.remote_history import RemoteHistory
from execution_engine.clock import Clock, SystemClock
from execution_engine.history.asking import Asking
from execution_engine.identifiers import Identifiers, RandomIdentifiers, share
from execution_engine.jobs.job import Door

if TYPE_CHECKING:
    from execution_engine.local.instances import Instance


class RemoteMachine:
    """Implements ``Machine``. Whoever works on a run there is no command of ours, so that it is never abandoned."""

    def __init__(self, api: ApiClient, clock: Clock, identifiers: Identifiers) -> None:
        self._api = api
        self._identifiers = identifiers
        self.clock: Clock = clock
        self.history: Asking = RemoteHistory(api)

    @property
    def environment(self) -> Mapping[str, str]:
        raise WrongUsage("only this machine's own AWS is lent to a program: leave out --api")

    def stored_code(self, sha256: str, archive: BinaryIO) -> AbstractContextManager[str]:
        raise WrongUsage("an API takes no code from this machine: name it in the job, by git_repo or s3_location")

    def lent(self, parameters: Mapping[str, str], secrets: Mapping[str, str]) -> AbstractContextManager[None]:
        raise WrongUsage("--credentials is for this machine's own AWS: put them where the job's locations lead, there")

    def submit(self, document: dict[str, Any], door: Door) -> Submitted:
        return _submitted(self.taken(document, door))

    def taken(self, document: dict[str, Any], door: Door, key: str | None = None) -> dict[str, Any]:
        """The answer of contract section 1. ``key``: the caller's own idempotency key; asking again after an answer
        that was lost is safe in any case."""
        body = {"job": document, "idempotency_key": key or self._identifiers.nonce()}
        return self._api.post(door, body=body, again=True)

    def declare(self, instances: Sequence[Instance]) -> None:
        raise WrongUsage("--instances declares simulated ones of this machine; behind an API they are what they are")

    def declared(self) -> Mapping[str, Instance] | None:
        return None

    def is_done(self, run_id: str) -> bool:
        """What is left to do once a run is completed concerns nobody who asks."""
        return self.history.outline(run_id)["completed_at"] is not None

    def cancel(self, run_id: str) -> None:
        self._api.post("runs", run_id, "cancel", again=True)

    def retry(self, run_id: str) -> Submitted:
        return _submitted(self._api.post("runs", run_id, "retry", again=True))

    def is_abandoned(self, run_id: str) -> bool:
        return False

    def is_alone(self) -> bool:
        return False

    def take_up(self, run_id: str) -> None:
        """Nothing to do: the engine there works on it."""

    def remains(self, run_id: str) -> dict[str, Any] | None:
        return None


@contextmanager
def open_remote(address: Address) -> Iterator[RemoteMachine]:
    clock = SystemClock()
    yield RemoteMachine(ApiClient(address.url, _send(address), clock, share), clock, RandomIdentifiers())


def _send(address: Address) -> Send:
    from execution_engine.wiring.http import HttpSender

    sender = HttpSender(os.environ, address.region)

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        try:
            return Reply(*sender(method, url, headers, body))
        except PermissionError as error:
            raise MachineLost(str(error)) from error
        except ConnectionError as error:
            raise Unreachable(str(error)) from error

    return send


def _submitted(answer: Mapping[str, Any]) -> Submitted:
    try:
        return Submitted(str(answer["run_id"]), str(answer["trace_id"]), str(answer["flow_id"]))
    except KeyError as missing:
        raise MachineLost(f"the submission's answer lacks {missing}") from None
