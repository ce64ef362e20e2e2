"""The only reader of ``AWS_EXE_SYS_*``. A missing or malformed setting is one line that names it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from execution_engine.errors import SettingsError

PREFIX = "AWS_EXE_SYS_"
ASSIGNMENT = PREFIX + "ASSIGNMENT"
"""No setting: the variable by which a build is told which attempt is its own."""


MADE_BY_DEPLOYMENT = frozenset(
    {
        "orders_table",
        "order_events_table",
        "locks_table",
        "internal_bucket",
        "done_bucket",
        "worker_lambda",
        "codebuild_project",
        "orchestrator_lambda",
        "watchdog_sfn",
        "ssm_prefix",
        "ssm_document",
        "kms_key",
        "pass_env",
    }
)
"""Settings that whoever deploys knows, and nobody chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of what a deployment made, and how the engine behaves. Times in seconds.

    A function is given only the names it needs; asking for one that it was not given says so.
    """

    orders_table: str = ""
    order_events_table: str = ""
    locks_table: str = ""
    internal_bucket: str = ""
    done_bucket: str = ""
    worker_lambda: str = ""
    codebuild_project: str = ""
    orchestrator_lambda: str = ""
    watchdog_sfn: str = ""
    ssm_prefix: str = ""
    ssm_document: str = ""
    """By which orders run on instances; its name or ARN. Without one there are none."""
    kms_key: str = ""
    """Seals the jobs that are kept for a retry; without one none is kept. Encrypts the variables of orders on
    instances; without one no such order is taken. Its ARN, id or alias."""

    grace: float = 30.0
    """Between the interrupt and the kill of an order that must end."""
    heartbeat: float = 10.0
    tick: int = 60
    """Between two looks of a watchdog."""
    start_limit: float = 1_800.0
    """How long a launched order may wait for its worker."""
    delivery_timeout: float = 300.0
    """How long SSM may try to deliver a command to an instance: 30 s at least, 30 days at most."""
    command_page: str = "https://{region}.console.aws.amazon.com/systems-manager/run-command/{command}?region={region}"
    """Where an operator finds an SSM command."""
    relaunch_after: float = 120.0
    """After how long without a claim a launch is repeated; doubles with each."""
    max_in_flight: int = 100
    lease: float = 45.0
    """Shorter than the minute after which Lambda tries a failed asynchronous invocation again."""
    pass_seconds: float = 20.0
    """After how long a pass over a run hands over to the next invocation."""
    control_poll: float = 3.0
    log_interval: float = 2.0
    pass_env: tuple[str, ...] = ()
    """Names of host variables that commands see beside PATH, HOME, LANG, TMPDIR (one machine only)."""
    code_limit: int = 512 * 1024 * 1024
    """Bytes of code that an order may unpack to."""

    git_hosts: tuple[str, ...] = ("github.com",)
    """Where code may come from: ``host`` or ``host:port`` each."""
    git_providers: tuple[str, ...] = ()
    """What ``git_provider`` may name beside GitHub, or another place for that: ``name=https://host`` each."""
    git_known_hosts: str = ""
    """Lines of a ``known_hosts`` file, with ``;`` between, for SSH servers other than GitHub's."""
    git_timeout: float = 240.0
    """For a repository altogether."""
    git_limit: int = 2 * 1024 * 1024 * 1024
    """Bytes that a repository may take on the disk while it is fetched."""
    target_external_id: str = ""
    """What roles in target accounts ask of who assumes them."""
    target_session_policy: str = ""
    """A policy, as JSON, that narrows every session in a target account."""

    event_bus: str = ""
    """Of EventBridge, by name or ARN: told of runs that ended and of orders that failed. Without one nobody is."""

    log_level: str = "info"
    """What the engine itself logs: ``debug``, ``info``, ``warning`` or ``error``. Libraries never below ``warning``."""

    def need(self, *names: str) -> None:
        """Raises ``SettingsError`` if one of these was not given."""
        for name in names:
            if not getattr(self, name):
                raise SettingsError(f"{PREFIX}{name.upper()} is not set; this function needs it")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        values: dict[str, object] = {}
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            raw = environment.get(name)
            if raw is not None:
                values[field.name] = _parse(name, raw.strip(), str(field.type))
        return cls(**values)  # type: ignore[arg-type]


def _parse(name: str, raw: str, kind: str) -> object:
    if kind == "str":
        return raw
    if kind.startswith("tuple"):
        return tuple(part for part in raw.split(",") if part)
    try:
        number = float(raw)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number <= 0 or (kind == "int" and number != int(number)):
        raise SettingsError(f"{name} is {raw!r}; it must be a positive {'whole ' if kind == 'int' else ''}number")
    return int(number) if kind == "int" else number
