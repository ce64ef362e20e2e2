"""What the options of ``comment`` are called and what their help says."""

from __future__ import annotations

from typing import Annotated

import typer

OfRun = Annotated[str, typer.Option("--run", metavar="RUN", help="A run_id.")]
PullRequest = Annotated[
    str | None, typer.Option("--pr", metavar="ORG/REPO#N", help="Post it on this pull request: org/repo#12.")
]
Issue = Annotated[str | None, typer.Option("--issue", metavar="ORG/REPO#N", help="Post it on this issue.")]
Tag = Annotated[
    str | None,
    typer.Option("--tag", metavar="TAG", help="What the comment is found again by (default: the run's flow label)."),
]
TokenEnv = Annotated[str, typer.Option("--token-env", metavar="NAME", help="The variable that holds the token.")]
ApiUrl = Annotated[
    str | None,
    typer.Option(
        "--api-url",
        metavar="URL",
        envvar="GITHUB_API_URL",
        help="The API of a GitHub Enterprise: https://HOST/api/v3.",
    ),
]
Provider = Annotated[str, typer.Option("--provider", metavar="NAME", help="Who hosts the repository.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the comment's Markdown; post nothing, need no token.")]
