"""Whole jobs on simulated instances, by the command line."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.hunt import Watch, files, forms, holds, stored
from integration.killing import exists, kill
from integration.machine import Item, Machine, finish, order, until
from integration.view import View

FOREVER = "while :; do sleep 0.1; done"
THREE = "web-1:Role=web,web-2:Role=web,web-3:Role=web:Stage=prod"
TICK = 2
SLOW_HEARTS = {"heartbeat": "10", "start_limit": "600"}
"""So that it is not by silence, nor by waiting, that anything is noticed early."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, View]]:
    machine = Machine(tmp_path_factory.mktemp("fleet"), grace="2", tick=str(TICK), control_poll="1", **SLOW_HEARTS)
    machine.environ["AWS_EXE_LOCAL_DELIVERY_SECOND"] = "0.1"
    with machine.aws() as aws:
        yield machine, View(aws.settings)


def on(name: str, *cmds: str, ids: list[str] | None = None, **fields: Any) -> Item:
    """An order for the instances ``ids``; for those with ``Role=web`` if none are named."""
    where = {"instance_ids": ids} if ids else {"tags": {"Role": "web"}}
    return order(name, *cmds, **{"execution_target": "ssm", "ssm_targets": where, **fields})


def endings(document: Item) -> dict[str, tuple[str, str | None]]:
    return {one["order_name"]: (one["status"], one["reason"]) for one in document["orders"]}


def instances(one: Item) -> dict[str, tuple[str, int | None, str | None]]:
    return {
        each["instance_id"]: (each["status"], each.get("exit_code"), each.get("reason")) for each in one["instances"]
    }


def of_run(machine: Machine, run_id: str, name: str) -> Item:
    (found,) = [one for one in machine.call("status", run_id, "--json").json["orders"] if one["order_name"] == name]
    return dict(found)


def running(view: View) -> Item:
    """The one order that runs, once that is known; its commands may be ahead of that."""
    (row,) = until(lambda: [one for one in view.items("ORDERS_TABLE") if one.get("status") == "running"])
    return dict(row)


def by_id(script: str) -> str:
    return f'case "$AWS_SSM_INSTANCE_ID" in {script} esac'


def test_every_instance_reports_and_one_that_fails_fails_the_order(fleet: tuple[Machine, View]) -> None:
    machine, view = fleet
    ran = machine.run(
        [
            on("all", 'echo "on $AWS_SSM_INSTANCE_ID"', by_id("web-2) exit 7 ;;"), "echo patched"),
            on("behind", dependencies=["all"]),
            on("beside", "echo beside", ids=["web-1", "web-3"]),
        ],
        instances=THREE,
    )
    run_id = ran.json["run_id"]
    assert ran.code == 1
    assert endings(ran.json) == {
        "all": ("failed", None),
        "behind": ("failed", "dependency_failed"),
        "beside": ("succeeded", None),
    }
    assert ran.orders["all"]["exit_code"] == 7
    well = ("succeeded", 0, None)
    for one in (ran.orders["all"], of_run(machine, run_id, "all")):
        assert instances(one) == {"web-1": well, "web-2": ("failed", 7, None), "web-3": well}
    (ended,) = [
        event
        for event in view.events(ran.json["trace_id"])
        if event["order_name"] == "all" and event["status"] == "failed"
    ]
    assert {name: str(one["status"]) for name, one in ended["data"]["instances"].items()} == {
        "web-1": "succeeded",
        "web-2": "failed",
        "web-3": "succeeded",
    }
    assert machine.call("logs", run_id, "all", "--instance", "web-2").out == b"on web-2\n"
    assert machine.call("logs", run_id, "all", "--instance", "web-3").out == b"on web-3\npatched\n"
    whole = machine.call("logs", run_id, "all").out.decode()
    assert [line for line in whole.splitlines() if line.startswith("on ")] == ["on web-1", "on web-2", "on web-3"]
    text = machine.call("status", run_id)
    assert all(name in text.out.decode() for name in ("web-1", "web-2", "web-3"))
    assert of_run(machine, run_id, "all")["execution_url"]


