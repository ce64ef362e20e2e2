"""An embedded AWS in which nothing is made yet: what Terraform is applied to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from execution_engine.local import embedded_aws
from execution_engine.local.clients import Clients
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.instances import Instance, declare
from execution_engine.local.names import Identity
from execution_engine.local.state_folder import StateFolder, read_document
from execution_engine.wiring import connect


class BareAws(EmbeddedAws):
    """As the engine's own, signatures and policies enforced; but it makes no tables, functions, buckets."""

    def __init__(self, root: Path, environ: Mapping[str, str], patch: pytest.MonkeyPatch) -> None:
        # There is nothing that could expire.
        patch.setattr(embedded_aws, "expire_objects", lambda clients, now: None)
        self._state = StateFolder(root)
        super().__init__(self._state, environ=environ, connect=connect)

    def _provision(self, clients: Clients, identity: Identity, others: bool) -> dict[str, str]:
        return {}

    def clients(self) -> Clients:
        """The operator's, who may do everything."""
        kept = read_document(self._state.identity)
        assert kept is not None
        return Clients(connect(Identity(**kept)), self.endpoint)

    def play(self, *instances: Instance) -> None:
        """Instances that Systems Manager knows from now on."""
        declare(self._state.instances, instances)

    def environment(self) -> dict[str, Any]:
        """What AWS's tools need to find it, beside what they find anyhow."""
        return {name: value for name, value in self.settings.items() if not name.startswith("AWS_EXE_")}
