"""A job's credentials as a whole: precedence, sharing, counts of calls, and every fault at its place."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from contracts.aws import REGION
from fakes.time_and_ids import FakeClock
from moto import mock_aws
from unit.intake.credentials.stand import ROLE, RUN, Stand, job, order, told

from execution_engine.errors import ConditionLost, StoreError
from execution_engine.intake.credentials.credentials import Credentials
from execution_engine.intake.credentials.fetcher import Answer, Fetched, FetcherContext
from execution_engine.intake.credentials.registry import Fetchers
from execution_engine.intake.credentials.resolved import Resolved, Variables
from execution_engine.intake.credentials.session_length import Waiting
from execution_engine.intake.credentials.target_account import TargetAccounts
from execution_engine.jobs.job import Job
from execution_engine.jobs.naming import age_key_path
from execution_engine.orders.concurrently import in_turn
from execution_engine.settings import Settings


def variables(stand: Stand, asked: Job, index: int = 0) -> Variables:
    resolved = stand.resolve(asked)
    assert told(resolved) == []
    return resolved.of(asked.orders[index])


def test_the_three_forms_and_the_order_in_which_they_win() -> None:
    stand = Stand()
    stand.ssm.values = {
        "/prod/api-token": "plain",
        "/prod/first": json.dumps({"A": "ssm-1", "B": "ssm-1", "C": "ssm-1"}),
        "/prod/second": base64.b64encode(json.dumps({"B": "ssm-2", "C": "ssm-2"}).encode()).decode(),
    }
    stand.secrets.values = {"prod/db": json.dumps({"C": "secret", "PORT": 5432})}
    found = variables(
        stand,
        job(
            order(
                env_vars={"A": "own", "OWN": "own"},
                ssm_paths=["/prod/first", "aws:::ssm:/prod/second", "/prod/api-token"],
                secret_manager_paths=["prod/db"],
            )
        ),
    )
    assert found.values == {
        "OWN": "own", "A": "ssm-1", "B": "ssm-2", "C": "secret", "PORT": "5432", "API_TOKEN": "plain"
    }  # fmt: skip
    assert found.secret_names == {"A", "B", "C", "PORT", "API_TOKEN"}


def test_a_job_without_credentials_asks_nobody() -> None:
    stand = Stand()
    found = variables(stand, job(order(env_vars={"A": "a"}), git_token_location="/git"))
    assert (found.values, found.secret_names, stand.reads) == ({"A": "a"}, frozenset(), 0)


def test_three_hundred_orders_with_five_of_the_same_are_two_reads() -> None:
    stand = Stand()
    stand.ssm.values = {f"/a/s{n}": "x" for n in range(3)}
    stand.secrets.values = {f"a/m{n}": "x" for n in range(2)}
    asked = job(*(order(ssm_paths=list(stand.ssm.values), secret_manager_paths=list(stand.secrets.values))
                  for _ in range(300)))  # fmt: skip
    resolved = stand.resolve(asked)
    assert (told(resolved), stand.reads) == ([], 2)
    assert all(len(resolved.of(one).values) == 5 for one in asked.orders)


def test_fifty_accounts_of_either_store_are_eight_reads_and_each_order_has_its_own() -> None:
    stand = Stand()
    stand.ssm.values = {f"/account/{n}": json.dumps({"AWS_ACCESS_KEY_ID": f"AKIA{n}"}) for n in range(50)}
    stand.secrets.values = {f"account/{n}": json.dumps({"AWS_SECRET_ACCESS_KEY": f"secret{n}"}) for n in range(50)}
    asked = job(
        *(order(ssm_paths=[f"/account/{n % 50}"], secret_manager_paths=[f"account/{n % 50}"]) for n in range(300))
    )
    resolved = stand.resolve(asked)
    assert (told(resolved), stand.reads) == ([], 5 + 3)
    assert resolved.of(asked.orders[123]).values == {"AWS_ACCESS_KEY_ID": "AKIA23", "AWS_SECRET_ACCESS_KEY": "secret23"}


def test_every_fault_is_told_at_its_place_and_none_tells_a_value() -> None:
    stand = Stand()
    stand.ssm.values = {
        "/good": "ghp_x",
        "/denied": "ghp_x",
        "/steers": json.dumps({"PATH": "ghp_x", "LD_PRELOAD": "ghp_x"}),
    }
    stand.ssm.failing = {"/denied": "AccessDeniedException"}
    stand.secrets.values = {"bytes": b"\xffghp_x", "token": json.dumps({"a": "ghp_x", "b": "ghp_y"})}
    stand.sts.denied = {ROLE}
    resolved = stand.resolve(
        job(
            order(ssm_paths=["/good", "/none"]),
            order(secret_manager_paths=["bytes", "aws:::secretsmanager:none"], target_role_arn=ROLE),
            order(ssm_paths=["/denied", "/steers", "vault:::kv/a"], git_repo="org/repo"),
            git_token_location="aws:::secretsmanager:token",
            git_ssh_key_location="/none",
        )
    )
    assert [(where, message.split()[0]) for where, message in told(resolved)] == [
        ("git_ssh_key_location", "/none"),
        ("orders[0].ssm_paths[1]", "/none"),
        ("orders[1].secret_manager_paths[0]", "bytes"),
        ("orders[1].secret_manager_paths[1]", "aws:::secretsmanager:none"),
        ("orders[2].ssm_paths[0]", "/denied"),
        ("orders[2].ssm_paths[1]", "/steers"),
        ("orders[2].ssm_paths[1]", "/steers"),
        ("orders[2].ssm_paths[2]", "vault:::kv/a"),
        ("git_token_location", "aws:::secretsmanager:token"),
        ("orders[1].target_role_arn", ROLE),
    ]
    assert "ghp_" not in repr(told(resolved)) + repr(resolved)


def test_a_session_of_the_target_account_wins_and_is_masked() -> None:
    stand = Stand()
    stand.secrets.values = {"keys": json.dumps({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_REGION": "eu-west-1"})}
    found = variables(stand, job(order(secret_manager_paths=["keys"], target_role_arn=ROLE)))
    assert found.values == {
        "AWS_ACCESS_KEY_ID": "ASIA0000000000000001",
        "AWS_SECRET_ACCESS_KEY": "secret-of-session-1",
        "AWS_SESSION_TOKEN": "token-of-session-1",
        "AWS_REGION": "eu-west-1",
    }
    assert found.secret_names == set(found.values)
    assert "session-1" not in repr(found)


def test_a_role_is_assumed_once_for_all_that_need_it_equally_long() -> None:
    stand = Stand()
    other = ROLE.replace("deploy", "other")
    asked = job(
        *(order(timeout=60 + n, target_role_arn=ROLE) for n in range(40)),
        order(timeout=60, target_role_arn=other),
        order(timeout=1_700, target_role_arn=ROLE),
        order(timeout=60),
    )
    resolved = stand.resolve(asked)
    assert told(resolved) == []
    assert sorted((one.parameters["RoleArn"], one.parameters["DurationSeconds"]) for one in stand.sts.requests) == [
        (ROLE, 2_700),
        (ROLE, 3_600),
        (other, 2_700),
    ]
    tokens = [resolved.of(one).values.get("AWS_SESSION_TOKEN") for one in asked.orders]
    assert len(set(tokens[:40])) == 1
    assert len(set(tokens)) == 4


def test_no_session_may_end_before_its_order() -> None:
    stand = Stand()
    stand.sts.longest = 7_200
    resolved = stand.resolve(
        job(
            order(timeout=60, target_role_arn=ROLE),
            order(timeout=60, order_name="late", dependencies=["long"], target_role_arn=ROLE),
            order(timeout=70_000, order_name="long", target_role_arn=ROLE),
            order(timeout=6_000, target_role_arn=ROLE),
        )
    )
    assert [where for where, _ in told(resolved)] == [f"orders[{n}].target_role_arn" for n in (1, 2, 3)]
    assert ["43,200 seconds at most" in message for _, message in told(resolved)] == [True, True, False]
    assert "8,100 seconds that the order needs" in told(resolved)[2][1]


def test_a_session_that_is_shared_suits_the_one_that_needs_it_longest() -> None:
    stand = Stand()
    stand.sts.shorter = 500
    resolved = stand.resolve(job(*(order(timeout=timeout, target_role_arn=ROLE) for timeout in (600, 60))))
    assert len(stand.sts.requests) == 1
    assert all("ends before the order may" in message for _, message in told(resolved))
    assert len(told(resolved)) == 2


def test_git_gets_its_token_and_key_when_code_comes_from_there() -> None:
    stand = Stand()
    stand.ssm.values = {"/git/key": "-----BEGIN KEY-----"}
    stand.secrets.values = {"git": json.dumps({"user": "ann", "token": "ghp_x"})}
    resolved = stand.resolve(
        job(
            git_repo="org/repo",
            git_token_location="aws:::secretsmanager:git",
            git_ssh_key_location="aws:::ssm:/git/key",
        )
    )
    assert (told(resolved), resolved.git.token, resolved.git.ssh_key) == ([], "ghp_x", "-----BEGIN KEY-----\n")
    assert "ghp_x" not in repr(resolved)
    assert "BEGIN" not in repr(resolved)


def test_a_key_for_git_is_no_variable_and_need_not_be_fit_for_one() -> None:
    stand = Stand()
    stand.ssm.values = {"/git/path": "ghp_x"}
    asked = job(order(git_repo="org/repo"), git_token_location="/git/path")
    resolved = stand.resolve(asked)
    assert (told(resolved), resolved.of(asked.orders[0]).values) == ([], {})


def test_a_package_of_somebody_elses_is_asked_for_its_locations() -> None:
    class Vault:
        at_once = 50

        def fetch(self, names: Sequence[str]) -> Mapping[str, Answer]:
            return {name: Fetched(name, f"from vault {name}") for name in names}

    found = variables(Stand(others={"vault": Vault()}), job(order(ssm_paths=["vault:::kv/prod/db-password"])))
    assert found.values == {"DB_PASSWORD": "from vault kv/prod/db-password"}


def test_a_submission_that_lost_its_key_assumes_nothing() -> None:
    def lost() -> None:
        raise ConditionLost("somebody else has the key")

    stand = Stand()
    with pytest.raises(ConditionLost):
        stand.credentials().resolve(job(order(target_role_arn=ROLE)), RUN, lost)
    assert not stand.sts.requests


def on_moto(client: Any) -> Credentials:
    return Credentials(
        Fetchers(FetcherContext(Settings(ssm_prefix="/engine"), {}, client, FakeClock())),
        TargetAccounts(lambda: client("sts"), FakeClock()),
        Waiting(1_800, 100),
        in_turn,
    )


def test_the_whole_on_moto() -> None:
    with mock_aws():
        ssm, secrets = boto3.client("ssm", region_name=REGION), boto3.client("secretsmanager", region_name=REGION)
        ssm.put_parameter(Name="/prod/api-token", Value="plain", Type="SecureString")
        secrets.create_secret(Name="prod/db", SecretString='{"USER": "ann"}')
        asked = job(
            order(
                ssm_paths=["/prod/api-token"],
                secret_manager_paths=["prod/db", "aws:::secretsmanager:prod/db"],
                target_role_arn=ROLE,
            )
        )
        resolved = on_moto(lambda service: boto3.client(service, region_name=REGION)).resolve(asked, RUN)
        assert told(resolved) == []
        found = resolved.of(asked.orders[0])
        assert (found.values["API_TOKEN"], found.values["USER"]) == ("plain", "ann")
        assert found.secret_names == set(found.values) > {"AWS_SESSION_TOKEN"}


def test_no_job_reads_the_key_of_a_run() -> None:
    path = age_key_path("/engine", RUN)
    with mock_aws():
        boto3.client("ssm", region_name=REGION).put_parameter(Name=path, Value="AGE-SECRET-KEY-1", Type="SecureString")
        credentials = on_moto(lambda service: boto3.client(service, region_name=REGION))
        resolved = credentials.resolve(job(order(ssm_paths=[path])), RUN)
    assert told(resolved) == [
        ("orders[0].ssm_paths[0]", f"{path} is the engine's own, the key of a run; no job may read it")
    ]


class Throttled:
    """A client whose first answers are that it asks too often. ``waits``: how long it then kept still."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.waits: list[float] = []
        self._left = times
        monkeypatch.setattr("botocore.endpoint.time.sleep", self.waits.append)

    def client(self, service: str) -> Any:
        # As the wiring should make it: many tries, and full jitter between them.
        config = Config(retries={"mode": "standard", "total_max_attempts": 10})
        made = boto3.client(service, region_name=REGION, config=config)
        made.meta.events.register_first("before-send", self._send)
        return made

    def _send(self, request: Any, **_: Any) -> AWSResponse | None:
        if not self._left:
            return None
        self._left -= 1
        body = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
        return AWSResponse(request.url, 400, {}, _Raw(body))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self._body]


def throttled(monkeypatch: pytest.MonkeyPatch, times: int) -> tuple[Resolved, list[float]]:
    with mock_aws():
        boto3.client("ssm", region_name=REGION).put_parameter(Name="/a", Value="x", Type="SecureString")
        service = Throttled(monkeypatch, times)
        return on_moto(service.client).resolve(job(order(ssm_paths=["/a"])), RUN), service.waits


def test_throttling_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved, waits = throttled(monkeypatch, 6)
    assert told(resolved) == []
    assert len(waits) == 6
    assert all(wait <= 2.0**n for n, wait in enumerate(waits))


def test_throttling_without_end_is_no_fault_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="ThrottlingException"):
        throttled(monkeypatch, 10)