@pytest.mark.parametrize(("state", "said"), [("offline", "deliver"), ("denied", "denied"), ("terminated", "web-gone")])
def test_an_instance_that_never_answers_is_told_by_ssm(fleet: tuple[Machine, View], state: str, said: str) -> None:
    machine, _ = fleet
    begun = time.monotonic()
    ran = machine.run(
        [on("two", "echo here", ids=["web-1", "web-gone"], timeout=300)], instances=f"web-1,web-gone:{state}"
    )
    assert time.monotonic() - begun < 300, "not by waiting"
    assert endings(ran.json) == {"two": ("failed", "dispatch_failed")}
    found = {one["instance_id"]: one for one in ran.orders["two"]["instances"]}
    assert found["web-1"]["status"] == "succeeded"
    assert (found["web-gone"]["status"], found["web-gone"]["reason"]) == ("failed", "dispatch_failed")
    assert said in json.dumps(found["web-gone"]).lower()


def test_tags_that_nobody_has_fail_the_order_with_a_sentence(fleet: tuple[Machine, View]) -> None:
    ran = fleet[0].run([on("none", ssm_targets={"tags": {"Role": ["nobody"]}})], instances=THREE)
    assert endings(ran.json) == {"none": ("failed", "dispatch_failed")}
    assert "Role" in ran.orders["none"]["log"]


def test_cancel_reaches_all_and_lets_them_clean_up(fleet: tuple[Machine, View], tmp_path: Path) -> None:
    machine, view = fleet
    mine = f"{tmp_path}/$AWS_SSM_INSTANCE_ID"
    at_work = f"trap 'touch {mine}.cleaned; exit 4' INT; touch {mine}.up; {FOREVER}"
    process = machine.begin([on("works", at_work, timeout=300), on("behind", dependencies=["works"])], instances=THREE)
    until(lambda: len(list(tmp_path.glob("*.up"))) == 3)
    machine.call("cancel", running(view)["run_id"])
    ran = finish(process)
    assert endings(ran.json) == dict.fromkeys(("works", "behind"), ("failed", "cancelled"))
    assert len(list(tmp_path.glob("*.cleaned"))) == 3
    assert {one[2] for one in instances(ran.orders["works"]).values()} == {"cancelled"}


def test_more_instances_than_one_command_takes(tmp_path: Path) -> None:
    """On a machine of its own, where they may wait for each other as long as they need."""
    machine, here = Machine(tmp_path / "machine", tick=str(TICK), **SLOW_HEARTS), tmp_path / "here"
    here.mkdir()
    names = [f"node-{n:02d}" for n in range(60)]
    with machine.aws() as aws:
        job = [on("many", f"touch {here}/$AWS_SSM_INSTANCE_ID", ids=names, timeout=600)]
        ran = machine.run(job, instances=",".join(names))
        (row,) = [one for one in View(aws.settings).orders(ran.json["run_id"]) if one.get("order_name") == "many"]
    assert endings(ran.json) == {"many": ("succeeded", None)}
    assert sorted(path.name for path in here.iterdir()) == names
    assert len(ran.orders["many"]["instances"]) == 60
    assert len(str(row["execution_id"]).split(",")) == 2


def test_retries_run_on_all_again(fleet: tuple[Machine, View], tmp_path: Path) -> None:
    mine = f"{tmp_path}/$AWS_SSM_INSTANCE_ID"
    cmds = [f"echo x >> {mine}", by_id(f"web-2) test $(wc -l < {mine}) = 2 ;;"), 'test "$WORD" = kept']
    ran = fleet[0].run([on("again", *cmds, retries=1, env_vars={"WORD": "kept"})], instances=THREE)
    assert endings(ran.json) == {"again": ("succeeded", None)}
    assert {path.name: path.read_text().count("x") for path in tmp_path.iterdir()} == {
        "web-1": 2,
        "web-2": 2,
        "web-3": 2,
    }


