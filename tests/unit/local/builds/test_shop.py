"""What becomes of builds: in which order, for how long, and how they end."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from unit.local.builds.stand import Stand

from execution_engine.local.builds.phases import ORDER

BEFORE_BUILD = dict.fromkeys(map(str, ORDER[:6]), "SUCCEEDED")
AROUND = {"POST_BUILD": "SUCCEEDED", "UPLOAD_ARTIFACTS": "SUCCEEDED", "FINALIZING": "SUCCEEDED", "COMPLETED": None}


def error(call: Any, **asked: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**asked)
    return str(caught.value.response["Error"]["Code"])


def test_a_build_is_queued_when_it_is_asked_for_and_runs_at_the_next_look(stand: Stand) -> None:
    build = stand.start()
    assert (build["currentPhase"], build["buildStatus"], build["buildComplete"]) == ("QUEUED", "IN_PROGRESS", False)
    stand.shop.tick()
    assert stand.way(build["id"]) == {**BEFORE_BUILD, "BUILD": None}


@pytest.mark.parametrize(("code", "status"), [(0, "SUCCEEDED"), (1, "FAILED"), (137, "FAILED")])
def test_its_command_decides_and_everything_after_it_is_gone_through(stand: Stand, code: int, status: str) -> None:
    build_id, container = stand.started()
    container.code = code
    stand.shop.tick()
    build = stand.look_up(build_id)
    assert (build["buildStatus"], build["buildComplete"], build["currentPhase"]) == (status, True, "COMPLETED")
    assert stand.way(build_id) == {**BEFORE_BUILD, "BUILD": status, **AROUND}
    assert build["endTime"]
    assert container.closed


def test_it_is_over_only_when_all_that_it_started_is(stand: Stand) -> None:
    build_id, container = stand.started()
    container.code, container.stubborn = 137, 2
    for _ in range(2):
        stand.shop.tick()
        assert not stand.look_up(build_id)["buildComplete"]
        assert not container.closed
    stand.shop.tick()
    assert stand.look_up(build_id)["buildStatus"] == "FAILED"


def test_so_many_run_and_the_others_follow_in_their_order() -> None:
    stand = Stand(at_once=2)
    ids = [stand.start()["id"] for _ in range(5)]
    stand.shop.tick()
    assert list(stand.containers.of) == ids[:2]
    stand.containers.of[ids[1]].code = 0
    stand.shop.tick()
    stand.shop.tick()
    assert list(stand.containers.of) == ids[:3]
    assert [stand.look_up(one)["currentPhase"] for one in ids[3:]] == ["QUEUED", "QUEUED"]


def test_a_full_queue_takes_no_more() -> None:
    stand = Stand(at_once=1, queue=2)
    stand.started()
    stand.start()
    stand.start()
    assert error(stand.start) == "AccountLimitExceededException"


def test_stopping_what_runs_lets_it_end(stand: Stand) -> None:
    build_id, container = stand.started()
    container.stubborn = 1
    assert stand.client.stop_build(id=build_id)["build"]["buildStatus"] == "IN_PROGRESS"
    stand.shop.tick()
    container.code = 0  # it heard, and ended well: stopped it is
    stand.shop.tick()
    assert stand.way(build_id) == {**BEFORE_BUILD, "BUILD": "STOPPED", "FINALIZING": "SUCCEEDED", "COMPLETED": None}
    assert stand.look_up(build_id)["buildStatus"] == "STOPPED"


def test_stopping_what_waits_ends_it_at_once(stand: Stand) -> None:
    build_id = stand.start()["id"]
    assert stand.client.stop_build(id=build_id)["build"]["buildStatus"] == "STOPPED"
    assert stand.way(build_id) == {"SUBMITTED": "SUCCEEDED", "QUEUED": "STOPPED", "COMPLETED": None}
    stand.shop.tick()
    assert not stand.containers.of


def test_stopping_what_is_over_changes_nothing(stand: Stand) -> None:
    build_id, container = stand.started()
    container.code = 0
    stand.shop.tick()
    before = stand.look_up(build_id)
    assert stand.client.stop_build(id=build_id)["build"] == before == stand.look_up(build_id)


def test_a_build_may_take_its_time_and_no_more(stand: Stand) -> None:
    build_id, container = stand.started(timeoutInMinutesOverride=5)
    stand.clock.advance(299)
    stand.shop.tick()
    assert container.asked == 0
    stand.clock.advance(2)
    stand.shop.tick()
    assert stand.way(build_id)["BUILD"] == "TIMED_OUT"
    assert stand.look_up(build_id)["buildStatus"] == "TIMED_OUT"


def test_waiting_has_a_limit_of_its_own_that_counts_for_nothing_else() -> None:
    stand = Stand(at_once=1)
    first, container = stand.started(timeoutInMinutesOverride=5)
    patient, hasty = (stand.start(queuedTimeoutInMinutesOverride=minutes)["id"] for minutes in (6, 5))
    stand.clock.advance(295)
    container.code = 0
    stand.shop.tick()
    stand.shop.tick()
    stand.clock.advance(10)
    stand.shop.tick()
    assert stand.way(hasty) == {"SUBMITTED": "SUCCEEDED", "QUEUED": "TIMED_OUT", "COMPLETED": None}
    assert stand.look_up(hasty)["buildStatus"] == "TIMED_OUT"
    assert stand.look_up(patient)["currentPhase"] == "BUILD"
    assert stand.look_up(first)["buildStatus"] == "SUCCEEDED"


def test_a_container_that_can_not_be_had_ends_the_build_in_provisioning(stand: Stand) -> None:
    stand.no_registry()
    build_id = stand.start()["id"]
    stand.shop.tick()
    build = stand.look_up(build_id)
    assert (build["buildStatus"], build["currentPhase"]) == ("FAILED", "COMPLETED")
    assert stand.way(build_id) == {
        "SUBMITTED": "SUCCEEDED",
        "QUEUED": "SUCCEEDED",
        "PROVISIONING": "FAILED",
        "COMPLETED": None,
    }
    assert build["phases"][2]["contexts"] == [
        {"statusCode": "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "message": "no such host"}
    ]


def test_a_fault_of_ours_is_one_builds_and_says_so(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    stand.containers.error = RuntimeError("broken")
    broken = stand.start()["id"]
    stand.shop.tick()
    assert stand.look_up(broken)["buildStatus"] == "FAULT"
    assert "RuntimeError: broken" in capsys.readouterr().err
    stand.containers.error = None
    assert stand.started()[1].code is None


def test_a_token_is_one_build_for_five_minutes(stand: Stand) -> None:
    first = stand.start(idempotencyToken="t")["id"]
    stand.clock.advance(299)
    assert stand.start(idempotencyToken="t")["id"] == first
    assert error(stand.start, idempotencyToken="t", imageOverride="x") == "InvalidInputException"
    assert stand.start(idempotencyToken="t", projectName="other")["id"] != first
    stand.clock.advance(2)
    assert stand.start(idempotencyToken="t")["id"] != first


def test_a_token_names_its_build_also_when_the_queue_is_full() -> None:
    stand = Stand(at_once=1, queue=1)
    first = stand.start(idempotencyToken="t")["id"]
    assert error(stand.start) == "AccountLimitExceededException"
    assert stand.start(idempotencyToken="t")["id"] == first


def test_what_did_not_end_by_itself_is_a_fault_to_whoever_comes_next(stand: Stand) -> None:
    over, container = stand.started()
    container.code = 0
    stand.shop.tick()
    running, _ = stand.started()
    stand.shop.close()
    remembered = stand.shop.abandon()
    assert list(remembered) == [running]
    following = Stand(remembered=remembered)
    assert following.look_up(running)["buildStatus"] == "FAULT"
    assert "was stopped" in str(following.look_up(running)["phases"])
    assert following.client.stop_build(id=running)["build"]["buildComplete"]
    assert following.client.batch_get_builds(ids=[over])["buildsNotFound"] == [over]
    assert following.shop.abandon() == remembered


def test_nothing_is_started_once_it_is_closed(stand: Stand) -> None:
    waiting = stand.start()["id"]
    stand.shop.close()
    stand.shop.tick()
    assert stand.look_up(waiting)["currentPhase"] == "QUEUED"
    assert error(stand.start) == "AccountLimitExceededException"


def test_its_processes_are_known_while_they_run(stand: Stand) -> None:
    _, container = stand.started()
    assert stand.shop.pids() == {container.pid}
    container.code = 0
    stand.shop.tick()
    assert stand.shop.pids() == set()
