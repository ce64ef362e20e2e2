"""``console``: pages about what runs and ran, for a browser on this machine."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from execution_engine.cli import exits
from execution_engine.cli.calls import Call, WrongUsage
from execution_engine.cli.interrupts import Interrupts
from execution_engine.cli.places import Deployment, ThisMachine
from execution_engine.identifiers import RandomIdentifiers
from execution_engine.logs import configure

if TYPE_CHECKING:
    from execution_engine.console.application import Application
    from execution_engine.console.door import Door

MISSING = "the console needs {}: pip install 'aws-execution-engine[console]' (in a clone: pip install '.[console]')"


def console(call: Call, port: int, *, aws: bool, actions: bool, opens: bool) -> int:
    """Until it is interrupted. ``aws``: of the deployment that the environment names, else of this machine."""
    if aws and call.state is not None:
        raise WrongUsage("--aws and --state exclude each other: the console is one of a deployment, or of this machine")
    application_of, door_of = _parts()
    configure(readable=sys.stderr.isatty())
    from execution_engine.console.rendering import prepare
    from execution_engine.local.http_server import HttpServer

    with _place(call, aws=aws) as place:
        late = _Late()
        server = HttpServer(late, port)
        try:
            door = door_of(RandomIdentifiers().nonce, server.port)
            late.application = application_of(place, door, actions=actions)
            prepare()
            _tell(call, door.address, actions=actions)
            if opens and has_screen(os.environ, sys.platform):
                webbrowser.open(door.ticket)
            server.serve()
        finally:
            server.close()
        if isinstance(place, ThisMachine):
            for run_id in place.unfinished():
                call.output.say(f"run {run_id} was still going on; to go on with it:\n  {call.base} wait {run_id}")
    return exits.SUCCEEDED


def has_screen(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser would have a window; one that would take over the terminal is not started."""
    return platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


class _Late:
    """The port has to be had before anything can say which it is."""

    application: Application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.application(environ, start_response)


def _parts() -> tuple[type[Application], type[Door]]:
    """What needs more than the engine itself."""
    try:
        from execution_engine.console.application import Application
        from execution_engine.console.door import Door
    except ModuleNotFoundError as missing:
        raise WrongUsage(MISSING.format(missing.name)) from missing
    return Application, Door


@contextmanager
def _place(call: Call, *, aws: bool) -> Iterator[ThisMachine | Deployment]:
    if aws:
        with Interrupts():
            yield Deployment.of(os.environ)
        return
    with call.machine() as (machine, _):
        yield ThisMachine(machine)


def _tell(call: Call, address: str, *, actions: bool) -> None:
    if call.output.as_json:
        call.output.document({"url": address})
    else:
        call.output.text(address)
    may = "can cancel and retry runs" if actions else "can read everything"
    call.output.say(f"whoever has this address {may}. Ctrl-C ends it")
