"""What an instance is told when it is started: ``launch.json``, in the very zip that it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from execution_engine.bundles.manifest import Manifest
from execution_engine.errors import BundleUnreadable, EngineError
from execution_engine.worker.assignment import Assignment
from execution_engine.worker.callbacks import Callbacks

NAME = "launch.json"
FORMAT = 1


class LaunchUnusable(EngineError):
    """It is malformed, or not for this instance: there is nowhere to report to."""


class LaunchVoid(EngineError):
    """The engine has ended the attempt before it was launched; there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One attempt of one order, as one instance of it is to run it.

    ``environment`` and ``code`` are presigned GETs, None where there is nothing to get; ``renewal`` is one of newer
    addresses. ``log_interval`` in seconds.
    """

    assignment: Assignment
    manifest: Manifest
    callbacks: Callbacks = field(repr=False)
    secret_names: tuple[str, ...]
    pass_on: tuple[str, ...]
    environment: str | None = field(repr=False)
    code: str | None = field(repr=False)
    renewal: str | None = field(repr=False)
    log_interval: float

    @classmethod
    def read(cls, data: bytes, instance: str) -> Launch:
        """Raises ``LaunchVoid`` or ``LaunchUnusable``, never with a URL in it."""
        try:
            document = json.loads(data)
            if document["format"] != FORMAT:
                raise LaunchUnusable(f"{NAME} has format {document['format']!r}, this agent reads format {FORMAT}")
            if document.get("void"):
                raise LaunchVoid(f"the engine has ended this attempt ({document.get('reason')}); nothing is run")
            if instance not in document["instances"]:
                raise LaunchUnusable(f"this launch is for other instances, not for {instance}; nothing is run")
            return cls._read(document, instance)
        except KeyError as error:
            raise LaunchUnusable(f"{NAME} lacks {error}") from None
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise LaunchUnusable(f"{NAME} is malformed: {type(error).__name__}") from None
        except BundleUnreadable as error:
            raise LaunchUnusable(f"{NAME}: {error}") from None

    @classmethod
    def _read(cls, document: Mapping[str, Any], instance: str) -> Launch:
        manifest = Manifest.from_json(json.dumps(document["manifest"]))
        return cls(
            assignment=Assignment(
                **{name: str(document[name]) for name in ("run_id", "order_num", "order_name", "trace_id", "flow_id")},
                attempt=int(document["attempt"]),
                not_after=float(document["not_after"]),
                instance=instance,
            ),
            manifest=manifest,
            callbacks=Callbacks.of_entry(document["instances"][instance]),
            secret_names=tuple(map(str, document["secret_names"])),
            pass_on=tuple(map(str, document["pass_env"])),
            environment=_url(document, "environment"),
            code=_url(document, "code"),
            renewal=_url(document, "renewal"),
            log_interval=float(document["log_interval"]),
        )


def _url(document: Mapping[str, Any], name: str) -> str | None:
    value = document[name]
    return None if value is None else str(value)
