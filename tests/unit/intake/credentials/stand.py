"""Credentials on fake services: what is in the stores, and jobs that name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fakes.credential_stores import FakeParameterStore, FakeSecretsManager, FakeSts
from fakes.time_and_ids import START, FakeClock

from execution_engine.intake.credentials.credentials import Credentials
from execution_engine.intake.credentials.fetcher import Fetcher
from execution_engine.intake.credentials.parameter_store import ParameterStore
from execution_engine.intake.credentials.resolved import Resolved
from execution_engine.intake.credentials.secrets_manager import SecretsManager
from execution_engine.intake.credentials.session_length import Waiting
from execution_engine.intake.credentials.target_account import TargetAccounts
from execution_engine.jobs.job import Job
from execution_engine.jobs.specification import parse_job
from execution_engine.orders.concurrently import in_turn

RUN = "00000000-0000-4000-8000-000000000001"
ROLE = "arn:aws:iam::210987654321:role/deploy"


@dataclass
class Stand:
    ssm: FakeParameterStore = field(default_factory=FakeParameterStore)
    secrets: FakeSecretsManager = field(default_factory=FakeSecretsManager)
    sts: FakeSts = field(default_factory=lambda: FakeSts(START))
    others: dict[str, Fetcher] = field(default_factory=dict)
    external_id: str = ""
    policy: str = ""
    max_in_flight: int = 100

    def credentials(self) -> Credentials:
        fetchers = {
            "ssm": ParameterStore(self.ssm.client),
            "secretsmanager": SecretsManager(self.secrets.client),
            **self.others,
        }
        accounts = TargetAccounts(
            lambda: self.sts.client, FakeClock(), external_id=self.external_id, policy=self.policy
        )
        return Credentials(fetchers, accounts, Waiting(1_800, self.max_in_flight), in_turn)

    def resolve(self, job: Job) -> Resolved:
        return self.credentials().resolve(job, RUN)

    @property
    def reads(self) -> int:
        return len(self.ssm.requests) + len(self.secrets.requests)


def order(**fields: Any) -> dict[str, Any]:
    return {"cmds": ["true"], "timeout": 60, **fields}


def job(*orders: dict[str, Any], **fields: Any) -> Job:
    return parse_job({"username": "ann", "orders": list(orders) or [order()], **fields}, door="init")


def told(resolved: Resolved) -> list[tuple[str, str]]:
    return [(fault.where, fault.message) for fault in resolved.faults]
