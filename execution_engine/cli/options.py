"""What the commands' options and arguments are called and what their help says."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

HELP = """Runs jobs of dependent orders on this machine, in an embedded AWS, and tells what became of them.

\b
RUN is a run_id, ORDER an order's number (0001) or name, JOB a job file in YAML or JSON.
Data goes to standard output, everything else to standard error.

\b
Exit codes, of every command:
    0  the run succeeded; the question was answered
    1  the run failed; or the engine did
    2  refused: a bad job (nothing was started), a RUN, TRACE or ORDER that does not exist, nothing to retry,
       wrong usage
    3  the run timed out
  130  interrupted
"""

State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="DIR",
        help="The folder that holds this machine's runs, instead of $XDG_STATE_HOME/execution-engine.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
JobFile = Annotated[Path, typer.Argument(metavar="JOB", help="A job file in YAML or JSON.")]
Code = Annotated[
    Path | None,
    typer.Option(
        "--code",
        metavar="DIR",
        help="Code of the orders that name no other (default: the job file's folder). "
        "In a git checkout, files that git ignores stay out.",
    ),
]
OneInstance = Annotated[
    str | None, typer.Option("--instance", metavar="ID", help="Of an SSM order: what this instance wrote.")
]
Instances = Annotated[
    str | None,
    typer.Option(
        "--instances",
        metavar="SPEC",
        help="Declare simulated instances of this machine, for SSM orders to run on: a YAML or JSON file, or "
        "web-1:Role=web,web-2:Role=web. They stay declared; one that is declared again is what it is said to be then.",
    ),
]
CredentialsFile = Annotated[
    Path | None,
    typer.Option(
        "--credentials",
        metavar="FILE",
        help="What the job's credential locations hold, as YAML or JSON: {ssm: {/prod/api-token: …}, secretsmanager: "
        "{prod/db: {DB_USER: …}}}. It lies in this machine's AWS while the job is submitted, and is deleted then.",
    ),
]
Command = Annotated[list[str] | None, typer.Argument(metavar="COMMAND [ARG]…", help="A program and its arguments.")]
Empty = Annotated[
    bool,
    typer.Option("--empty", help="Another one, in which nothing is made: no engine, no runs."),
]
Export = Annotated[
    Path | None,
    typer.Option(
        "--export",
        metavar="FILE",
        help="Write them to a file instead: .jsonl, a line for each event, or .html, a page with the graph, the "
        "timeline and the logs, that needs nothing beside it.",
    ),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run_id.")]


Api = Annotated[
    str | None,
    typer.Option(
        "--api",
        metavar="URL",
        help="Of a place behind this API instead of this machine: a deployment, or `execution-engine serve`. "
        "Addresses of AWS's own are signed for (SigV4), with the credentials that AWS's tools would use.",
    ),
]
Sign = Annotated[bool, typer.Option("--sign", help="Sign for any other address, too (a domain of your own).")]


class Form(StrEnum):
    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"
