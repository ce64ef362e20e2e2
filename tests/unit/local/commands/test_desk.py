"""What becomes of what instances are sent: in which order, for how long, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.local.commands.stand import Stand

from execution_engine.local.commands import desk
from execution_engine.local.instances import Instance

PENDING, IN_PROGRESS = ("Pending", "Pending"), ("InProgress", "InProgress")
SUCCESS, FAILED, CANCELLED = ("Success", "Success"), ("Failed", "Failed"), ("Cancelled", "Cancelled")
DELIVERY, EXECUTION = ("TimedOut", "DeliveryTimedOut"), ("TimedOut", "ExecutionTimedOut")
UNDELIVERABLE, DENIED = ("Failed", "Undeliverable"), ("Failed", "AccessDenied")


def test_what_is_sent_is_pending_and_runs_at_the_next_look(stand: Stand) -> None:
    stand.document()
    command_id = stand.send("web-1", "web-2")
    assert stand.states(command_id) == {"web-1": PENDING, "web-2": PENDING}
    assert stand.result(command_id, "web-1")["ResponseCode"] == -1
    assert stand.command(command_id)["Status"] == "Pending"
    stand.desk.tick()
    assert stand.states(command_id) == {"web-1": IN_PROGRESS, "web-2": IN_PROGRESS}
    assert stand.scripts.started == ["web-1", "web-2"]


@pytest.mark.parametrize(("code", "how"), [(0, SUCCESS), (7, FAILED), (-1, FAILED)])
def test_the_script_decides(stand: Stand, code: int, how: tuple[str, str]) -> None:
    command_id = stand.sent("web-1")
    script = stand.scripts.of["web-1"]
    script.out, script.err, script.code = "said", "cried", code
    stand.pass_time(2)
    assert stand.states(command_id) == {"web-1": how}
    result = stand.result(command_id, "web-1")
    assert (result["ResponseCode"], result["StandardOutputContent"], result["StandardErrorContent"]) == (
        code,
        "said",
        "cried",
    )
    assert result["ExecutionElapsedTime"] == "PT2.000S"
    assert result["ExecutionStartDateTime"] < result["ExecutionEndDateTime"]
    stand.pass_time(1)
    assert script.done[-1] == "close"


def test_of_a_script_that_runs_nothing_is_shown_yet(stand: Stand) -> None:
    command_id = stand.sent("web-1")
    stand.scripts.of["web-1"].out = "said"
    result = stand.result(command_id, "web-1")
    assert (result["StandardOutputContent"], result["ExecutionEndDateTime"], result["ResponseCode"]) == ("", "", -1)
    assert result["ExecutionStartDateTime"].endswith("Z")


def test_so_much_is_kept_of_what_is_printed(stand: Stand) -> None:
    command_id = stand.sent("web-1")
    script = stand.scripts.of["web-1"]
    script.out, script.err, script.code = "a" * 30_000, "b" * 10_000, 0
    stand.desk.tick()
    result = stand.result(command_id, "web-1")
    assert (len(result["StandardOutputContent"]), len(result["StandardErrorContent"])) == (24_000, 8_000)
    (listed,) = stand.client.list_command_invocations(CommandId=command_id, Details=True)["CommandInvocations"]
    (plugin,) = listed["CommandPlugins"]
    assert (plugin["Name"], len(plugin["Output"]), plugin["ResponseCode"]) == ("speak", 2_500, 0)


def test_what_went_wrong_is_shown_after_what_was_printed(stand: Stand) -> None:
    command_id = stand.sent("web-1")
    script = stand.scripts.of["web-1"]
    script.out, script.err, script.code = "out", "err", 1
    stand.desk.tick()
    (listed,) = stand.client.list_command_invocations(CommandId=command_id, Details=True)["CommandInvocations"]
    assert listed["CommandPlugins"][0]["Output"] == "out\n----------ERROR-------\nerr"


def test_a_script_is_killed_when_its_time_is_up(stand: Stand) -> None:
    command_id = stand.sent("web-1", Parameters={"Say": ["a"], "Seconds": ["50"]})
    script = stand.scripts.of["web-1"]
    stand.pass_time(49)
    assert "kill" not in script.done
    stand.pass_time(1)
    assert "kill" in script.done
    assert stand.states(command_id) == {"web-1": EXECUTION}
    assert stand.result(command_id, "web-1")["ResponseCode"] == 137


def test_what_lives_below_is_seen_before_its_script_is_killed(stand: Stand) -> None:
    command_id = stand.sent("web-1")
    script = stand.scripts.of["web-1"]
    stand.client.cancel_command(CommandId=command_id)
    assert script.done == ["look", "kill"]


def test_so_many_run_and_the_others_follow_in_their_order(tmp_path: Path) -> None:
    stand = Stand(tmp_path, at_once=2)
    command_id = stand.sent("web-3", "web-2", "web-1", Parameters={"Say": ["a"], "Seconds": ["9000"]})
    stand.pass_time(4_000)  # who is online waits for its turn, and for nothing else
    assert stand.scripts.started == ["web-3", "web-2"]
    assert stand.states(command_id)["web-1"] == PENDING
    stand.scripts.of["web-2"].code = 0
    stand.desk.tick()
    stand.desk.tick()
    assert stand.scripts.started == ["web-3", "web-2", "web-1"]


def test_what_somebody_left_behind_takes_nobodys_turn(tmp_path: Path) -> None:
    stand = Stand(tmp_path, at_once=1)
    stand.sent("web-1", "web-2")
    first = stand.scripts.of["web-1"]
    first.code, first.stays = 0, True
    stand.desk.tick()
    stand.pass_time(1)
    assert stand.scripts.started == ["web-1", "web-2"]
    assert "close" not in first.done
    assert stand.desk.pids() == {1_001, 1_002}
    first.stays = False
    stand.pass_time(1)
    assert first.done[-1] == "close"
    assert stand.desk.pids() == {1_002}


def test_who_is_offline_has_until_delivery_times_out(stand: Stand) -> None:
    stand.set_state("web-1", "offline")
    command_id = stand.sent("web-1", "web-2", TimeoutSeconds=40)
    stand.pass_time(39)
    assert stand.states(command_id) == {"web-1": PENDING, "web-2": IN_PROGRESS}
    stand.pass_time(1)
    assert stand.states(command_id)["web-1"] == DELIVERY
    assert stand.command(command_id)["DeliveryTimedOutCount"] == 1
    assert stand.scripts.started == ["web-2"]
    assert stand.result(command_id, "web-1")["ResponseCode"] == -1


def test_seconds_of_delivery_may_be_shorter(tmp_path: Path) -> None:
    stand = Stand(tmp_path, second=0.01)
    stand.set_state("web-1", "offline")
    command_id = stand.sent("web-1", TimeoutSeconds=40)
    stand.pass_time(0.5)
    assert stand.states(command_id) == {"web-1": DELIVERY}


def test_who_comes_online_in_time_runs_it(stand: Stand) -> None:
    stand.set_state("web-1", "offline")
    command_id = stand.sent("web-1", TimeoutSeconds=40)
    stand.set_state("web-1", "online")
    stand.pass_time(39)
    assert stand.states(command_id) == {"web-1": IN_PROGRESS}


def test_who_is_denied_ends_so_and_never_runs(stand: Stand) -> None:
    stand.set_state("web-1", "denied")
    command_id = stand.sent("web-1")
    assert stand.states(command_id) == {"web-1": DENIED}
    assert not stand.scripts.started


def test_who_is_terminated_before_it_ran_can_not_be_reached(stand: Stand) -> None:
    stand.set_state("web-1", "offline")
    command_id = stand.sent("web-1")
    stand.set_state("web-1", "terminated")
    stand.desk.tick()
    assert stand.states(command_id) == {"web-1": UNDELIVERABLE}


def test_who_is_terminated_while_it_runs_is_not_heard_of_until_the_command_expires(stand: Stand) -> None:
    command_id = stand.sent("web-1", TimeoutSeconds=40)
    del stand.instances["web-1"]
    stand.desk.tick()
    assert stand.scripts.of["web-1"].done[:2] == ["look", "kill_all"]
    stand.scripts.of["web-1"].code = 137
    stand.pass_time(139)
    assert stand.states(command_id) == {"web-1": IN_PROGRESS}
    stand.pass_time(1)
    assert stand.states(command_id) == {"web-1": DELIVERY}
    assert stand.command(command_id)["ExpiresAfter"] == stand.clock.now()


def test_who_goes_offline_goes_on_with_what_it_runs(stand: Stand) -> None:
    command_id = stand.sent("web-1")
    stand.set_state("web-1", "offline")
    stand.scripts.of["web-1"].code = 0
    stand.desk.tick()
    assert stand.states(command_id) == {"web-1": SUCCESS}


def test_cancelling_ends_what_waits_and_what_runs_and_nothing_else(tmp_path: Path) -> None:
    stand = Stand(tmp_path, at_once=2)
    command_id = stand.sent("web-1", "web-2", "web-3")
    stand.scripts.of["web-1"].code = 0
    stand.desk.tick()
    assert stand.scripts.started == ["web-1", "web-2", "web-3"]
    waits = stand.send("web-1")
    stand.client.cancel_command(CommandId=command_id)
    stand.client.cancel_command(CommandId=waits)
    stand.desk.tick()
    assert stand.states(command_id) == {"web-1": SUCCESS, "web-2": CANCELLED, "web-3": CANCELLED}
    assert stand.states(waits) == {"web-1": CANCELLED}
    assert "kill" not in stand.scripts.of["web-1"].done
    assert [stand.result(one, name)["ResponseCode"] for one, name in ((command_id, "web-2"), (waits, "web-1"))] == [
        137,
        -1,
    ]
    assert stand.command(command_id)["StatusDetails"] == "Cancelled"


def test_cancelling_names_instances(stand: Stand) -> None:
    command_id = stand.sent("web-1", "web-2")
    stand.client.cancel_command(CommandId=command_id, InstanceIds=["web-2"])
    assert stand.states(command_id) == {"web-1": IN_PROGRESS, "web-2": CANCELLED}


def test_a_script_that_can_not_be_started_has_failed(stand: Stand) -> None:
    stand.no_process()
    command_id = stand.sent("web-1")
    assert stand.states(command_id) == {"web-1": FAILED}
    result = stand.result(command_id, "web-1")
    assert (result["ResponseCode"], result["StandardErrorContent"]) == (1, "failed to run commands: no more of them")


def test_a_fault_of_our_own_ends_one_and_no_other(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    command_id = stand.sent("web-1", "web-2")
    broken: Any = stand.scripts.of["web-1"]
    broken.exit_code = lambda: 1 // 0
    stand.scripts.of["web-2"].code = 0
    stand.desk.tick()
    assert stand.states(command_id) == {"web-1": FAILED, "web-2": SUCCESS}
    assert "kill" in broken.done
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_command_counts_its_instances(stand: Stand) -> None:
    command_id = stand.sent("web-1", "web-2", "web-3")
    stand.scripts.of["web-1"].code = 1
    stand.scripts.of["web-2"].code = 0
    stand.desk.tick()
    found = stand.command(command_id)
    assert (found["TargetCount"], found["CompletedCount"], found["ErrorCount"]) == (3, 2, 1)
    assert (found["Status"], found["StatusDetails"]) == IN_PROGRESS
    stand.scripts.of["web-3"].code = 0
    stand.desk.tick()
    assert (stand.command(command_id)["Status"], stand.command(command_id)["StatusDetails"]) == FAILED


def test_the_next_one_knows_what_became_of_everything(stand: Stand, tmp_path: Path) -> None:
    stand.set_state("web-3", "offline")
    command_id = stand.sent("web-1", "web-2", "web-3")
    script = stand.scripts.of["web-1"]
    script.code, script.out = 0, "said"
    stand.desk.tick()
    stand.desk.close()
    remembered = json.loads(json.dumps(stand.desk.abandon()))
    assert stand.scripts.of["web-2"].done[-1] == "close"

    following = Stand(tmp_path, remembered=remembered)
    assert following.states(command_id) == {"web-1": SUCCESS, "web-2": FAILED, "web-3": UNDELIVERABLE}
    assert following.result(command_id, "web-1")["StandardOutputContent"] == "said"
    (lost,) = following.client.list_command_invocations(InstanceId="web-2")["CommandInvocations"]
    assert "was stopped" in lost["TraceOutput"]
    before, after = stand.command(command_id), following.command(command_id)
    assert after["Parameters"] == {"Say": ["hello"]}
    assert before == after
    following.desk.tick()
    assert not following.scripts.started


def test_closing_starts_nothing_more(stand: Stand) -> None:
    stand.document()
    stand.desk.close()
    stand.send("web-1")
    stand.desk.tick()
    assert not stand.scripts.started


def test_so_many_commands_are_known(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "KEPT", 2)
    stand.document()
    ids = []
    for _ in range(4):
        ids.append(stand.send("web-1"))
        stand.desk.tick()
        stand.scripts.of["web-1"].code = 0
        stand.desk.tick()
    assert [stand.states(one) != {} for one in ids] == [False, True, True, True]


def test_an_instance_runs_several_commands_at_once(stand: Stand) -> None:
    first = stand.sent("web-1")
    second = stand.send("web-1")
    stand.desk.tick()
    assert stand.states(first) == stand.states(second) == {"web-1": IN_PROGRESS}


def test_declaring_an_instance_later_counts(stand: Stand) -> None:
    stand.document()
    stand.instances["db-1"] = Instance("db-1")
    assert stand.states(stand.send("db-1")) == {"db-1": PENDING}
