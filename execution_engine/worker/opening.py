"""From a launch to what can be run: the bundle, its callbacks, its variables, its code.

Whatever goes wrong here is a ``BundleUnreadable`` that names the thing and the remedy, and no value.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from execution_engine.bundles.bundle import Bundle
from execution_engine.bundles.manifest import CodePointer
from execution_engine.bundles.sealing import Sealer, unseal_bytes
from execution_engine.bundles.unpacking import unpack
from execution_engine.errors import BundleUnreadable
from execution_engine.worker import code_file
from execution_engine.worker.assignment import Assignment
from execution_engine.worker.callbacks import Callbacks
from execution_engine.worker.masking import Secrets
from execution_engine.worker.opened import Opened
from execution_engine.worker.patience import Patience
from execution_engine.worker.telling import tell

_BUNDLE_LIMIT = 128 * 1024 * 1024


class Readable(Protocol):
    """The body of an object, as boto3 gives it."""

    def read(self, amt: int = ..., /) -> bytes: ...


Fetch = Callable[[str, str], Readable]
"""``fetch(bucket, key)``; may raise anything, also while it is read."""


class Opening:
    """``identity(path)`` gives the age keys that are kept under a path; ``now`` is the time in seconds since the
    epoch; the rest are the bundles' own doors."""

    def __init__(
        self,
        fetch: Fetch,
        identity: Callable[[str], str],
        patience: Patience,
        *,
        now: Callable[[], float],
        unseal_bytes: Callable[[bytes, str], bytes] = unseal_bytes,
        unseal_variables: Callable[[bytes, str], dict[str, str]] | None = None,
        unpack: Callable[[Path, Path], object] = unpack,
    ) -> None:
        self._fetch = fetch
        self._identity = identity
        self._patience = patience
        self._now = now
        self._unseal_bytes = unseal_bytes
        self._unseal_variables = unseal_variables or Sealer().unseal_variables
        self._unpack = unpack

    def bundle(self, assignment: Assignment) -> Opened:
        """Fetch and check the bundle, open its callbacks. Raises ``BundleUnreadable``."""
        bundle = Bundle.read(self._bundle_bytes(assignment), assignment.sha256)
        manifest = bundle.manifest
        if (manifest.run_id, manifest.order_num) != (assignment.run_id, assignment.order_num):
            raise BundleUnreadable(
                f"the bundle is that of order {manifest.order_num} of run {manifest.run_id}, not of order "
                f"{assignment.order_num} of run {assignment.run_id}; submit the job again"
            )
        identity = self._key(assignment.key_path, manifest.key_expires_at)
        return Opened(
            manifest=manifest,
            callbacks=Callbacks.of_attempt(self._unseal_bytes(bundle.callbacks, identity), assignment.attempt),
            sealed=bundle.sealed,
            secret_names=bundle.secret_names,
            identity=identity,
        )

    def variables(self, opened: Opened) -> tuple[dict[str, str], Secrets]:
        """The order's variables, and what of them is to be masked."""
        variables: dict[str, str] = {}
        if opened.manifest.variables:
            variables = self._unseal_variables(opened.sealed, opened.identity)
        if len(variables) != opened.manifest.variables:
            raise BundleUnreadable(
                f"the bundle seals {len(variables)} variables, its manifest names {opened.manifest.variables}"
            )
        return variables, Secrets(variables[name] for name in opened.secret_names if name in variables)

    def code(self, bucket: str, pointer: CodePointer, packed: Path, into: Path) -> None:
        """Fetch, check and unpack the code into an empty folder. Raises ``BundleUnreadable``."""
        place = f"s3://{bucket}/{pointer.key}"
        try:
            self._patience.keep_trying(lambda: self._download(bucket, pointer, packed), Exception)
        except BundleUnreadable:
            raise
        except Exception as error:  # any client, any error
            raise _unfetched("code", place, error) from None
        self._unpack(packed, into)
        packed.unlink()

    def _bundle_bytes(self, assignment: Assignment) -> bytes:
        place = f"s3://{assignment.bucket}/{assignment.key}"
        try:
            data = self._patience.keep_trying(
                lambda: self._fetch(assignment.bucket, assignment.key).read(_BUNDLE_LIMIT + 1), Exception
            )
        except Exception as error:  # any client, any error
            raise _unfetched("bundle", place, error) from None
        if len(data) > _BUNDLE_LIMIT:
            raise BundleUnreadable(f"the bundle {place} has more than {_BUNDLE_LIMIT:,} bytes")
        return data

    def _key(self, path: str, expires_at: float | None) -> str:
        """Parameter Store deletes what has expired when it gets to it; here it is no longer used."""
        if expires_at is not None and (late := self._now() - expires_at) >= 0:
            raise BundleUnreadable(
                f"the age key {path} expired {late:,.0f} s ago, an hour after its run's deadline; submit the job again"
            )
        try:
            return self._identity(path)
        except Exception as error:  # any client, any error
            raise BundleUnreadable(
                f"the age key {path} can't be read: {tell(error)}; it lives as long as its run, and the "
                "worker's role must be allowed to read it"
            ) from None

    def _download(self, bucket: str, pointer: CodePointer, packed: Path) -> None:
        body = self._fetch(bucket, pointer.key)
        blocks = iter(lambda: body.read(code_file.BLOCK), b"")
        code_file.save(blocks, pointer, packed, f"s3://{bucket}/{pointer.key}")


def _unfetched(what: str, place: str, error: Exception) -> BundleUnreadable:
    return BundleUnreadable(
        f"the {what} {place} can't be fetched: {tell(error)}; such objects live one day, and the "
        "worker's role must be allowed to read them; submit the job again"
    )
