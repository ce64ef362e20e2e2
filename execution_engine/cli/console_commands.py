"""``console``: the command and its options."""

from __future__ import annotations

from typing import Annotated

import typer

from execution_engine.cli.application import app, carry_out
from execution_engine.cli.options import Debug, Json, State


@app.command()
def console(
    ctx: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0: any that is free.")] = 0,
    allow_actions: Annotated[
        bool, typer.Option("--allow-actions", help="Let the pages cancel and retry runs; otherwise they only show.")
    ] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address, and start no browser.")] = False,
    aws: Annotated[
        bool,
        typer.Option(
            "--aws",
            help="Of a real deployment, with your own credentials; its names come from AWS_EXE_SYS_* in the "
            "environment, as its functions have them.",
        ),
    ] = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Show runs, graphs, timelines and logs in a browser, live, until Ctrl-C; prints the pages' address.

    The pages are served on 127.0.0.1 only. The address holds a key that is made anew each time: whoever has it may
    look. This machine's AWS runs as long as the console does.
    """
    from execution_engine.cli import console_command

    carry_out(
        ctx,
        lambda call: console_command.console(call, port, aws=aws, actions=allow_actions, opens=not no_open),
        as_json,
        state,
        debug,
    )
