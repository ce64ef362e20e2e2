"""Code from git and credentials, without asking anybody."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from execution_engine.errors import Fault, JobRefused
from execution_engine.intake.credentials.resolved import GitSecrets, Resolved
from execution_engine.intake.s3_code import FetchedCode
from execution_engine.intake.sources.git_auth import GitAuth
from execution_engine.intake.sources.git_place import GitPlace
from execution_engine.jobs.faults import Faults
from execution_engine.jobs.job import Job, Order


class FakeGit:
    """``archives``: what there is, by place; anything else is refused."""

    def __init__(self) -> None:
        self.archives: dict[str, bytes] = {}
        self.asked: list[tuple[str, GitAuth]] = []

    @contextmanager
    def fetched(
        self, orders: Iterable[tuple[int, Order]], provider: str, auth: GitAuth
    ) -> Iterator[dict[GitPlace, FetchedCode]]:
        with tempfile.TemporaryDirectory() as folder:
            found, faults = {}, []
            for index, one in orders:
                if (place := GitPlace.of(one)) is None:
                    continue
                self.asked.append((str(place), auth))
                if (data := self.archives.get(str(place))) is None:
                    faults.append(Fault(f"orders[{index}].git_repo", "can't be found"))
                    continue
                path = Path(folder) / f"{index}.zip"
                path.write_bytes(data)
                found[place] = FetchedCode(path, hashlib.sha256(data).hexdigest(), len(data))
            if faults:
                raise JobRefused(faults)
            yield found


class FakeCredentials:
    """``layers``: what is fetched for an order, by its number. ``faults`` as (place, message)."""

    def __init__(self) -> None:
        self.layers: dict[str, list[dict[str, str]]] = {}
        self.git = GitSecrets()
        self.age_keys: dict[str, str] = {}
        self.faults: list[tuple[str, str]] = []

    def resolve(self, job: Job, run_id: str, progress: Callable[[], None]) -> Resolved:
        progress()
        faults = Faults()
        for where, message in self.faults:
            faults.add(where, message)
        return Resolved(faults, self.git, self.layers, self.age_keys)
