"""This machine: the embedded AWS over a state folder, and an engine that talks to it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from execution_engine import wiring
from execution_engine.cli.answers import accepted, submitted
from execution_engine.cli.board import OUT
from execution_engine.cli.machine import Machine, MachineLost, Submitted
from execution_engine.clock import Clock
from execution_engine.jobs.job import Door
from execution_engine.jobs.naming import upload_key
from execution_engine.local import instances as simulated
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.empty_aws import FOLDER as EMPTY
from execution_engine.local.empty_aws import EmptyAws
from execution_engine.local.environment import no_proxy
from execution_engine.local.gateway import http_event
from execution_engine.local.kills import Kills
from execution_engine.local.lent import lent
from execution_engine.local.names import VALUES
from execution_engine.local.recovery import Recovery
from execution_engine.local.remains import Remains
from execution_engine.local.state_folder import StateFolder, default_state_folder
from execution_engine.settings import MADE_BY_DEPLOYMENT, PREFIX, Settings

_FUNCTIONS: Mapping[Door, str] = {
    "init": str(VALUES["init_job_function"]),
    "ssm": str(VALUES["ssm_config_function"]),
}
_CONTROL = str(VALUES["control_function"])

NOT_OURS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN")
OUR_OWN = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class LocalMachine:
    """Implements ``Machine``. ``is_alone``: whether no other command uses it."""

    def __init__(self, engine: wiring.Engine, folder: StateFolder, is_alone: Callable[[], bool]) -> None:
        self._engine = engine
        self._folder = folder
        self.is_alone = is_alone
        self.clock: Clock = engine.clock
        self.history = engine.history

    @property
    def environment(self) -> Mapping[str, str]:
        return self._engine.client.environment

    @contextmanager
    def stored_code(self, sha256: str, archive: BinaryIO) -> Iterator[str]:
        key = upload_key(sha256, self._engine.identifiers.nonce())
        self._engine.internal.write(key, archive, "application/zip")
        try:
            yield f"s3://{self._engine.internal.name}/{key}"
        finally:  # intake has its own copy, or refused the job
            self._engine.internal.delete([key])

    def lent(self, parameters: Mapping[str, str], secrets: Mapping[str, str]) -> AbstractContextManager[None]:
        return lent(self._engine.client, self._folder.lending, parameters, secrets)

    def submit(self, document: dict[str, Any], door: Door) -> Submitted:
        payload, failed = self._invoke(_FUNCTIONS[door], {"job": document})
        return submitted(payload, failed=failed)

    def declare(self, instances: Sequence[simulated.Instance]) -> None:
        simulated.declare(self._folder.instances, instances)

    def declared(self) -> Mapping[str, simulated.Instance]:
        return simulated.declared(self._folder.instances)

    def is_done(self, run_id: str) -> bool:
        return self._engine.done.exists(run_id)

    def cancel(self, run_id: str) -> None:
        payload, failed = self._invoke(_CONTROL, http_event("POST", f"/runs/{run_id}/cancel"))
        accepted(payload, "the cancellation", failed=failed)

    def retry(self, run_id: str) -> Submitted:
        payload, failed = self._invoke(_CONTROL, http_event("POST", f"/runs/{run_id}/retry"))
        return submitted(payload, failed=failed)

    def is_abandoned(self, run_id: str) -> bool:
        return not self._recovery.is_watched(run_id)

    def take_up(self, run_id: str) -> None:
        self._recovery.take_up(run_id, attempts(self.history.run(run_id)["orders"]))

    def remains(self, run_id: str) -> dict[str, Any] | None:
        engine, folder = self._engine, self._folder
        lost = Kills(folder).lost
        return Remains(engine.internal, engine.reports, engine.clock, lost=lost, objects=folder.objects).of(run_id)

    @property
    def _recovery(self) -> Recovery:
        return Recovery(self._engine.client("stepfunctions"), self._engine.watchdogs)

    def _invoke(self, function: str, event: dict[str, Any]) -> tuple[bytes, bool]:
        """The function's answer, and whether it broke."""
        answer = self._engine.client("lambda", once=True).invoke(
            FunctionName=function, InvocationType="RequestResponse", Payload=json.dumps(event).encode()
        )
        return answer["Payload"].read(), bool(answer.get("FunctionError"))


def attempts(orders: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Order number → the attempt that has a watchdog: the one that is out, or is to follow after a back-off."""
    return {
        order["order_num"]: order["attempt"] + (order["status"] == "queued")
        for order in orders
        if order["status"] in OUT or (order["status"] == "queued" and order["attempt"])
    }


@contextmanager
def open_machine(state: Path | None) -> Iterator[Machine]:
    """Starts or joins the embedded AWS over ``state`` (else the user's own state folder), and leaves it.

    Raises ``MachineLost`` when it stops answering under way.
    """
    environ = dict(os.environ)
    folder = StateFolder(_root(state, environ))
    aws = EmbeddedAws(folder, environ=environ, connect=wiring.connect, tunings=tunings(environ))
    with _inside(aws, folder):
        yield LocalMachine(wiring.Engine(aws.settings), folder, aws.is_alone)


@contextmanager
def open_empty(state: Path | None) -> Iterator[Mapping[str, str]]:
    """As ``open_machine``, but without the engine: the environment of programs that are to make things there."""
    environ = dict(os.environ)
    folder = StateFolder(_root(state, environ) / EMPTY)
    aws = EmptyAws(folder, environ=environ, connect=wiring.connect)
    with _inside(aws, folder):
        yield aws.settings


def _root(state: Path | None, environ: Mapping[str, str]) -> Path:
    return state.absolute() if state is not None else default_state_folder(environ)


@contextmanager
def _inside(aws: EmbeddedAws, folder: StateFolder) -> Iterator[None]:
    _forget_own_aws(dict(os.environ))
    try:
        with ExitStack() as entered:
            _enter(entered, aws, folder)
            yield
    except ClientError as error:
        raise MachineLost(f"the embedded AWS refused a call: {error}; its log is {aws.log_path}") from error
    except (BotoCoreError, PynamoDBException) as error:
        raise MachineLost(
            f"the embedded AWS over {folder.root} stopped answering ({type(error).__name__}), so what was under "
            f"way is lost; its log is {aws.log_path}. `status RUN` says what is known of a run"
        ) from error


def _enter(entered: ExitStack, aws: EmbeddedAws, folder: StateFolder) -> None:
    try:
        entered.enter_context(aws)
    except OSError as error:
        raise MachineLost(
            f"the state folder {folder.root} can't be used: {error}; --state DIR names another"
        ) from error


def tunings(environ: Mapping[str, str]) -> dict[str, str]:
    """The optional settings that the user's environment names. Raises ``SettingsError``."""
    Settings.from_environment(environ)
    names = [PREFIX + one.name.upper() for one in fields(Settings) if one.name not in MADE_BY_DEPLOYMENT]
    return {name: environ[name] for name in names if name in environ}


def _forget_own_aws(environ: Mapping[str, str]) -> None:
    """This process talks to its own AWS and no other: no profile, role or proxy of the user's counts."""
    for name in NOT_OURS:
        os.environ.pop(name, None)
    os.environ.update(OUR_OWN)
    os.environ.update(no_proxy(environ))
