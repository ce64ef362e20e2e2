"""Code that callers keep in git: each commit fetched once a job, each of its folders packed once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from execution_engine.bundles.archive import pack_folder
from execution_engine.bundles.limits import Limits
from execution_engine.errors import CodeUnusable, Fault, JobRefused
from execution_engine.intake.s3_code import FetchedCode
from execution_engine.intake.sources.git_address import GitAddress, GitAddresses, GitUrl
from execution_engine.intake.sources.git_auth import GitAuth
from execution_engine.intake.sources.git_faults import FolderMissing, FolderUnusable, GitRefused
from execution_engine.intake.sources.git_place import GitPlace
from execution_engine.intake.sources.git_source import GitSource
from execution_engine.jobs.job import Order
from execution_engine.orders.concurrently import Concurrently

log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Clone:
    """What is fetched once. ``folders``: all that orders want of it, None among them for everything."""

    address: GitAddress
    commit: str | None
    folders: set[str | None] = field(default_factory=set)


_Results = dict[str | None, FetchedCode | GitRefused]


class GitCode:
    """``concurrently``: ``map`` for independent calls; repositories are fetched by it."""

    def __init__(self, source: GitSource, addresses: GitAddresses, limits: Limits, concurrently: Concurrently) -> None:
        self._source = source
        self._addresses = addresses
        self._limits = limits
        self._concurrently = concurrently

    @contextmanager
    def fetched(
        self, orders: Iterable[tuple[int, Order]], provider: str, auth: GitAuth
    ) -> Iterator[dict[GitPlace, FetchedCode]]:
        """The code of these orders by their place; the files go when the context ends.

        Equal code is one file, wherever it was found. Raises ``JobRefused`` with a fault for each order whose
        code can't be had, at the field that is to blame; nobody is asked before all addresses are found right.
        """
        wanted = [(index, place) for index, order in orders if (place := GitPlace.of(order))]
        addresses = {place.repo: self._resolve(place.repo, provider) for _, place in wanted}
        _refuse_faults((index, addresses[place.repo]) for index, place in wanted)
        clones = _clones({place for _, place in wanted}, addresses)
        with tempfile.TemporaryDirectory(prefix="aws-exe-sys-code-") as name:

            def fetch(numbered: tuple[int, _Clone]) -> _Results:
                return self._fetch(numbered[1], auth, Path(name) / str(numbered[0]))

            distinct = list(dict.fromkeys(clones.values()))
            results = dict(zip(distinct, self._concurrently(fetch, enumerate(distinct)), strict=True))
            found = {place: results[clone][place.folder] for place, clone in clones.items()}
            _refuse_faults((index, found[place]) for index, place in wanted)
            yield _one_file_each({place: code for place, code in found.items() if isinstance(code, FetchedCode)})

    def _resolve(self, repo: str, provider: str) -> GitAddress | GitRefused:
        try:
            return self._addresses.resolve(repo, provider)
        except GitRefused as error:
            return error

    def _fetch(self, clone: _Clone, auth: GitAuth, below: Path) -> _Results:
        """Every folder's archive, or why there is none. The files themselves are gone again: disks are small."""
        below.mkdir()
        narrow = () if None in clone.folders else sorted(folder for folder in clone.folders if folder)
        with tempfile.TemporaryDirectory(prefix="files-", dir=below) as name:
            tree = Path(name) / "tree"
            try:
                commit = self._source.fetch(clone.address, clone.commit, auth, tree, narrow)
            except GitRefused as error:
                return dict.fromkeys(clone.folders, error)
            log.info("code fetched", repo=str(clone.address.places[0]), commit=commit, folders=len(clone.folders))
            at = f"{clone.address.places[0]} at {clone.commit or commit}"
            return {
                folder: self._pack(tree, folder, at, below / f"{number}.zip")
                for number, folder in enumerate(clone.folders)
            }

    def _pack(self, tree: Path, folder: str | None, at: str, into: Path) -> FetchedCode | GitRefused:
        if folder is not None and not _is_folder_of_files(tree, folder):
            return FolderMissing(f"there is no folder {folder!r} in {at} (submodules are not fetched)")
        path = tree / (folder or ".")
        try:
            with into.open("wb") as file:
                packed = pack_folder(path, file, self._limits)
        except CodeUnusable as error:
            shown = f"{folder or 'the root'} of {at}"
            return FolderUnusable(str(error).replace(str(path.resolve()), shown).replace(str(path), shown))
        return FetchedCode(into, packed.sha256, packed.size)


def _clones(places: Iterable[GitPlace], addresses: Mapping[str, GitAddress | GitRefused]) -> dict[GitPlace, _Clone]:
    """The clone that each place is in: one for each repository and commit, whatever its spelling."""
    clones: dict[tuple[tuple[GitUrl, ...], str | None], _Clone] = {}
    found = {}
    for place in sorted(places, key=str):
        address = addresses[place.repo]
        if isinstance(address, GitAddress):
            clone = clones.setdefault((address.places, place.commit), _Clone(address, place.commit))
            clone.folders.add(place.folder)
            found[place] = clone
    return found


def _refuse_faults(found: Iterable[tuple[int, object]]) -> None:
    """``found``: what there is for the orders at these indexes, or why there is nothing."""
    faults = [
        Fault(f"orders[{index}].{error.field}", str(error)) for index, error in found if isinstance(error, GitRefused)
    ]
    if faults:
        raise JobRefused(faults)


def _is_folder_of_files(tree: Path, folder: str) -> bool:
    """Real folders all the way, no link among them; git has no empty ones, but a submodule leaves one."""
    path = tree
    for part in folder.split("/"):
        path = path / part
        if path.is_symlink() or not path.is_dir():
            return False
    return any(path.iterdir())


def _one_file_each(found: dict[GitPlace, FetchedCode]) -> dict[GitPlace, FetchedCode]:
    first: dict[str, FetchedCode] = {}
    for code in found.values():
        if first.setdefault(code.sha256, code).path != code.path:
            code.path.unlink(missing_ok=True)
    return {place: first[code.sha256] for place, code in found.items()}
