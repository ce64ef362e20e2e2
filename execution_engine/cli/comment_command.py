"""``comment --pr org/repo#12 --run RUN``: one tidy summary of a run on a pull request or an issue."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from execution_engine.cli import exits, runs
from execution_engine.cli.calls import Call, WrongUsage
from execution_engine.clock import SystemClock
from execution_engine.errors import SettingsError
from execution_engine.vcs.place import Kind, Place, check_tag, parse_place, tag_of
from execution_engine.vcs.provider import VcsContext, VcsProvider
from execution_engine.vcs.registry import provider
from execution_engine.vcs.summary import label, summary, wanted_logs

LOG_LIMIT = 16 * 1024
"""Bytes of a log's end that are read for the summary."""

LOGS = 20
"""So many logs are read: there is room for few more."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIKE_A_TOKEN = re.compile(r"gh[a-z]_|github_pat_", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed. ``token_env``: the variable that holds the token; ``dry_run``: print it, post nothing."""

    run_id: str
    pull_request: str | None = None
    issue: str | None = None
    tag: str | None = None
    token_env: str = "GITHUB_TOKEN"
    api_url: str | None = None
    provider: str = "github"
    dry_run: bool = False


def comment(call: Call, asked: Asked) -> int:
    """Whatever is wrong with the words is told before the machine is started; GitHub is asked after it was left."""
    place = _place(asked)
    with _provider(call, asked) as vcs:
        run, text = _summary(call, asked.run_id)
        tag = asked.tag or tag_of(label(run))
        about = {"run_id": run["run_id"], "status": run["status"], "tag": tag}
        if asked.dry_run or place is None:
            body = vcs.body(tag, text)
            if call.output.as_json:
                call.output.document({**about, "markdown": body})
            else:
                call.output.text(body.rstrip("\n"))
            return exits.SUCCEEDED
        posted = vcs.upsert(place, tag, text)
    if call.output.as_json:
        made = {"repo": place.repo, "number": place.number, "comment_id": posted.comment.id}
        call.output.document({**about, **made, "url": posted.comment.url, "created": posted.created})
    else:
        call.output.text(posted.comment.url)
    return exits.SUCCEEDED


def _place(asked: Asked) -> Place | None:
    """Where to post; None where nothing is to be posted."""
    if asked.pull_request is not None and asked.issue is not None:
        raise WrongUsage("--pr and --issue exclude each other: the summary goes to one of them")
    try:
        option = "--tag"
        if asked.tag is not None:
            check_tag(asked.tag)
        if asked.pull_request is not None:
            option = "--pr"
            return parse_place(asked.pull_request, Kind.PULL_REQUEST)
        if asked.issue is not None:
            option = "--issue"
            return parse_place(asked.issue, Kind.ISSUE)
    except ValueError as error:
        raise WrongUsage(f"{option} {error}") from None
    if not asked.dry_run:
        raise WrongUsage("say where to post it: --pr org/repo#12 or --issue org/repo#12 (or --dry-run to see it)")
    return None


def _provider(call: Call, asked: Asked) -> VcsProvider:
    token = None if asked.dry_run else _token(asked.token_env)
    context = VcsContext(SystemClock(), token, f"the token in {asked.token_env}", asked.api_url, call.output.say)
    try:
        return provider(asked.provider, context)
    except SettingsError as error:
        raise WrongUsage(str(error)) from error


def _token(name: str) -> str:
    if not _VARIABLE.fullmatch(name) or _LIKE_A_TOKEN.match(name):
        raise WrongUsage("--token-env must be the name of a variable that holds the token, never the token itself")
    token = os.environ.get(name, "").strip()
    if not token:
        raise WrongUsage(f"the variable {name} holds no token: set it, or name another with --token-env")
    return token


def _summary(call: Call, run_id: str) -> tuple[dict[str, Any], str]:
    """The run, read as ``status`` reads it, and what is said of it."""
    with call.machine() as (machine, interrupts):
        runs.end_if_abandoned(call, machine, interrupts, runs.known(call, machine, run_id))
        run = machine.history.run(run_id)
        keys = wanted_logs(run)[:LOGS]
        logs = {(num, name): machine.history.log_end(run_id, num, LOG_LIMIT, name) for num, name in keys}
    return run, summary(run, logs)
