"""An order as its worker knows it, and whoever comes to know it so."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from execution_engine.bundles.manifest import CodePointer, Manifest
from execution_engine.worker.callbacks import Callbacks

if TYPE_CHECKING:
    from execution_engine.worker.assignment import Assignment
    from execution_engine.worker.masking import Secrets


@dataclass(frozen=True, slots=True)
class Opened:
    """Holds secrets: never logged, dropped after the order. ``sealed``: the variables, to be opened with the
    ``identity`` where there is one."""

    manifest: Manifest
    callbacks: Callbacks = field(repr=False)
    sealed: bytes = field(repr=False)
    secret_names: tuple[str, ...]
    identity: str = field(repr=False)


class Opener(Protocol):
    """Whatever goes wrong is a ``BundleUnreadable`` that names the thing and the remedy, and no value."""

    def bundle(self, assignment: Assignment) -> Opened:
        """Called before the claim, once."""
        ...

    def variables(self, opened: Opened) -> tuple[dict[str, str], Secrets]:
        """The order's variables, and what of them is to be masked."""
        ...

    def code(self, bucket: str, pointer: CodePointer, packed: Path, into: Path) -> None:
        """The code, checked, in the empty folder ``into``; ``packed`` is room for its archive meanwhile."""
        ...
