"""The zip that an instance runs: the worker's own modules, and what it is told.

The modules are content here, never imported: they run on the instance's Python, with its standard library alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from execution_engine.bundles.members import write_members

LAUNCH_NAME = "launch.json"

_PACKAGE = "execution_engine"
_RENAMED = {"__main__.py": "guest/__main__.py", "structlog.py": "guest/structlog_stand_in.py"}
"""Name in the zip → module of the package."""

MODULES = (
    "__init__",
    "clock",
    "errors",
    "identifiers",
    "redaction",
    "bundles/__init__",
    "bundles/limits",
    "bundles/link_targets",
    "bundles/manifest",
    "bundles/member_names",
    "bundles/member_plan",
    "bundles/members",
    "bundles/unpacking",
    "guest/__init__",
    "guest/courier",
    "guest/launch",
    "guest/main",
    "guest/opening",
    "guest/portability",
    "guest/renewal",
    "guest/supervisor",
    "jobs/__init__",
    "jobs/naming",
    "orders/__init__",
    "orders/event_types",
    "orders/status",
    "worker/__init__",
    "worker/assignment",
    "worker/callbacks",
    "worker/claim",
    "worker/code_file",
    "worker/command",
    "worker/control",
    "worker/courier",
    "worker/environment",
    "worker/event_files",
    "worker/event_form",
    "worker/execution",
    "worker/family",
    "worker/guard",
    "worker/heartbeat",
    "worker/log_stream",
    "worker/log_tail",
    "worker/log_upload",
    "worker/masking",
    "worker/multipart",
    "worker/opened",
    "worker/patience",
    "worker/process_table",
    "worker/recurring",
    "worker/report",
    "worker/results",
    "worker/secret_forms",
    "worker/sequence",
    "worker/stop",
    "worker/telling",
    "worker/termination",
    "worker/worker",
    "worker/workspace",
)
"""Everything that ``guest/__main__.py`` imports of the package, at once or later; a test compares."""


@cache
def agent_members() -> Mapping[str, bytes]:
    """Name in the zip → content, as the package is installed here. Not to be changed."""
    package = files(_PACKAGE)
    members = {name: package.joinpath(source).read_bytes() for name, source in _RENAMED.items()}
    for module in MODULES:
        members[f"{_PACKAGE}/{module}.py"] = package.joinpath(f"{module}.py").read_bytes()
    return members


def write_launch(document: Mapping[str, Any]) -> bytes:
    """The zip for one launch; the same document gives the same bytes. Raises ``ValueError`` for one too large."""
    told = json.dumps(document, separators=(",", ":")).encode()
    return write_members({**agent_members(), LAUNCH_NAME: told})
