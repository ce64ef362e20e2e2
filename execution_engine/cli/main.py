"""``execution-engine``: its commands. What they do is imported when they are called."""

from __future__ import annotations

import io
import sys
from functools import partial
from typing import Annotated

import typer

# Each has commands of its own.
from execution_engine.cli import api_commands, console_commands, job_commands  # noqa: F401
from execution_engine.cli.application import app, carry_out
from execution_engine.cli.comment_options import ApiUrl, DryRun, Issue, OfRun, Provider, PullRequest, Tag, TokenEnv
from execution_engine.cli.exits import INTERRUPTED
from execution_engine.cli.options import (
    Api,
    Code,
    Command,
    CredentialsFile,
    Debug,
    Empty,
    Export,
    Instances,
    JobFile,
    Json,
    OneInstance,
    RunId,
    Sign,
    State,
)


@app.command()
def run(
    ctx: typer.Context,
    job: JobFile,
    code: Code = None,
    instances: Instances = None,
    credentials: CredentialsFile = None,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Run a whole job on this machine and wait for its end.

    The instances of SSM orders are simulated here: those of --instances, else of a file JOB.instances.yaml beside JOB,
    else those declared before.

    Ctrl-C ends the running orders and records that first; a second one leaves at once.
    """
    from execution_engine.cli import run_command

    carry_out(ctx, lambda call: run_command.run(call, job, code, instances, credentials), as_json, state, debug)


@app.command()
def wait(
    ctx: typer.Context,
    run: RunId,
    api: Api = None,
    sign: Sign = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Wait for a run's end; shows it and exits as `run` does.

    A run that nobody works on any more, since its `run` was killed or left, goes on.

    Ctrl-C ends the waiting, not the run. But the last command to leave stops this machine: what runs then is lost,
    and the next `wait` goes on with the rest.
    """
    from execution_engine.cli import run_command

    carry_out(ctx, lambda call: run_command.wait(call, run), as_json, state, debug, (api, sign))


@app.command()
def cancel(
    ctx: typer.Context,
    run: RunId,
    api: Api = None,
    sign: Sign = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """End a run early and wait until it is over: running orders are interrupted, others never start.

    Exits 0 however it ended, also when it was over already.

    Ctrl-C ends the waiting. But the last command to leave stops this machine: what runs then is lost.
    """
    from execution_engine.cli import steering_command

    carry_out(ctx, lambda call: steering_command.cancel(call, run), as_json, state, debug, (api, sign))


@app.command()
def retry(
    ctx: typer.Context,
    run: RunId,
    instances: Instances = None,
    credentials: CredentialsFile = None,
    api: Api = None,
    sign: Sign = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Run again what did not succeed of a run, as a new run; shows it and exits as `run` does.

    Credentials are read again: what `run` was given by --credentials is given again.

    Ctrl-C ends the new run, as that of `run` does.
    """
    from execution_engine.cli import steering_command

    carry_out(
        ctx, lambda call: steering_command.retry(call, run, instances, credentials), as_json, state, debug, (api, sign)
    )


@app.command()
def status(
    ctx: typer.Context,
    run: RunId,
    api: Api = None,
    sign: Sign = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Show how a run stands: its status and every order's. Exits 0 whatever it shows.

    A run that nobody works on any more, since its `run` was killed or left, is brought to its end first.
    """
    from execution_engine.cli import status_command

    carry_out(ctx, lambda call: status_command.status(call, run), as_json, state, debug, (api, sign))


@app.command()
def history(
    ctx: typer.Context,
    trace: Annotated[str, typer.Argument(metavar="TRACE", help="A trace_id.")],
    order: Annotated[str | None, typer.Option("--order", metavar="NAME", help="Of this order only.")] = None,
    export: Export = None,
    api: Api = None,
    sign: Sign = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Print the events of a trace, oldest first. They are kept for 90 days."""
    from execution_engine.cli import history_command

    command = partial(history_command.history, trace_id=trace, order_name=order, export=export)
    carry_out(ctx, command, as_json, state, debug, (api, sign))


@app.command()
def logs(
    ctx: typer.Context,
    run: RunId,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="An order's number or name.")],
    instance: OneInstance = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the order ends.")] = False,
    api: Api = None,
    sign: Sign = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Print an order's log: its bytes, nothing else.

    Of an order that ran on several instances each one's, below a line with its id.
    """
    from execution_engine.cli import logs_command

    command = partial(logs_command.logs, run_id=run, order=order, instance=instance, follow=follow)
    carry_out(ctx, command, as_json, state, debug, (api, sign))


@app.command()
def comment(
    ctx: typer.Context,
    run: OfRun,
    pr: PullRequest = None,
    issue: Issue = None,
    tag: Tag = None,
    token_env: TokenEnv = "GITHUB_TOKEN",
    api_url: ApiUrl = None,
    provider: Provider = "github",
    dry_run: DryRun = False,
    api: Api = None,
    sign: Sign = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Post a summary of a run on a pull request or an issue, and print its URL.

    There is one comment for each tag: if it is there, it is updated in place. A run is read as `status` reads it.
    """
    from execution_engine.cli import comment_command

    asked = comment_command.Asked(run, pr, issue, tag, token_env, api_url, provider, dry_run)
    carry_out(ctx, lambda call: comment_command.comment(call, asked), as_json, state, debug, (api, sign))


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def aws(
    ctx: typer.Context, command: Command = None, empty: Empty = False, state: State = None, debug: Debug = False
) -> None:
    """Run a program whose AWS is this machine's embedded one, and no other.

    Its exit code is the program's. To look into a run, or to prepare one: `execution-engine aws -- python put.py`,
    `execution-engine aws -- bash`. What it puts there stays there. To rehearse a deployment: `execution-engine aws
    --empty -- bash`.
    """
    from execution_engine.cli import aws_command

    carry_out(ctx, lambda call: aws_command.aws(call, command or [], empty), as_json=False, state=state, debug=debug)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a narrow terminal encoding ends no command
    try:
        app()
    except KeyboardInterrupt:  # before a command began, or while it cleaned up
        sys.exit(INTERRUPTED)
