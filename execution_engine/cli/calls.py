"""One call of the command line: what every command shares, and how any of them may end."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from execution_engine.cli import exits
from execution_engine.cli.addresses import Address, AddressRefused, read_address
from execution_engine.cli.interrupts import Interrupts
from execution_engine.cli.machine import Machine, OpenMachine
from execution_engine.cli.output import Output
from execution_engine.errors import CodeUnusable, EngineError, Fault, JobRefused, NotFound


class WrongUsage(EngineError):
    """What was typed can't be done as it stands; says what to type instead. Nothing was started."""


@dataclass(slots=True)
class Shared:
    """What was said before the command's name, and where machines come from."""

    open_machine: OpenMachine
    state: Path | None = None
    debug: bool = False
    api: str | None = None
    sign: bool = False


@dataclass(slots=True)
class Call:
    """One command at work. ``state``: the folder that ``--state`` named. ``api``: what ``--api`` named."""

    output: Output
    open_machine: OpenMachine
    state: Path | None
    api: Address | None = None

    @property
    def base(self) -> str:
        """How a command begins that is about the same place, as it can be typed."""
        if self.api is not None:
            return f"execution-engine --api {shlex.quote(self.api.url)}{' --sign' if self.api.asked_to_sign else ''}"
        return "execution-engine" + ("" if self.state is None else f" --state {shlex.quote(str(self.state))}")

    @property
    def state_folder(self) -> Path:
        """The folder in use: the named one, or the user's own."""
        from execution_engine.local.state_folder import default_state_folder

        return self.state if self.state is not None else default_state_folder(os.environ)

    @contextmanager
    def machine(self) -> Iterator[tuple[Machine, Interrupts]]:
        """The machine, left in good order however the command ends."""
        with Interrupts() as interrupts, self._opened() as machine:
            yield machine, interrupts

    def _opened(self) -> AbstractContextManager[Machine]:
        if self.api is None:
            return self.open_machine(self.state)
        from execution_engine.cli.remote_machine import open_remote

        return open_remote(self.api)


Command = Callable[[Call], int]


def perform(
    shared: Shared,
    command: Command,
    *,
    as_json: bool,
    state: Path | None,
    debug: bool,
    api: str | None = None,
    sign: bool = False,
    takes_api: bool = False,
) -> None:
    """Ends the command with its exit code. What the engine raises is told in a sentence; nothing is a
    traceback without ``--debug``. ``takes_api``: the command is also for a place behind an API."""
    output = Output(as_json=as_json)
    call = Call(output, shared.open_machine, state or shared.state)
    debug = debug or shared.debug
    try:
        call.api = _address(api or shared.api, sign or shared.sign, takes_api=takes_api, state=call.state)
        code = command(call)
    except JobRefused as refused:
        code = _refuse(output, list(refused.faults))
    except (AddressRefused, CodeUnusable, NotFound, WrongUsage) as error:
        code = _fail(output, str(error), exits.REFUSED)
    except EngineError as error:
        if debug:
            raise
        code = _fail(output, str(error), exits.FAILED)
    except KeyboardInterrupt:
        code = _fail(output, "interrupted", exits.INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        code = _fail(output, f"unexpected: {what} (--debug shows where)", exits.FAILED)
    raise typer.Exit(code)


def _address(url: str | None, sign: bool, *, takes_api: bool, state: Path | None) -> Address | None:
    if url is None:
        if sign:
            raise WrongUsage("--sign is for a place behind an API: name it with --api URL")
        return None
    if not takes_api:
        raise WrongUsage("this command is for this machine only: leave out --api")
    if state is not None:
        raise WrongUsage("--api and --state exclude each other: a run is there, or on this machine")
    return read_address(url, sign=sign, environ=os.environ)


def _refuse(output: Output, faults: list[Fault]) -> int:
    told = f"refused, {len(faults)} fault{'s' if len(faults) > 1 else ''}; nothing was started"
    output.say(f"{told}:")
    for fault in faults:
        output.say(f"  {fault}")
    _error_document(output, told, faults)
    return exits.REFUSED


def _fail(output: Output, error: str, code: int) -> int:
    output.say(f"error: {error}" if code != exits.INTERRUPTED else error)
    _error_document(output, error.splitlines()[0] if error else "", [])
    return code


def _error_document(output: Output, error: str, faults: list[Fault]) -> None:
    if output.as_json:
        errors = [fault.as_dict() for fault in faults]
        output.document({"status": "error", "error": error, "errors": errors, **output.about})
