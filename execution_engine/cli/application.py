"""The command line itself: its name, what may be said before a command's name, and how one is carried out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from execution_engine import __version__
from execution_engine.cli.options import HELP, Api, Debug, Sign, State

if TYPE_CHECKING:
    from execution_engine.cli.calls import Command
    from execution_engine.cli.machine import Machine

ORDER = (
    *("run", "submit", "wait", "status", "history", "logs", "cancel", "retry"),
    *("console", "comment", "validate", "graph", "serve", "aws"),
)
"""As the help lists them; others follow."""


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    cls=_Commands,
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _machine(state: Path | None) -> AbstractContextManager[Machine]:
    from execution_engine.cli.local_machine import open_machine

    return open_machine(state)


def carry_out(
    ctx: typer.Context,
    command: Command,
    as_json: bool,
    state: Path | None,
    debug: bool,
    remote: tuple[str | None, bool] | None = None,
) -> None:
    """``remote``: what ``--api`` and ``--sign`` said, of a command that takes them."""
    from execution_engine.cli.calls import perform

    api, sign = remote or (None, False)
    takes_api = remote is not None
    perform(ctx.obj, command, as_json=as_json, state=state, debug=debug, api=api, sign=sign, takes_api=takes_api)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def shared(
    ctx: typer.Context,
    state: State = None,
    debug: Debug = False,
    api: Api = None,
    sign: Sign = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    from execution_engine.cli.calls import Shared

    ctx.obj = Shared(ctx.obj or _machine, state, debug, api, sign)
