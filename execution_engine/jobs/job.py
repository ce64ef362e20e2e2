"""A job that was found right: every default filled in, every name resolved, nothing that can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from execution_engine.jobs.graph import DependencyGraph

Door = Literal["init", "ssm"]

TARGETS = ("lambda", "codebuild", "ssm")
"""The engine's own places to run; ``execution_engine.targets`` knows of others that packages bring."""


def _nothing() -> MappingProxyType[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SsmTargets:
    """The instances of an SSM order: by id, or by tags; exactly one of the two is filled."""

    instance_ids: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order of a job. ``git_repo`` and ``commit_hash`` are the effective ones (None: no code from git).

    ``dependencies`` are the names as the caller wrote them, ``needs`` the order numbers they mean;
    both without repetition. ``timeout`` is in seconds. ``env_vars`` may hold secrets and stay out of
    ``repr``. Credential locations are as ``credential_location`` reads them.
    """

    order_num: str
    order_name: str
    queue_id: str
    cmds: tuple[str, ...]
    timeout: float
    execution_target: str
    git_repo: str | None = None
    git_folder: str | None = None
    commit_hash: str | None = None
    s3_location: str | None = None
    env_vars: Mapping[str, str] = field(default_factory=_nothing, repr=False)
    ssm_paths: tuple[str, ...] = ()
    secret_manager_paths: tuple[str, ...] = ()
    target_role_arn: str | None = None
    sops_key: str | None = None
    dependencies: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    must_succeed: bool = True
    retries: int = 0
    ssm_targets: SsmTargets | None = None
    ssm_document_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A whole job. ``job_timeout`` and ``presign_expiry`` are seconds, the latter a whole number."""

    door: Door
    username: str
    orders: tuple[Order, ...]
    flow_label: str
    job_timeout: float
    presign_expiry: int
    git_repo: str | None = None
    git_provider: str = "github"
    git_token_location: str | None = None
    git_ssh_key_location: str | None = None
    commit_hash: str | None = None
    sops_key_ssm_path: str | None = None
    pr_number: int | None = None
    issue_number: int | None = None

    def graph(self) -> DependencyGraph:
        return DependencyGraph({order.order_num: order.needs for order in self.orders})