def test_a_killed_agent_is_noticed_and_leaves_nothing(fleet: tuple[Machine, View], tmp_path: Path) -> None:
    machine, _ = fleet
    cmd = f"echo $PPID > {tmp_path}/worker; echo $$ > {tmp_path}/shell; {FOREVER}"
    process = machine.begin([on("lost", cmd, ids=["web-1"], timeout=300)], instances=THREE)
    worker, shell = (
        int(until(lambda name=name: (tmp_path / name).exists() and (tmp_path / name).read_text()))
        for name in ("worker", "shell")
    )
    kill(worker)
    ran = finish(process)
    assert endings(ran.json) == {"lost": ("failed", "worker_lost")}
    assert not exists(shell)


def test_ssms_own_cancel_is_heard_as_a_wish_to_end(fleet: tuple[Machine, View], tmp_path: Path) -> None:
    """It kills the script without warning; the agent ends the commands in good order all the same."""
    machine, view = fleet
    at_work = f"trap 'touch {tmp_path}/cleaned; exit 4' INT; touch {tmp_path}/up; {FOREVER}"
    process = machine.begin([on("works", at_work, ids=["web-1"], timeout=300)], instances=THREE)
    until((tmp_path / "up").exists)
    row = running(view)
    command = until(lambda: view.item(f"{row['run_id']}:0001").get("execution_id"))
    view.client("ssm").cancel_command(CommandId=command)
    ran = finish(process)
    assert ran.orders["works"]["status"] == "failed"
    assert (tmp_path / "cleaned").exists()


def test_code_reaches_the_instances_with_its_modes(fleet: tuple[Machine, View], tmp_path: Path) -> None:
    folder = tmp_path / "job"
    (folder / "bin").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "bin" / "tool").write_text("#!/bin/bash\necho tool on $1\n")
    (folder / "bin" / "tool").chmod(0o755)
    os.symlink("bin/tool", folder / "link")
    machine, _ = fleet
    job = machine.job_file([on("code", './link "$AWS_SSM_INSTANCE_ID"', "test -d empty", ids=["web-1"])], folder)
    ran = finish(machine.start("run", job, "--json", "--instances", THREE))
    assert endings(ran.json) == {"code": ("succeeded", None)}, ran.err
    assert ran.orders["code"]["log"] == "tool on web-1\n"


SECRETS = {"TOKEN": secrets.token_hex(20), "PHRASE": f'p/+ä="{secrets.token_urlsafe(24)}"&%\nsecond line'}


def test_no_secret_is_anywhere_but_in_the_commands(tmp_path: Path) -> None:
    """Tables, buckets, parameters, SSM's history (also what its parameters point at), files, processes, output."""
    sought = frozenset().union(*(forms(secret) for secret in SECRETS.values()))
    machine = Machine(tmp_path, grace="1", tick="5")
    uses = 'test ${#TOKEN} = 40 && test -n "$PHRASE"; echo used'
    orders = [
        on("uses", uses, env_vars=SECRETS),
        on("fails", uses, "exit 3", env_vars=SECRETS, must_succeed=False),
        on("never", uses, env_vars=SECRETS, dependencies=["broken"]),
        on("broken", "exit 1"),
        on("waits", uses, f"touch {tmp_path}/up", "sleep 3", env_vars=SECRETS),
    ]
    with machine.aws() as aws:
        view = View(aws.settings)
        with Watch(sought) as watch:
            process = machine.begin(orders, instances=THREE)
            until((tmp_path / "up").exists)
            in_clear = [where for where, data in files(machine.state) if holds(data, sought)]
            assert not in_clear, "while it runs"
            until(lambda: not any("0005/environment" in key for key in view.keys(prefix="tmp/exec/")))
            ran = finish(process)
        assert endings(ran.json)["uses"] == ("succeeded", None), ran.err
        assert not [key for key in view.keys(prefix="tmp/exec/") if "environment" in key]
        assert not [where for where, data in stored(view) if holds(data, sought)]
        history = view.client("ssm").list_commands()["Commands"]
        assert len(history) == 4
        for command in history:
            assert not holds(json.dumps(command, default=str).encode(), sought)
        assert not watch.found
    assert not [where for where, data in files(machine.state) if holds(data, sought)]
    assert not holds(ran.out + ran.err.encode(), sought)
