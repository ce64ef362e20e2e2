"""What the orders of a job are made of and the job does not hold itself: their code and their credentials.

All of it is fetched before anything is started, and all that can't be had is told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from execution_engine.errors import JobRefused
from execution_engine.intake.credentials.resolved import Resolved
from execution_engine.intake.pulse import Progress, pulse
from execution_engine.intake.s3_code import FetchedCode, S3Code
from execution_engine.intake.sources.git_place import GitPlace
from execution_engine.jobs.faults import Faults
from execution_engine.jobs.job import Job

if TYPE_CHECKING:
    from execution_engine.intake.sources.git_code import GitCode

_PULSE = 4.0
"""Seconds between two signs of progress while a repository is cloned; a submission's lease is 15."""

_Code = TypeVar("_Code")


class Credentials(Protocol):
    def resolve(self, job: Job, run_id: str, progress: Progress) -> Resolved: ...


@dataclass(frozen=True, slots=True)
class Materials:
    """``code``: by order number, of those that have any; equal code is one file."""

    code: Mapping[str, FetchedCode]
    credentials: Resolved


class Supply:
    """Where materials come from. ``git``: made, and all it takes loaded, for a job that has code there. ``hide``: what
    is given to it is told to nobody from then on."""

    def __init__(
        self, s3: S3Code, git: Callable[[], GitCode], credentials: Credentials, hide: Callable[[Iterable[str]], None]
    ) -> None:
        self._s3 = s3
        self._git = git
        self._credentials = credentials
        self._hide = hide

    @contextmanager
    def fetched(self, job: Job, run_id: str, progress: Progress) -> Iterator[Materials]:
        """The files go when the context ends. Raises ``JobRefused`` with every fault of code and credentials;
        git is only asked when its own credentials could be had."""
        resolved = self._credentials.resolve(job, run_id, progress)
        self._hide(resolved.secrets)
        faults = resolved.faults
        git_faults = any(fault.where.startswith("git_") for fault in faults)
        with ExitStack() as stack:
            from_s3 = _entered(stack, self._s3.fetched(enumerate(job.orders)), faults)
            from_git: dict[GitPlace, FetchedCode] = {}
            if not git_faults and any(order.git_repo for order in job.orders):
                with pulse(progress, _PULSE):
                    from_git = self._cloned(stack, job, resolved, faults)
            faults.raise_if_any()
            yield Materials(_by_order(job, from_s3, from_git), resolved)

    def _cloned(self, stack: ExitStack, job: Job, resolved: Resolved, faults: Faults) -> dict[GitPlace, FetchedCode]:
        from execution_engine.intake.sources.git_auth import GitAuth

        try:
            auth = GitAuth(token=resolved.git.token, ssh_key=resolved.git.ssh_key)
        except ValueError as error:
            faults.add("git_token_location" if "token" in str(error) else "git_ssh_key_location", str(error))
            return {}
        return _entered(stack, self._git().fetched(enumerate(job.orders), job.git_provider, auth), faults)


def _entered(
    stack: ExitStack, fetching: AbstractContextManager[dict[_Code, FetchedCode]], faults: Faults
) -> dict[_Code, FetchedCode]:
    try:
        return stack.enter_context(fetching)
    except JobRefused as refused:
        for fault in refused.faults:
            faults.add(fault.where, fault.message)
        return {}


def _by_order(
    job: Job, from_s3: Mapping[str, FetchedCode], from_git: Mapping[GitPlace, FetchedCode]
) -> dict[str, FetchedCode]:
    found: dict[str, FetchedCode] = {}
    for order in job.orders:
        place = GitPlace.of(order)
        if order.s3_location is not None:
            found[order.order_num] = from_s3[order.s3_location]
        elif place is not None:
            found[order.order_num] = from_git[place]
    return found
