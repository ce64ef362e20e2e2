"""All the credentials of a job: read once each, assumed once each, and every fault at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from execution_engine.intake.credentials import age_keys
from execution_engine.intake.credentials.fetcher import Answer, Fetched, Fetcher, Unreadable
from execution_engine.intake.credentials.fetching import read_all
from execution_engine.intake.credentials.locations import Location, location
from execution_engine.intake.credentials.resolved import GitSecrets, Resolved
from execution_engine.intake.credentials.session_length import Waiting, asked, needed
from execution_engine.intake.credentials.target_account import TOO_LONG, Session, TargetAccounts, session_name
from execution_engine.intake.credentials.values import GitEntry, Unusable, contents, git_secret
from execution_engine.intake.credentials.variables import Judged, variables
from execution_engine.intake.pulse import Progress, unheard
from execution_engine.jobs.credential_locations import CredentialStore
from execution_engine.jobs.faults import Faults, place, shown
from execution_engine.jobs.job import Job, Order
from execution_engine.orders.concurrently import Concurrently

_LISTS: tuple[tuple[str, CredentialStore], ...] = (("ssm_paths", "ssm"), ("secret_manager_paths", "secretsmanager"))
"""In the order in which their variables win (contract section 2)."""

_GIT: tuple[tuple[str, GitEntry], ...] = (("git_token_location", "token"), ("git_ssh_key_location", "private_key"))


@dataclass(frozen=True, slots=True)
class _Named:
    """A location as a job names it. ``order_num``: whose variables come of it; None: git's, or the age key's."""

    where: str
    text: str
    location: Location
    order_num: str | None


class Credentials:
    """``fetchers`` by the names of their stores. ``concurrently``: ``map``, for independent calls."""

    def __init__(
        self, fetchers: Mapping[str, Fetcher], accounts: TargetAccounts, waiting: Waiting, concurrently: Concurrently
    ) -> None:
        self._fetchers = fetchers
        self._accounts = accounts
        self._waiting = waiting
        self._concurrently = concurrently

    def resolve(self, job: Job, run_id: str, progress: Progress = unheard) -> Resolved:
        """What the orders of a job get, or every fault of that, named by place and location and never by value.

        Asks nobody of a job that names no credentials. Raises ``StoreError`` if a store can't tell for now.
        """
        faults = Faults()
        named = list(_named(job, faults))
        answers = read_all((one.location for one in named), self._fetchers, progress)
        judged: dict[Location, Judged] = {}
        layers: dict[str, list[Mapping[str, str]]] = {}
        for one in named:
            answer = answers[one.location]
            if isinstance(answer, Unreadable):
                faults.add(one.where, f"{shown(one.text, 200)} {answer.why}")
            elif one.order_num is not None:
                if one.location not in judged:
                    judged[one.location] = variables(answer)
                values, wrong = judged[one.location]
                layers.setdefault(one.order_num, []).append(values)
                for fault in wrong:
                    faults.add(one.where, f"{shown(one.text, 200)} {fault}")
        git = _git(named, answers, faults)
        for num, session in self._sessions(job, run_id, progress, faults):
            layers.setdefault(num, []).append(session.variables)
        return Resolved(faults, git, layers, _age_keys(job, named, answers, faults))

    def _sessions(self, job: Job, run_id: str, progress: Progress, faults: Faults) -> Iterator[tuple[str, Session]]:
        """By order number. Orders that need a role equally long share its session."""
        lasting: dict[tuple[str, int], float] = {}
        wanted: list[tuple[int, Order, tuple[str, int] | None]] = []
        for index, order in enumerate(job.orders):
            if order.target_role_arn is not None:
                seconds = needed(order, job, self._waiting)
                length = asked(seconds)
                key = None if length is None else (order.target_role_arn, length)
                if key is not None:
                    lasting[key] = max(seconds, lasting.get(key, 0))
                wanted.append((index, order, key))

        def assume(key: tuple[str, int]) -> Session | Unreadable:
            progress()
            return self._accounts.assume(*key, lasting[key], session_name(run_id))

        sessions = dict(zip(lasting, self._concurrently(assume, lasting), strict=True)) if lasting else {}
        for index, order, key in wanted:
            session = Unreadable(TOO_LONG) if key is None else sessions[key]
            if isinstance(session, Unreadable):
                faults.add(f"orders[{index}].target_role_arn", f"{shown(order.target_role_arn, 200)} {session.why}")
            else:
                yield order.order_num, session


def _named(job: Job, faults: Faults) -> Iterator[_Named]:
    """In the order in which faults are told, and an order's variables win. Git's only if an order's code comes
    from there."""
    texts: list[tuple[str, str, CredentialStore, str | None]] = []
    if job.sops_key_ssm_path is not None and any(order.sops_key for order in job.orders):
        texts.append((age_keys.WHERE, job.sops_key_ssm_path, "ssm", None))
    if any(order.git_repo for order in job.orders):
        texts += [(field, text, "ssm", None) for field, _ in _GIT if (text := getattr(job, field)) is not None]
    for index, order in enumerate(job.orders):
        for field, bare in _LISTS:
            where = place(f"orders[{index}]", field)
            texts += [(f"{where}[{at}]", text, bare, order.order_num) for at, text in enumerate(getattr(order, field))]
    for where, text, bare, num in texts:
        try:
            yield _Named(where, text, location(text, bare=bare), num)
        except ValueError as error:
            faults.add(where, str(error))


def _git(named: Iterable[_Named], answers: Mapping[Location, Answer], faults: Faults) -> GitSecrets:
    found: dict[str, str] = {}
    entries = dict(_GIT)
    for one in named:
        answer = answers[one.location]
        if one.where not in entries or isinstance(answer, Unreadable):
            continue
        entry = entries[one.where]
        try:
            found[entry] = git_secret(contents(answer.value), entry)
        except Unusable as unusable:
            faults.add(one.where, f"{shown(one.text, 200)} {unusable}")
    return GitSecrets(token=found.get("token"), ssh_key=found.get("private_key"))


def _age_keys(
    job: Job, named: Iterable[_Named], answers: Mapping[Location, Answer], faults: Faults
) -> Mapping[str, str]:
    for one in named:
        answer = answers[one.location]
        if one.where == age_keys.WHERE and isinstance(answer, Fetched):
            try:
                known = age_keys.age_keys(answer.value)
            except Unusable as unusable:
                faults.add(one.where, f"{shown(one.text, 200)} {unusable}")
                break
            for where, message in age_keys.mismatches(job, known):
                faults.add(where, message)
            return known
    return {}
