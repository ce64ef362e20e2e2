"""``execution-engine``: its commands. What they do is imported when they are called."""

from __future__ import annotations

import io
import shutil
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from execution_engine import __version__
from execution_engine.cli.comment_options import ApiUrl, DryRun, Issue, OfRun, Provider, PullRequest, Tag, TokenEnv
from execution_engine.cli.exits import INTERRUPTED
from execution_engine.cli.options import HELP, Code, Debug, Form, Instances, JobFile, Json, OneInstance, RunId, State

if TYPE_CHECKING:
    from execution_engine.cli.calls import Command
    from execution_engine.cli.machine import Machine

app = typer.Typer(
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


def _perform(ctx: typer.Context, command: Command, as_json: bool, state: Path | None, debug: bool) -> None:
    from execution_engine.cli.calls import perform

    perform(ctx.obj, command, as_json=as_json, state=state, debug=debug)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def shared(
    ctx: typer.Context,
    state: State = None,
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    from execution_engine.cli.calls import Shared

    ctx.obj = Shared(ctx.obj or _machine, state, debug)


@app.command()
def run(
    ctx: typer.Context,
    job: JobFile,
    code: Code = None,
    instances: Instances = None,
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

    _perform(ctx, lambda call: run_command.run(call, job, code, instances), as_json, state, debug)


@app.command()
def wait(ctx: typer.Context, run: RunId, as_json: Json = False, state: State = None, debug: Debug = False) -> None:
    """Wait for a run's end; shows it and exits as `run` does.

    A run that nobody works on any more, since its `run` was killed or left, goes on.

    Ctrl-C ends the waiting, not the run. But the last command to leave stops this machine: what runs then is lost,
    and the next `wait` goes on with the rest.
    """
    from execution_engine.cli import run_command

    _perform(ctx, lambda call: run_command.wait(call, run), as_json, state, debug)


@app.command()
def cancel(ctx: typer.Context, run: RunId, as_json: Json = False, state: State = None, debug: Debug = False) -> None:
    """End a run early and wait until it is over: running orders are interrupted, others never start.

    Exits 0 however it ended, also when it was over already.

    Ctrl-C ends the waiting. But the last command to leave stops this machine: what runs then is lost.
    """
    from execution_engine.cli import steering_command

    _perform(ctx, lambda call: steering_command.cancel(call, run), as_json, state, debug)


@app.command()
def retry(
    ctx: typer.Context,
    run: RunId,
    instances: Instances = None,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Run again what did not succeed of a run, as a new run; shows it and exits as `run` does.

    Ctrl-C ends the new run, as that of `run` does.
    """
    from execution_engine.cli import steering_command

    _perform(ctx, lambda call: steering_command.retry(call, run, instances), as_json, state, debug)


@app.command()
def status(ctx: typer.Context, run: RunId, as_json: Json = False, state: State = None, debug: Debug = False) -> None:
    """Show how a run stands: its status and every order's. Exits 0 whatever it shows.

    A run that nobody works on any more, since its `run` was killed or left, is brought to its end first.
    """
    from execution_engine.cli import status_command

    _perform(ctx, lambda call: status_command.status(call, run), as_json, state, debug)


@app.command()
def history(
    ctx: typer.Context,
    trace: Annotated[str, typer.Argument(metavar="TRACE", help="A trace_id.")],
    order: Annotated[str | None, typer.Option("--order", metavar="NAME", help="Of this order only.")] = None,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Print the events of a trace, oldest first. They are kept for 90 days."""
    from execution_engine.cli import history_command

    _perform(ctx, lambda call: history_command.history(call, trace, order), as_json, state, debug)


@app.command()
def logs(
    ctx: typer.Context,
    run: RunId,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="An order's number or name.")],
    instance: OneInstance = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the order ends.")] = False,
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Print an order's log: its bytes, nothing else.

    Of an order that ran on several instances each one's, below a line with its id.
    """
    from execution_engine.cli import logs_command

    _perform(ctx, lambda call: logs_command.logs(call, run, order, instance, follow=follow), as_json, state, debug)


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
    as_json: Json = False,
    state: State = None,
    debug: Debug = False,
) -> None:
    """Post a summary of a run on a pull request or an issue, and print its URL.

    There is one comment for each tag: if it is there, it is updated in place. A run is read as `status` reads it.
    """
    from execution_engine.cli import comment_command

    asked = comment_command.Asked(run, pr, issue, tag, token_env, api_url, provider, dry_run)
    _perform(ctx, lambda call: comment_command.comment(call, asked), as_json, state, debug)


@app.command()
def validate(
    ctx: typer.Context, job: JobFile, as_json: Json = False, state: State = None, debug: Debug = False
) -> None:
    """Check a job file, and name every fault with its place. Nothing is started."""
    from execution_engine.cli import validate_command

    _perform(ctx, lambda call: validate_command.validate(call, job), as_json, state, debug)


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
    _perform(ctx, lambda call: validate_command.graph(call, job, form, width), as_json, state, debug)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a narrow terminal encoding ends no command
    try:
        app()
    except KeyboardInterrupt:  # before a command began, or while it cleaned up
        sys.exit(INTERRUPTED)
