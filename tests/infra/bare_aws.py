"""An embedded AWS in which nothing is made yet: what Terraform is applied to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from execution_engine.local.clients import Clients
from execution_engine.local.empty_aws import EmptyAws
from execution_engine.local.instances import Instance, declare
from execution_engine.local.names import Identity
from execution_engine.local.state_folder import StateFolder, read_document
from execution_engine.wiring import connect


class BareAws(EmptyAws):
    """With what a test asks of it."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self._state = StateFolder(root)
        super().__init__(self._state, environ=environ, connect=connect)

    def clients(self) -> Clients:
        """The operator's, who may do everything."""
        kept = read_document(self._state.identity)
        assert kept is not None
        return Clients(connect(Identity(**kept)), self.endpoint)

    def play(self, *instances: Instance) -> None:
        """Instances that Systems Manager knows from now on."""
        declare(self._state.instances, instances)
