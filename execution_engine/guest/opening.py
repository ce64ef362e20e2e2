"""From a launch to what can be run, on an instance: everything came with it or lies behind one of its addresses.

Whatever goes wrong here is a ``BundleUnreadable`` that names the thing and the remedy, and no value.
"""

from __future__ import annotations

import json
from pathlib import Path

from execution_engine.bundles.manifest import CodePointer
from execution_engine.bundles.unpacking import unpack
from execution_engine.errors import BundleUnreadable
from execution_engine.guest.courier import PlainCourier
from execution_engine.guest.launch import Launch
from execution_engine.worker import code_file
from execution_engine.worker.assignment import Assignment
from execution_engine.worker.courier import Unanswered, UrlRefused
from execution_engine.worker.masking import Secrets
from execution_engine.worker.opened import Opened
from execution_engine.worker.patience import Patience

_LARGEST = 32 * 1024 * 1024
"""Bytes of variables; a job is at most 6 MB."""


class GuestOpening:
    """For one launch. The variables are fetched before the claim: their object is deleted once every instance has
    claimed. What went wrong with them is told after it, so that the attempt gets its result."""

    def __init__(self, launch: Launch, courier: PlainCourier, patience: Patience) -> None:
        self._launch = launch
        self._courier = courier
        self._patience = patience
        self._unreadable: BundleUnreadable | None = None

    def bundle(self, assignment: Assignment) -> Opened:
        launch, fetched = self._launch, b"{}"
        if launch.environment is not None:
            url = launch.environment
            try:
                fetched = self._patience.keep_trying(lambda: self._whole(url), Unanswered)
            except (Unanswered, UrlRefused) as error:
                self._unreadable = _unfetched("variables", error)
        return Opened(launch.manifest, launch.callbacks, fetched, launch.secret_names, identity="")

    def variables(self, opened: Opened) -> tuple[dict[str, str], Secrets]:
        if self._unreadable is not None:
            raise self._unreadable
        try:
            found = json.loads(opened.sealed)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise BundleUnreadable("the variables are no JSON object of texts; submit the job again")
        if len(found) != opened.manifest.variables:
            raise BundleUnreadable(
                f"the launch brings {len(found)} variables, its manifest names {opened.manifest.variables}; "
                "submit the job again"
            )
        return found, Secrets(found[name] for name in opened.secret_names if name in found)

    def code(self, bucket: str, pointer: CodePointer, packed: Path, into: Path) -> None:
        url = self._launch.code
        if url is None:
            raise BundleUnreadable("the launch names code and no address of it; submit the job again")

        def download() -> None:
            code_file.save(self._courier.blocks(url, pointer.key), pointer, packed, pointer.key)

        try:
            self._patience.keep_trying(download, Unanswered)
        except (Unanswered, UrlRefused) as error:
            raise _unfetched("code", error) from None
        unpack(packed, into)
        packed.unlink()

    def _whole(self, url: str) -> bytes:
        data = bytearray()
        for block in self._courier.blocks(url, "environment.json"):
            data += block
            if len(data) > _LARGEST:
                raise UrlRefused(f"GET environment.json: it has more than {_LARGEST:,} bytes")
        return bytes(data)


def _unfetched(what: str, error: Exception) -> BundleUnreadable:
    return BundleUnreadable(
        f"the {what} can't be fetched: {error}; their address lives as long as a launch may take, so submit the job "
        "again, and see to it that the instance reaches S3"
    )
