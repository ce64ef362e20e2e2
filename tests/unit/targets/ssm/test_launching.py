"""How an order is told to its instances: once written, each told, and by whom it is not taken."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes.botocore_service import Refusal
from fakes.fleet import RUN, START_LIMIT, Fleet, order_with
from fakes.ssm import DOCUMENT, Managed

from execution_engine.bundles.manifest import CodePointer
from execution_engine.errors import LaunchFailed
from execution_engine.guest.launch import Launch as GuestsLaunch
from execution_engine.jobs.naming import (
    bundle_key,
    claim_key,
    control_key,
    environment_key,
    events_key,
    heartbeat_key,
    launch_key,
    log_prefix,
    renewal_key,
    result_key,
)
from execution_engine.orders.status import Status
from execution_engine.targets.ssm.launch import read_launch

SEVEN_DAYS = 7 * 24 * 3600


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def refused(fleet: Fleet, order: Any) -> LaunchFailed:
    with pytest.raises(LaunchFailed) as found:
        fleet.target.launch(order)
    return found.value


def path(url: str) -> str:
    return urlsplit(url).path


def life(url: str) -> int:
    return int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0])


# What is sent


def test_all_that_a_command_holds(fleet: Fleet) -> None:
    order = fleet.order("web-1", "web-2", timeout=600.0)
    answer = fleet.target.launch(order)
    (asked,) = fleet.ssm.asked("SendCommand")
    data = fleet.objects.get(launch_key(RUN, "0001"))
    assert data is not None
    (url,) = asked["Parameters"].pop("BundleUrl")
    assert asked == {
        "InstanceIds": ["web-1", "web-2"],
        "DocumentName": DOCUMENT,
        "Comment": f"{order.flow_id} {order.order_name}",
        "TimeoutSeconds": 300,
        "MaxErrors": "100%",
        "Parameters": {"BundleSha256": [read_launch(data).sha256], "ExecutionTimeout": ["960"]},
    }
    assert path(url) == f"/internal/{launch_key(RUN, '0001')}"
    assert life(url) == START_LIMIT + 60
    command = next(iter(fleet.ssm.commands))
    assert answer == (
        command,
        f"https://eu-west-1.console.aws.amazon.com/systems-manager/run-command/{command}?region=eu-west-1",
    )


def test_a_launch_of_one_is_three_calls(fleet: Fleet) -> None:
    order = fleet.order("web-1", variables=3)
    fleet.calls.reset()
    fleet.target.launch(order)
    assert fleet.calls.names == ["bucket.read", "bucket.write_once", "ssm.SendCommand"]


def test_a_hundred_and_twenty_are_three_commands(fleet: Fleet) -> None:
    names = [f"i-{n:017x}" for n in range(120)]
    execution_id, url = fleet.target.launch(fleet.order(*names)) or ("", "")
    assert [len(one["InstanceIds"]) for one in fleet.ssm.asked("SendCommand")] == [50, 50, 20]
    assert execution_id.split(",") == list(fleet.ssm.commands)
    assert execution_id.split(",")[0] in str(url)
    assert sorted((fleet.document(fleet.order(*names)) or {})["instances"]) == names


@pytest.mark.parametrize(
    ("timeout", "grace", "seconds"), [(600.0, 30.0, "960"), (0.5, 0.1, "301"), (172_600.0, 30.0, "172800")]
)
def test_the_script_may_last_a_little_longer_than_its_order(timeout: float, grace: float, seconds: str) -> None:
    fleet = Fleet(grace=grace)
    fleet.launched("web-1", timeout=timeout)
    assert fleet.ssm.asked("SendCommand")[0]["Parameters"]["ExecutionTimeout"] == [seconds]


@pytest.mark.parametrize(("setting", "asked"), [(300.0, 300), (1.0, 30), (61.5, 62), (1e9, 2_592_000)])
def test_delivery_is_tried_as_long_as_ssm_can(setting: float, asked: int) -> None:
    fleet = Fleet(delivery_timeout=setting)
    fleet.launched("web-1")
    assert fleet.ssm.asked("SendCommand")[0]["TimeoutSeconds"] == asked


def test_an_order_may_name_its_document_and_a_comment_is_cut(fleet: Fleet) -> None:
    refused(fleet, fleet.order("web-1", ssm_document_name="another", flow_id="f" * 300))
    (asked,) = fleet.ssm.asked("SendCommand")
    assert asked["DocumentName"] == "another"
    assert asked["Comment"] == "f" * 100


# What is fetched


def test_each_instance_reports_to_places_of_its_own(fleet: Fleet) -> None:
    order = fleet.launched("web-1", "web-2", attempt=2)
    told = fleet.document(order) or {}
    ids = (RUN, "0001", 2)
    for name, addresses in told["instances"].items():
        keys = {
            "claim": claim_key(*ids, name),
            "claim_read": claim_key(*ids, name),
            "result": result_key(*ids, name),
            "heartbeat": heartbeat_key(*ids, name),
            "events": events_key(*ids, name),
            "control": control_key(RUN, "0001"),
        }
        assert addresses.keys() == keys.keys() | {"log"}
        assert {key: path(addresses[key]) for key in keys} == {key: f"/internal/{of}" for key, of in keys.items()}
        assert addresses["log"]["prefix"] == log_prefix(*ids, name)
        assert {life(addresses[key]) for key in keys} == {3_600 + 300}


def test_what_is_fetched_first_lives_as_long_as_anybody_may_begin(fleet: Fleet) -> None:
    code = CodePointer("tmp/exec/code.zip", "ab" * 32, 7)
    order = fleet.order("web-1", variables=1, code=code)
    fleet.clock.advance(100.0)  # reserved a while ago
    fleet.target.launch(order)
    told = fleet.document(order) or {}
    assert told["not_after"] == (order.dispatched_at or 0) + START_LIMIT
    assert path(told["environment"]) == f"/internal/{environment_key(RUN, '0001')}"
    assert life(told["environment"]) == START_LIMIT - 100
    assert (path(told["code"]), life(told["code"])) == ("/internal/tmp/exec/code.zip", START_LIMIT + 200)
    assert path(told["renewal"]) == f"/internal/{renewal_key(RUN, '0001')}"


def test_no_address_is_longer_lived_than_s3_takes_or_already_dead(fleet: Fleet) -> None:
    order = fleet.launched("web-1", deadline=fleet.clock.now() + 30 * 24 * 3600.0)
    assert life((fleet.document(order) or {})["instances"]["web-1"]["result"]) == SEVEN_DAYS
    late = fleet.launched("web-1", order_num="0002", deadline=fleet.clock.now() - 1_000.0)
    assert life((fleet.document(late) or {})["instances"]["web-1"]["result"]) == 1


def test_without_variables_there_is_nothing_to_fetch(fleet: Fleet) -> None:
    told = fleet.document(fleet.launched("web-1")) or {}
    assert (told["environment"], told["code"], told["secret_names"]) == (None, None, [])


def test_the_guest_understands_it(fleet: Fleet) -> None:
    order = fleet.launched("web-1", variables=1)
    told = GuestsLaunch.read(json.dumps(fleet.document(order)).encode(), "web-1")
    assert (told.assignment.run_id, told.assignment.attempt, told.assignment.instance) == (RUN, 1, "web-1")
    assert told.manifest.cmds == order.cmds
    assert told.secret_names == ("TOKEN",)


# Whom it is for


def test_ids_are_told_in_their_order_each_once(fleet: Fleet) -> None:
    order = fleet.order("b", "a", ssm_targets={"instance_ids": ["b", "a", "b"]})
    fleet.target.launch(order)
    assert fleet.ssm.asked("SendCommand")[0]["InstanceIds"] == ["b", "a"]


@pytest.mark.parametrize("value", ["web", ["web", "app"]])
def test_tags_are_whom_ssm_says(fleet: Fleet, value: Any) -> None:
    fleet.ssm.manage("b", "a", Role="web")
    fleet.ssm.manage("c", Role="db")
    fleet.target.launch(fleet.order(ssm_targets={"tags": {"Role": value}}))
    assert fleet.ssm.asked("SendCommand")[0]["InstanceIds"] == ["a", "b"]


def test_tags_that_nobody_has_are_named(fleet: Fleet) -> None:
    error = refused(fleet, fleet.order(ssm_targets={"tags": {"Role": ["web", "app"], "Stage": "prod"}}))
    assert not error.transient
    assert (
        "order-0001 can't be launched: no instance that SSM manages has the tags Role=web or app, Stage=prod;"
        in str(error)
    )
    assert fleet.document(fleet.order("x")) is None


def test_too_many_are_refused_with_what_to_do(fleet: Fleet) -> None:
    fleet.ssm.manage(*[f"i-{n}" for n in range(501)], Role="web")
    for targets in ({"tags": {"Role": "web"}}, {"instance_ids": [f"i-{n}" for n in range(501)]}):
        error = refused(fleet, fleet.order(ssm_targets=targets))
        assert not error.transient
        assert "more than 500; make several orders of it" in str(error)


@pytest.mark.parametrize("targets", [None, {}, {"instance_ids": []}, {"instance_ids": ["../x"]}, {"tags": {}}])
def test_a_record_that_names_nobody_to_tell_is_refused(fleet: Fleet, targets: Any) -> None:
    error = refused(fleet, fleet.order("web-1", ssm_targets=targets))
    assert not error.transient
    assert fleet.ssm.requests == []


# What goes wrong


@pytest.mark.parametrize(
    ("code", "transient", "tags"),
    [
        ("ThrottlingException", True, False),
        ("InternalServerError", True, False),
        ("AccessDeniedException", False, False),
        ("InvalidDocument", False, False),
        ("InvalidParameters", False, False),
        ("ValidationException", False, False),
        ("ThrottlingException", True, True),
        ("AccessDeniedException", False, True),
        ("InvalidInstanceInformationFilterValue", False, True),
    ],
)
def test_what_will_not_pass_is_final(fleet: Fleet, code: str, transient: bool, tags: bool) -> None:
    fleet.ssm.refuse_with = Refusal(code, "said\nso", 500 if code.startswith("Internal") else 400)
    order = fleet.order("web-1", **({"ssm_targets": {"tags": {"Role": "web"}}} if tags else {}))
    error = refused(fleet, order)
    assert error.transient is transient
    assert f"for order order-0001: SSM: {code}: said so" in str(error)


def test_the_document_that_is_missing_is_named(fleet: Fleet) -> None:
    error = refused(fleet, fleet.order("web-1", ssm_document_name="another"))
    assert "SSM did not send document another for order order-0001: SSM: InvalidDocument: " in str(error)


def test_a_bundle_that_is_gone_or_another_is_told(fleet: Fleet) -> None:
    order = fleet.order("web-1")
    error = refused(fleet, order_with(order, bundle_sha256="cd" * 32))
    assert not error.transient
    assert "digest" in str(error)
    fleet.objects.delete(bundle_key(RUN, "0001"))
    error = refused(fleet, order)
    assert not error.transient
    assert "is gone" in str(error)


# Instances that SSM does not take


def test_who_is_not_taken_has_failed_at_once_and_the_others_run(fleet: Fleet) -> None:
    fleet.ssm.instances["gone"] = Managed(is_known=False)
    order = fleet.launched("web-1", "gone", "web-2")
    ending = fleet.ending(order, "gone") or {}
    assert (ending["status"], ending["reason"]) == ("failed", "dispatch_failed")
    assert "InvalidInstanceId" in ending["message"]
    assert (fleet.claimed(order, "gone") or order).void
    assert fleet.result(order) is None
    fleet.work(order, "web-1", "web-2")
    fleet.deliver()
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.reason) == (Status.FAILED, "dispatch_failed")
    assert Counter(one.status for one in result.instances) == {Status.SUCCEEDED: 2, Status.FAILED: 1}


@pytest.mark.parametrize("count", [1, 3])
def test_nobody_is_taken_so_the_order_ends(fleet: Fleet, count: int) -> None:
    names = [f"gone-{n}" for n in range(count)]
    fleet.ssm.instances = {name: Managed(is_known=False) for name in names}
    order = fleet.order(*names)
    assert fleet.target.launch(order) is None
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.reason, len(result.instances)) == (Status.FAILED, "dispatch_failed", count)
    assert fleet.claimed(order) is None


def test_no_result_of_who_was_not_taken_hides_what_runs(fleet: Fleet) -> None:
    """S3 fails between the command and the results: what was told must be recorded all the same."""
    fleet.ssm.instances["gone"] = Managed(is_known=False)
    order = fleet.order("web-1", "gone")

    def broken(key: str, body: bytes) -> bool:
        raise OSError("S3 is away")

    write = fleet.objects.put_once
    fleet.ssm.on_sent = lambda ids: setattr(fleet.objects, "put_once", broken)
    answer = fleet.target.launch(order)
    assert answer is not None
    fleet.objects.put_once = write  # type: ignore[method-assign]
    order = order_with(order, execution_id=answer[0])
    fleet.clock.advance(121.0)
    fleet.target.look_up(order)
    assert (fleet.ending(order, "gone") or {})["message"] == "SSM has no command for it"


# Launched again


def test_a_second_launch_is_of_the_same_and_only_for_who_has_not_begun(fleet: Fleet) -> None:
    fleet.ssm.manage("a", "b", "c", Role="web")
    order = fleet.order(ssm_targets={"tags": {"Role": "web"}})
    first = fleet.target.launch(order)
    before = fleet.document(order)
    fleet.claim(order, "b")
    fleet.ssm.manage("d", Role="web")
    fleet.clock.advance(120.0)
    for again in (fleet.target, fleet.process()):
        second = again.launch(order_with(order, launches=2))
        assert second != first
        sent = fleet.ssm.asked("SendCommand")
        assert sent[-1]["InstanceIds"] == ["a", "c"]
        assert sent[-1]["Parameters"]["BundleSha256"] == sent[0]["Parameters"]["BundleSha256"]
        (url,) = sent[-1]["Parameters"]["BundleUrl"]
        assert life(url) == START_LIMIT + 60 - 120
    assert fleet.document(order) == before
    assert fleet.ssm.asked("DescribeInstanceInformation") != []
    assert len(fleet.ssm.asked("DescribeInstanceInformation")) == 1


def test_when_all_have_begun_there_is_nobody_to_tell(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.claim(order, "a", "b")
    assert fleet.target.launch(order_with(order, launches=2)) is None
    assert len(fleet.ssm.commands) == 1


def test_a_first_launch_that_died_before_it_was_written_is_made_by_the_second(fleet: Fleet) -> None:
    order = fleet.order("a")
    assert fleet.target.launch(order_with(order, launches=2)) is not None
    assert fleet.document(order) is not None


def test_two_launchers_at_once_launch_the_same(fleet: Fleet) -> None:
    order = fleet.order("a", "b")
    other = fleet.process()
    write = fleet.bucket.write_once

    def after_the_other(key: str, body: bytes, content_type: str = "") -> bool:
        fleet.bucket.write_once = write  # type: ignore[method-assign]
        other.launch(order)
        return write(key, body)

    fleet.bucket.write_once = after_the_other  # type: ignore[method-assign]
    fleet.target.launch(order)
    digests = [one["Parameters"]["BundleSha256"] for one in fleet.ssm.asked("SendCommand")]
    assert len(digests) == 2
    assert digests[0] == digests[1]


def test_what_was_refused_before_is_never_sent(fleet: Fleet) -> None:
    order = fleet.order("a", "b")
    assert fleet.target.refuse(order, "cancelled", "never started")
    for launches in (1, 2):
        for launcher in (fleet.target, fleet.process()):
            with pytest.raises(LaunchFailed, match="refused before its launch: cancelled") as error:
                launcher.launch(order_with(order, launches=launches))
            assert not error.value.transient
    assert fleet.ssm.commands == {}
