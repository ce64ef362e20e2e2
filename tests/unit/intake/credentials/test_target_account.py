from __future__ import annotations

import re

import pytest
from contracts.aws import REGION
from fakes.botocore_service import Refusal
from fakes.credential_stores import FakeSts
from fakes.time_and_ids import START, FakeClock
from moto import mock_aws
from unit.intake.credentials.stand import ROLE, RUN

from execution_engine.errors import SettingsError, StoreError
from execution_engine.intake.credentials.fetcher import Unreadable
from execution_engine.intake.credentials.target_account import Session, TargetAccounts, session_name

NAME = session_name(RUN)


def accounts(sts: FakeSts, **options: str) -> TargetAccounts:
    return TargetAccounts(lambda: sts.client, FakeClock(), **options)


def refused(answer: Session | Unreadable) -> str:
    assert isinstance(answer, Unreadable)
    return answer.why


def test_a_session_is_three_variables_that_no_repr_shows() -> None:
    sts = FakeSts(START)
    session = accounts(sts).assume(ROLE, 1_800, 1_500, NAME)
    assert isinstance(session, Session)
    assert session.variables == {
        "AWS_ACCESS_KEY_ID": "ASIA0000000000000001",
        "AWS_SECRET_ACCESS_KEY": "secret-of-session-1",
        "AWS_SESSION_TOKEN": "token-of-session-1",
    }
    assert "session-1" not in repr(session)
    (request,) = sts.requests
    assert request.parameters == {"RoleArn": ROLE, "RoleSessionName": NAME, "DurationSeconds": 1_800}


def test_external_id_and_policy_are_given_if_there_are_any() -> None:
    sts = FakeSts(START)
    accounts(sts, external_id="ours", policy="{}").assume(ROLE, 1_800, 1_500, NAME)
    assert (sts.requests[0].parameters["ExternalId"], sts.requests[0].parameters["Policy"]) == ("ours", "{}")


def test_a_denied_role_has_a_remedy() -> None:
    sts = FakeSts(START)
    sts.denied = {ROLE}
    why = refused(accounts(sts).assume(ROLE, 900, 600, NAME))
    assert re.search(r"denied \(AccessDenied\).*trust policy.*sts:AssumeRole", why)
    assert "external id" not in why
    assert "external id" in refused(accounts(sts, external_id="ours").assume(ROLE, 900, 600, NAME))


def test_a_role_that_may_not_last_so_long_has_a_remedy() -> None:
    sts = FakeSts(START, longest=3_600)
    why = refused(accounts(sts).assume(ROLE, 7_200, 7_000, NAME))
    assert re.search(
        "7,200 seconds that the order needs: raise the role's MaxSessionDuration.*shorten the order's", why
    )
    sts.chained = True
    why = refused(accounts(sts).assume(ROLE, 7_200, 7_000, NAME))
    assert "AWS ends a session that is assumed with another role's after 3,600 seconds" in why
    assert "MaxSessionDuration" not in why


@pytest.mark.parametrize(("shorter", "fits"), [(0, True), (240, True), (361, False)])
def test_a_session_that_ends_before_the_order_can_is_refused(shorter: int, fits: bool) -> None:
    sts = FakeSts(START)
    sts.shorter = shorter
    answer = accounts(sts).assume(ROLE, 1_800, 1_500, NAME)
    assert isinstance(answer, Session) == fits
    if not fits:
        assert "ends before the order may" in refused(answer)


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("ValidationError", "1 validation error detected: roleArn is invalid", "is it the ARN of a role"),
        ("RegionDisabledException", "STS is not activated", "activate STS in this region"),
    ],
)
def test_what_else_sts_refuses_is_told(code: str, message: str, words: str) -> None:
    sts = FakeSts(START)
    sts.refuse_with = Refusal(code, message)
    assert words in refused(accounts(sts).assume(ROLE, 900, 600, NAME))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("MalformedPolicyDocumentException", "Syntax errors in policy."),
        ("PackedPolicyTooLargeException", ""),
        ("ValidationError", "Value at 'externalId' failed to satisfy constraint"),
    ],
)
def test_what_is_wrong_with_the_deployment_is_no_fault_of_the_job(code: str, message: str) -> None:
    sts = FakeSts(START)
    sts.refuse_with = Refusal(code, message)
    with pytest.raises(SettingsError, match=code):
        accounts(sts).assume(ROLE, 900, 600, NAME)


@pytest.mark.parametrize("code", ["Throttling", "ExpiredTokenException"])
def test_what_says_nothing_of_the_role_is_no_fault_of_the_job(code: str) -> None:
    sts = FakeSts(START)
    sts.refuse_with = Refusal(code)
    with pytest.raises(StoreError, match=code):
        accounts(sts).assume(ROLE, 900, 600, NAME)


@pytest.mark.parametrize("run_id", [RUN, "", "a b/c:d" * 30, "ü"])
def test_a_sessions_name_is_one_that_sts_takes(run_id: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", session_name(run_id))


def test_a_session_is_found_by_the_run_it_is_for() -> None:
    assert session_name(RUN).endswith(RUN)


def test_moto_gives_a_session() -> None:
    import boto3

    with mock_aws():
        client = boto3.client("sts", region_name=REGION)
        session = TargetAccounts(lambda: client, FakeClock(), external_id="ours").assume(ROLE, 900, 600, NAME)
        assert isinstance(session, Session)
        assert session.variables["AWS_ACCESS_KEY_ID"].startswith("ASIA")
