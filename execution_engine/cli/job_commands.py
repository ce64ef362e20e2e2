"""``validate`` and ``graph``: what a job file says, without running it."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from execution_engine.cli.application import app, carry_out
from execution_engine.cli.options import Debug, Form, JobFile, Json, State


@app.command()
def validate(
    ctx: typer.Context, job: JobFile, as_json: Json = False, state: State = None, debug: Debug = False
) -> None:
    """Check a job file, and name every fault with its place. Nothing is started."""
    from execution_engine.cli import validate_command

    carry_out(ctx, lambda call: validate_command.validate(call, job), as_json, state, debug)


@app.command()
def graph(
    ctx: typer.Context,
    job: JobFile,
    form: Annotated[Form, typer.Option("--format", help="How to draw it.")] = Form.TEXT,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Draw a job's dependencies, level by level. Nothing is started."""
    from execution_engine.cli import validate_command

    width = shutil.get_terminal_size().columns
    carry_out(ctx, lambda call: validate_command.graph(call, job, form, width), as_json, state, debug)
