"""How little of a repository is asked for, and what is asked for instead of a server that can't do that. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from execution_engine.intake.sources.git_messages import Inability

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.IGNORECASE)
_ABBREVIATION = re.compile(r"[0-9a-f]{7,63}", re.IGNORECASE)

_FETCH = (
    "fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules",
    "--no-auto-maintenance", "--no-write-commit-graph",
)  # fmt: skip
_EVERYTHING = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")


def is_commit(ref: str) -> bool:
    """Whether it is a hash in full."""
    return _COMMIT.fullmatch(ref) is not None


def may_be_abbreviated(ref: str) -> bool:
    """Whether it could be the beginning of a hash: seven digits or more, as git itself abbreviates."""
    return _ABBREVIATION.fullmatch(ref) is not None and not is_commit(ref)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The first one asks for least: one reference, without its history and without files until they are needed."""

    shallow: bool = True
    filtered: bool = True
    everything: bool = False

    def instead(self, why: Inability) -> Attempt | None:
        """What to try of a server that can't do ``why``; None if that was tried."""
        if why is Inability.COMMIT:
            other = replace(self, shallow=False, everything=True)
        elif why is Inability.SHALLOW:
            other = replace(self, shallow=False)
        else:
            other = replace(self, filtered=False)
        return None if other == self else other

    def arguments(self, ref: str | None) -> tuple[str, ...]:
        """git's, for a ``ref`` that `git_rules.commit_hash` found right; None for the default branch."""
        return (
            *_FETCH,
            *(("--depth=1",) if self.shallow else ()),
            *(("--filter=blob:none",) if self.filtered else ()),
            *("--", "origin"),
            *(_EVERYTHING if self.everything else (ref or "HEAD",)),
        )


COMMITS_ONLY = (*_FETCH, "--filter=tree:0", "--", "origin", *_EVERYTHING)
"""The history without any file or folder: enough to complete an abbreviated hash."""
