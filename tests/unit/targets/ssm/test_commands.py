"""SendCommand and what belongs to it, as SSM itself takes and answers it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from fakes.botocore_service import Refusal
from fakes.ssm import DOCUMENT, FakeSsm, Managed

from execution_engine.targets.ssm.commands import Commands, Sent
from execution_engine.targets.ssm.invocations import State

REQUEST: dict[str, Any] = {
    "DocumentName": DOCUMENT,
    "TimeoutSeconds": 300,
    "Parameters": {"BundleUrl": ["https://x.org/"], "BundleSha256": ["ab"], "ExecutionTimeout": ["600"]},
}


def names(count: int, start: int = 0) -> list[str]:
    return [f"i-{n:017x}" for n in range(start, start + count)]


@pytest.fixture
def ssm() -> FakeSsm:
    return FakeSsm()


@pytest.fixture
def commands(ssm: FakeSsm) -> Commands:
    return Commands(lambda: ssm.client)


def told(ssm: FakeSsm) -> list[str]:
    """Who was sent a command, in that order."""
    return [one for command in ssm.commands.values() for one in command["InstanceIds"]]


def send(commands: Commands, ids: list[str]) -> Sent:
    return commands.send(ids, REQUEST)


@pytest.mark.parametrize(("count", "groups"), [(1, [1]), (50, [50]), (51, [50, 1]), (120, [50, 50, 20])])
def test_as_many_commands_as_it_takes(ssm: FakeSsm, commands: Commands, count: int, groups: list[int]) -> None:
    ssm.manage(*names(count))
    sent = send(commands, names(count))
    assert [len(ssm.commands[one]["InstanceIds"]) for one in sent.commands] == groups
    assert told(ssm) == names(count)
    assert len(ssm.requests) == len(groups)


def test_whom_ssm_does_not_know_is_told_apart_in_three_calls(ssm: FakeSsm, commands: Commands) -> None:
    ssm.manage(*names(48))
    gone = ["i-gone", "i-away"]
    sent = send(commands, names(24) + gone + names(24, 24))
    assert told(ssm) == names(48)
    assert list(sent.refused) == gone
    assert sent.refused["i-gone"].startswith("SSM: InvalidInstanceId: Instances [[i-gone, i-away]] not in a valid")
    assert [one.operation for one in ssm.requests] == ["SendCommand", "DescribeInstanceInformation", "SendCommand"]


def test_a_refusal_that_names_nobody_is_halved_down_to_the_culprits(ssm: FakeSsm, commands: Commands) -> None:
    ssm.names_the_invalid = False
    ssm.manage(*names(14))
    ids = [*names(7), "i-gone", *names(7, 7), "i-away"]
    sent = send(commands, ids)
    assert set(told(ssm)) == set(names(14))
    assert sent.refused.keys() == {"i-gone", "i-away"}
    assert len(ssm.requests) <= 2 * 2 * 5


def test_whom_ssm_lists_is_refused_by_ssm_alone(ssm: FakeSsm, commands: Commands) -> None:
    """It is stopped, say: SSM does not list it and takes commands for it all the same."""
    ssm.instances = {"stopped": Managed(is_listed=False), "fine": Managed()}
    sent = send(commands, ["stopped", "gone", "fine"])
    assert set(told(ssm)) == {"stopped", "fine"}
    assert list(sent.refused) == ["gone"]


def test_those_of_another_platform_are_left_out(ssm: FakeSsm, commands: Commands) -> None:
    ssm.manage(*names(5))
    ssm.instances["windows"] = Managed(platform="Windows")
    sent = send(commands, [*names(3), "windows", *names(2, 3)])
    assert set(told(ssm)) == set(names(5))
    assert "UnsupportedPlatformType" in sent.refused["windows"]


def test_whom_the_engine_may_not_command_is_named_and_left_out(ssm: FakeSsm, commands: Commands) -> None:
    ssm.manage(*names(3))
    ssm.instances |= {"no-1": Managed(denied=True), "no-2": Managed(denied=True)}
    sent = send(commands, ["no-1", *names(3), "no-2"])
    assert told(ssm) == names(3)
    assert all("AccessDeniedException" in words for words in sent.refused.values())
    assert len(ssm.requests) == 3


def test_who_may_command_nobody_is_told_so_soon(ssm: FakeSsm, commands: Commands) -> None:
    ssm.instances = {one: Managed(denied=True) for one in names(50)}
    with pytest.raises(ClientError, match="AccessDenied"):
        send(commands, names(50))
    assert len(ssm.requests) == 11


def test_nobody_at_all(ssm: FakeSsm, commands: Commands) -> None:
    sent = send(commands, names(60))
    assert (sent.commands, set(sent.refused)) == ([], set(names(60)))
    assert len(ssm.requests) == 4


def test_a_list_that_can_not_be_had_only_costs_calls(ssm: FakeSsm, commands: Commands) -> None:
    def denied(asked: dict[str, Any]) -> dict[str, Any]:
        raise Refusal("AccessDeniedException", "no")

    ssm.describe_instance_information = denied  # type: ignore[method-assign]
    ssm.manage(*names(3))
    sent = send(commands, [*names(3), "gone"])
    assert set(told(ssm)) == set(names(3))
    assert list(sent.refused) == ["gone"]


def test_what_goes_wrong_before_anybody_was_told_is_raised(ssm: FakeSsm, commands: Commands) -> None:
    ssm.refuse_with = Refusal("ThrottlingException", "Rate exceeded")
    with pytest.raises(ClientError, match="Throttling"):
        send(commands, names(60))


def test_what_goes_wrong_after_some_were_told_ends_the_others(ssm: FakeSsm, commands: Commands) -> None:
    ssm.manage(*names(120))

    def throttle(ids: list[str]) -> None:
        ssm.refuse_with = Refusal("ThrottlingException", "Rate exceeded")

    ssm.on_sent = throttle
    sent = send(commands, names(120))
    assert told(ssm) == names(50)
    assert list(sent.refused) == names(70, 50)
    assert set(sent.refused.values()) == {"SSM: ThrottlingException: Rate exceeded"}


def test_a_malformed_id_is_blamed_alone(ssm: FakeSsm, commands: Commands) -> None:
    ssm.manage(*names(2))
    send_command = ssm.send_command

    def strict(asked: dict[str, Any]) -> dict[str, Any]:
        if "web 1" in asked["InstanceIds"]:
            raise Refusal("ValidationException", "Value '[web 1]' at 'instanceIds' failed to satisfy constraint")
        return send_command(asked)

    ssm.send_command = strict  # type: ignore[method-assign]
    sent = send(commands, [*names(2), "web 1"])
    assert set(told(ssm)) == set(names(2))
    assert list(sent.refused) == ["web 1"]


# Who has the tags


def test_all_pages_of_those_with_the_tags_are_read(ssm: FakeSsm, commands: Commands) -> None:
    ssm.page = 7
    ssm.manage(*reversed(names(30)), Role="web", Stage="prod")
    ssm.manage("other", Role="web", Stage="test")
    ssm.manage("db", Role="db", Stage="prod")
    assert commands.tagged({"Role": ["web", "app"], "Stage": ["prod"]}, 500) == names(30)
    assert ssm.asked("DescribeInstanceInformation")[0]["Filters"] == [
        {"Key": "tag:Role", "Values": ["web", "app"]},
        {"Key": "tag:Stage", "Values": ["prod"]},
    ]


def test_no_more_pages_are_read_than_tell_that_they_are_too_many(ssm: FakeSsm, commands: Commands) -> None:
    ssm.manage(*names(500), Role="web")
    assert len(commands.tagged({"Role": ["web"]}, 100)) == 101
    assert len(ssm.requests) == 3


# What becomes of them


def test_each_instance_by_all_commands_that_were_for_it(ssm: FakeSsm, commands: Commands) -> None:
    ssm.page = 20
    ssm.manage(*names(60))
    sent = send(commands, names(60)).commands + send(commands, names(2)).commands
    ssm.invocations[sent[0]] = dict.fromkeys(names(50), "Success")
    ssm.invocations[sent[2]] = {names(1)[0]: "Failed", names(2)[1]: "Pending"}
    found = commands.invocations(sent)
    assert found.keys() == set(names(60))
    states = [found[one].state for one in names(3)]
    assert states == [State.DIED, State.ON_ITS_WAY, State.LEFT]


def test_of_a_command_that_ssm_does_not_know_nothing_is_said(ssm: FakeSsm, commands: Commands) -> None:
    assert commands.invocations(["00000000-0000-4000-8000-000000000009"]) == {}

    def unknown(asked: dict[str, Any]) -> dict[str, Any]:
        raise Refusal("InvalidCommandId")

    ssm.list_command_invocations = unknown  # type: ignore[method-assign]
    assert commands.invocations(["00000000-0000-4000-8000-000000000009"]) == {}


def test_all_are_cancelled_before_anything_is_raised(ssm: FakeSsm, commands: Commands) -> None:
    ssm.manage(*names(60))
    first, second = send(commands, names(60)).commands
    commands.cancel([first, "00000000-0000-4000-8000-000000000009", second])
    assert {details for going in ssm.invocations.values() for details in going.values()} == {"Cancelled"}
    ssm.refuse_with = Refusal("ThrottlingException")
    with pytest.raises(ClientError, match="Throttling"):
        commands.cancel([first, second])
    assert [one["CommandId"] for one in ssm.asked("CancelCommand")[-2:]] == [first, second]
