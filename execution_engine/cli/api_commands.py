"""``serve`` and ``submit``: the engine behind an HTTP API, from either side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from execution_engine.cli.application import app, carry_out
from execution_engine.cli.options import Api, Debug, JobFile, Json, Sign, State


@app.command()
def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0: any that is free.")] = 0,
    aws: Annotated[
        bool,
        typer.Option(
            "--aws",
            help="In front of a real deployment, with your own credentials; its names come from AWS_EXE_SYS_* in the "
            "environment, as its functions have them.",
        ),
    ] = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Serve the HTTP API on 127.0.0.1 until Ctrl-C; prints its address.

    It is the API that a deployment has, by the same functions, in front of this machine's embedded AWS, which runs as
    long as this does: runs that are submitted here go on meanwhile. GET /openapi.json describes it. Only processes of
    the same user are answered (where the system tells), and no web page.
    """
    from execution_engine.cli import serve_command

    carry_out(ctx, lambda call: serve_command.serve(call, port, aws=aws), as_json, state, debug)


@app.command()
def submit(
    ctx: typer.Context,
    job: JobFile,
    key: Annotated[
        str | None,
        typer.Option(
            "--idempotency-key",
            metavar="KEY",
            help="Submitted again by the same key, a job is the same run, for a day.",
        ),
    ] = None,
    code: Annotated[Path | None, typer.Option("--code", hidden=True)] = None,
    api: Api = None,
    sign: Sign = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Submit a job through an API, and print its run_id. It is not waited for: `wait RUN --api URL` does that.

    Code is not sent: an order's comes from its git_repo or its s3_location.
    """
    from execution_engine.cli import submit_command

    carry_out(ctx, lambda call: submit_command.submit(call, job, key, code), as_json, state, debug, (api, sign))
