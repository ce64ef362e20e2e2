"""One commit of one repository, as files: the git program, asked for as little as the server can give.

Nothing but the files stays behind: what git itself needs, and the credential, lie in a folder of their own
that is gone when the fetch ends, however it ends.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from execution_engine.intake.sources.git_access import opened
from execution_engine.intake.sources.git_address import GitAddress
from execution_engine.intake.sources.git_attempt import COMMITS_ONLY, Attempt, is_commit, may_be_abbreviated
from execution_engine.intake.sources.git_auth import GitAuth, Way, ways
from execution_engine.intake.sources.git_environment import git_environment
from execution_engine.intake.sources.git_faults import GitRefused, RefMissing
from execution_engine.intake.sources.git_messages import SCRATCH, Inability, inability, refusal
from execution_engine.intake.sources.git_process import Bounds, GitProcess
from execution_engine.jobs.git_rules import commit_hash

_ATTRIBUTES = ".gitattributes"


class _CantDo(Exception):
    """A server can't do what an attempt asks for. ``refusal``: what to say if nothing else can be tried."""

    def __init__(self, why: Inability, refusal: GitRefused) -> None:
        self.why = why
        self.refusal = refusal


class GitSource:
    """``host``: this process's environment, of which git sees how to reach the world. ``now``: seconds of a clock
    that only goes forward. ``known_hosts``: the text of such a file."""

    def __init__(
        self,
        *,
        known_hosts: str,
        host: Mapping[str, str],
        bounds: Bounds,
        now: Callable[[], float],
        git: str = "git",
    ) -> None:
        self._known_hosts = known_hosts
        self._host = host
        self._bounds = bounds
        self._now = now
        self._git = git

    def fetch(
        self, address: GitAddress, ref: str | None, auth: GitAuth, into: Path, folders: Collection[str] = ()
    ) -> str:
        """Make ``into``, which does not exist, the commit's files, and return the commit's full hash.

        ``ref``: a hash, in full or from seven digits on, a tag or a branch; a tag goes before a branch of its name;
        None for the default branch. ``folders``: all that is needed of it; none means everything. A folder that
        the commit does not have is just not there. Submodules are empty folders.

        Raises ``GitRefused``; what the ways before it came to stands in front of the last one's message.
        """
        _check(ref)
        until = self._now() + self._bounds.seconds
        earlier: list[str] = []
        for way in (tried := ways(address, auth)):
            try:
                return _OneWay(self, way, into, folders, until).fetch(ref)
            except GitRefused as error:
                if way == tried[-1] or not error.elsewhere:
                    raise type(error)(". ".join((*earlier, str(error)))) from None
                earlier.append(str(error))
        raise AssertionError("there is always a way, or a refusal")

    @contextmanager
    def started(
        self, way: Way, beside: Path, until: float, folders: Collection[str]
    ) -> Iterator[tuple[GitProcess, Path]]:
        """A git with an empty repository that knows the way; and the folder of the files that it will check out."""
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=beside) as name:
            folder = Path(name)
            for part in ("home", "tree", "private"):
                (folder / part).mkdir(mode=0o755 if part == "tree" else 0o700)
            with opened(way, folder / "private", self._known_hosts) as access:
                environment = git_environment(self._host, folder, way.place, access, sparse=bool(folders))
                git = GitProcess(str(way.place), folder, environment, self._bounds, until, self._now, self._git)
                _must(git, way, None, "init", "--quiet", "--template=")
                if folders:
                    (folder / "git" / "info").mkdir(exist_ok=True)
                    # What is no text is no folder's name, and is not found.
                    patterns = "".join(patterns_of(folders)).encode(errors="replace")
                    (folder / "git" / "info" / "sparse-checkout").write_bytes(patterns)
                yield git, folder / "tree"


class _OneWay:
    def __init__(self, source: GitSource, way: Way, into: Path, folders: Collection[str], until: float) -> None:
        self._source = source
        self._way = way
        self._into = into
        self._folders = folders
        self._until = until

    def fetch(self, ref: str | None) -> str:
        try:
            return self._fetch(ref)
        except RefMissing:
            if ref is None or not may_be_abbreviated(ref):
                raise
            return self._fetch(self._in_full(ref))

    def _fetch(self, ref: str | None) -> str:
        attempt = Attempt()
        while True:
            try:
                return self._attempt(attempt, ref)
            except _CantDo as cant:
                instead = attempt.instead(cant.why)
                if instead is None:
                    raise cant.refusal from None
                attempt = instead

    def _attempt(self, attempt: Attempt, ref: str | None) -> str:
        with self._source.started(self._way, self._into.parent, self._until, self._folders) as (git, tree):
            _must(git, self._way, ref, *attempt.arguments(ref))
            commit = self._commit(git, ref if attempt.everything and ref else "FETCH_HEAD", ref)
            _must(git, self._way, ref, "checkout", "--quiet", "--force", "--detach", commit, "--")
            tree.rename(self._into)
            return commit

    def _in_full(self, abbreviated: str) -> str:
        """What is not on a branch or tag is not found by a part of its hash."""
        with self._source.started(self._way, self._into.parent, self._until, ()) as (git, _):
            _must(git, self._way, abbreviated, *COMMITS_ONLY)
            return self._commit(git, abbreviated, abbreviated)

    def _commit(self, git: GitProcess, name: str, ref: str | None) -> str:
        said = git.run("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
        if not said.ok:
            ambiguous = "is ambiguous" in said.err
            why = "is the beginning of several commits; give more digits" if ambiguous else "names no commit"
            raise RefMissing(f"{self._way.place}: {ref or 'the default branch'} {why}")
        return said.out.strip()


def _must(git: GitProcess, way: Way, ref: str | None, *arguments: str) -> None:
    said = git.run(*arguments)
    if not said.ok:
        error = refusal(said.err, way, ref)
        why = inability(said.err)
        if why is not None and (why is not Inability.COMMIT or (ref and is_commit(ref))):
            raise _CantDo(why, error)
        raise error


def _check(ref: str | None) -> None:
    try:
        if ref is not None:
            commit_hash(ref)
    except ValueError as error:
        raise RefMissing(str(error)) from None


def patterns_of(folders: Iterable[str]) -> Iterator[str]:
    """The lines of ``info/sparse-checkout`` that mean these folders and, since they count below, the attributes of
    the folders around. Naming those too brings them together with the files, not by a request of their own."""
    attributes = {_ATTRIBUTES}
    for folder in sorted(folders):
        parts = folder.split("/")
        attributes.update("/".join((*parts[:end], _ATTRIBUTES)) for end in range(1, len(parts)))
        yield f"{_anchored(folder)}/\n"
    yield from (f"{_anchored(name)}\n" for name in sorted(attributes))


def _anchored(path: str) -> str:
    return "/" + re.sub(r"([\\*?\[\] ])", r"\\\1", path)
