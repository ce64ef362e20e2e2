"""Code from S3 and git, and credentials, on their way into bundles: all of it, or every fault at once."""

from __future__ import annotations

import pytest
from unit.intake.stand import NOTHING, Stand, order, zipped

from execution_engine.errors import JobRefused
from execution_engine.intake.credentials.resolved import GitSecrets
from execution_engine.intake.pulse import pulse

GIT = {"git_repo": "org/repo", "git_folder": "infra", "commit_hash": "main"}
PLACE = "org/repo@main:infra"


def refused(stand: Stand, *orders: dict[str, object], **job: object) -> list[tuple[str, str]]:
    with pytest.raises(JobRefused) as caught:
        stand.submit(*orders, **job)
    return [(fault.where, fault.message) for fault in caught.value.faults]


def test_equal_code_is_stored_once_wherever_it_comes_from() -> None:
    stand = Stand()
    code = zipped("a")
    stand.git.archives[PLACE] = code
    stand.callers.objects[("mine", "code.zip")] = code
    stand.submit(order(**GIT), order(**GIT), order(s3_location="s3://mine/code.zip"), order())
    assert len([key for key in stand.left()["objects"] if "/code/" in key]) == 1


def test_a_retry_takes_the_code_that_was_tried() -> None:
    stand = Stand()
    stand.git.archives[PLACE] = zipped("a")
    run_id = stand.submit(order(**GIT))["run_id"]
    (kept,) = stand.kept[run_id].orders
    assert kept.s3_location is not None
    assert kept.s3_location.startswith(f"s3://internal/tmp/exec/{run_id}/code/")
    assert (kept.git_repo, kept.git_folder, kept.commit_hash) == (None, None, None)


def test_git_is_given_the_jobs_credentials() -> None:
    stand = Stand()
    stand.git.archives[PLACE] = zipped("a")
    stand.credentials.git = GitSecrets(token="t0ken-t0ken")
    stand.submit(order(**GIT))
    ((place, auth),) = stand.git.asked
    assert (place, auth.token, auth.ssh_key) == (PLACE, "t0ken-t0ken", None)


def test_what_was_fetched_is_sealed_over_what_the_order_says() -> None:
    stand = Stand()
    stand.credentials.layers = {"0001": [{"A": "fetched", "B": "first"}, {"B": "second"}]}
    stand.submit(order(env_vars={"A": "given", "C": "own"}), order(env_vars={"C": "own"}))
    assert set(stand.sealer.sealed) == {(("A", "fetched"), ("B", "second"), ("C", "own")), (("C", "own"),)}


def test_all_faults_of_code_and_credentials_are_told_at_once_and_nothing_is_left() -> None:
    stand = Stand()
    stand.credentials.faults = [("orders[0].ssm_paths[0]", "does not exist")]
    faults = refused(stand, order(**GIT), order(s3_location="s3://mine/none.zip"))
    assert [where for where, _ in faults] == [
        "orders[0].ssm_paths[0]",
        "orders[1].s3_location",
        "orders[0].git_repo",
    ]
    assert stand.left() == NOTHING


@pytest.mark.parametrize("field", ["git_token_location", "git_ssh_key_location"])
def test_git_is_not_asked_without_the_credentials_it_was_to_have(field: str) -> None:
    stand = Stand()
    stand.credentials.faults = [(field, "can't be read")]
    assert [where for where, _ in refused(stand, order(**GIT))] == [field]
    assert not stand.git.asked


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (GitSecrets(token="two\nlines"), "git_token_location"),
        (GitSecrets(ssh_key="no key at all"), "git_ssh_key_location"),
    ],
)
def test_a_credential_git_can_not_use_is_refused_by_its_place(given: GitSecrets, where: str) -> None:
    stand = Stand()
    stand.credentials.git = given
    ((found, message),) = refused(stand, order(**GIT))
    assert found == where
    assert "two" not in message
    assert "no key at all" not in message


def test_progress_is_told_while_something_takes_its_time() -> None:
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        raise RuntimeError("the store does not answer")

    with pulse(beat, 0.001):
        while len(beats) < 3:
            pass
    seen = len(beats)
    assert len(beats) == seen


def test_everything_that_was_fetched_is_hidden_from_then_on() -> None:
    stand = Stand()
    stand.credentials.layers = {"0001": [{"A": "fetched-a"}, {"B": "fetched-b"}]}
    stand.credentials.git = GitSecrets(token="t0ken-t0ken", ssh_key="-----BEGIN KEY-----")
    stand.credentials.age_keys = {"age1x": "AGE-SECRET-KEY-1X"}
    stand.submit(order(env_vars={"C": "own"}))
    assert stand.hidden == {"fetched-a", "fetched-b", "t0ken-t0ken", "-----BEGIN KEY-----", "AGE-SECRET-KEY-1X"}


def test_it_is_hidden_also_when_the_job_is_refused() -> None:
    stand = Stand()
    stand.credentials.layers = {"0001": [{"A": "fetched-a"}]}
    refused(stand, order(s3_location="s3://mine/none.zip"))
    assert stand.hidden == {"fetched-a"}
