"""Whole jobs whose orders run in CodeBuild, by the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from integration.killing import exists, kill, living
from integration.machine import Item, Machine, finish, order, until
from integration.view import View

from execution_engine.local.builds.settings import AT_ONCE

FOREVER = "while :; do sleep 0.1; done"
TICK = 2
HEARTBEAT = 60
SLOW_HEARTS = {"heartbeat": str(HEARTBEAT), "start_limit": "600"}
"""So that it is not by silence, nor by waiting, that anything is noticed."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, View]]:
    machine = Machine(tmp_path_factory.mktemp("built"), grace="2", tick=str(TICK), control_poll="1", **SLOW_HEARTS)
    machine.environ[AT_ONCE] = "2"
    with machine.aws() as aws:
        yield machine, View(aws.settings)


def build(name: str, *cmds: str, **fields: Any) -> Item:
    return order(name, *cmds, **{"execution_target": "codebuild", **fields})


def endings(document: Item) -> dict[str, tuple[str, str | None]]:
    return {one["order_name"]: (one["status"], one["reason"]) for one in document["orders"]}


def rows(view: View, run_id: str) -> dict[str, Item]:
    return {row["order_name"]: row for row in view.orders(run_id) if "order_name" in row}


def running(view: View) -> str:
    """The one run that goes on."""
    return str(
        until(lambda: [row for row in view.items("ORDERS_TABLE") if row.get("status") == "running"])[0]["run_id"]
    )


def once(*paths: Path) -> Item:
    """An order that is there to be waited for: builds that are started together queue in no given order."""
    return order("once", *(f"until test -e {path}; do sleep 0.05; done" for path in paths))


def pid_in(path: Path) -> int:
    return int(until(lambda: path.exists() and path.read_text()))


def test_lambda_and_codebuild_in_one_job(built: tuple[Machine, View], tmp_path: Path) -> None:
    machine, view = built
    ran = machine.run(
        [
            order("first", f"echo first >> {tmp_path}/ran"),
            build("second", f"echo second >> {tmp_path}/ran", "env; echo err >&2", dependencies=["first"]),
            order("third", f"echo third >> {tmp_path}/ran", dependencies=["second"]),
            build("fourth", "exit 7", dependencies=["second"]),
        ]
    )
    assert endings(ran.json) == dict.fromkeys(("first", "second", "third"), ("succeeded", None)) | {
        "fourth": ("failed", None)
    }
    assert ran.orders["fourth"]["exit_code"] == 7
    assert (tmp_path / "ran").read_text().split() == ["first", "second", "third"]
    shown = machine.call("logs", ran.json["run_id"], "second").out.decode()
    assert shown.endswith("err\n")
    assert not [line for line in shown.splitlines() if line.startswith(("CODEBUILD_", "AWS_ACCESS", "AWS_SESSION"))]
    row = rows(view, ran.json["run_id"])["second"]
    (found,) = view.client("codebuild").batch_get_builds(ids=[row["execution_id"]])["builds"]
    assert row["execution_url"] == found["logs"]["deepLink"]
    assert '"order_name": "second"' in Path(unquote(urlsplit(row["execution_url"]).path)).read_text()


def test_a_build_that_takes_too_long_is_ended_by_its_worker(built: tuple[Machine, View]) -> None:
    ran = built[0].run([build("long", f"trap 'echo cleaned; exit' INT; {FOREVER}", timeout=4)])
    assert endings(ran.json) == {"long": ("timed_out", None)}
    assert "cleaned" in ran.orders["long"]["log"]


def test_cancel_ends_what_runs_and_what_waits(built: tuple[Machine, View], tmp_path: Path) -> None:
    machine, view = built
    at_work = f"trap 'touch {tmp_path}/cleaned; exit 4' INT; touch {tmp_path}/up; {FOREVER}"
    process = machine.begin(
        [
            build("works", at_work, timeout=300),
            build("deaf", f"trap '' INT TERM; touch {tmp_path}/deaf; {FOREVER}", timeout=300),
            once(tmp_path / "up", tmp_path / "deaf"),
            build("waits", f"touch {tmp_path}/waits", timeout=300, dependencies=["once"]),
        ]
    )
    until((tmp_path / "up").exists)
    run_id = running(view)
    waiting = until(lambda: rows(view, run_id)["waits"].get("execution_id"))
    machine.call("cancel", run_id)
    ran = finish(process)
    assert endings(ran.json) == {
        **dict.fromkeys(("works", "deaf", "waits"), ("failed", "cancelled")),
        "once": ("succeeded", None),
    }
    assert {path.name for path in tmp_path.iterdir()} == {"up", "deaf", "cleaned"}
    codebuild = view.client("codebuild")
    ids = [row["execution_id"] for row in rows(view, run_id).values() if "execution_id" in row]
    until(lambda: all(one["buildComplete"] for one in codebuild.batch_get_builds(ids=ids)["builds"]))
    (stopped,) = codebuild.batch_get_builds(ids=[waiting])["builds"]
    assert stopped["buildStatus"] == "STOPPED"


def test_a_killed_build_is_noticed_by_its_service(built: tuple[Machine, View], tmp_path: Path) -> None:
    machine, view = built
    process = machine.begin(
        [build("lost", f"echo $PPID > {tmp_path}/worker; echo $$ > {tmp_path}/shell; {FOREVER}", timeout=300)]
    )
    shell, worker = pid_in(tmp_path / "shell"), pid_in(tmp_path / "worker")
    kill(worker)
    killed_at = time.time()
    ran = finish(process)
    assert endings(ran.json) == {"lost": ("failed", "worker_lost")}
    assert "exit status 137" in ran.orders["lost"]["log"]
    assert not exists(shell)
    (row,) = rows(view, ran.json["run_id"]).values()
    # Before the first beat of its heart is missing.
    assert float(row["ended_at"]) - killed_at < HEARTBEAT


def test_a_build_that_never_gets_its_container_is_told_why(built: tuple[Machine, View]) -> None:
    machine, view = built
    codebuild = view.client("codebuild")
    name = view.name("CODEBUILD_PROJECT")
    (project,) = codebuild.batch_get_projects(names=[name])["projects"]
    changed = {**project["environment"], "image": "registry.invalid/engine:1"}
    codebuild.update_project(name=name, environment=changed)
    try:
        ran = machine.run([build("nowhere"), order("behind", dependencies=["nowhere"])])
    finally:
        codebuild.update_project(name=name, environment=project["environment"])
    assert endings(ran.json) == {
        "nowhere": ("failed", "dispatch_failed"),
        "behind": ("failed", "dependency_failed"),
    }
    assert "PROVISIONING" in ran.orders["nowhere"]["log"]
    assert "Unable to pull customer's container image" in ran.orders["nowhere"]["log"]


def test_a_build_that_waited_when_the_embedded_aws_stopped_is_given_up_at_once(tmp_path: Path) -> None:
    """``run`` is killed, and nobody else uses it; the next command finds both builds ended."""
    machine = Machine(tmp_path, grace="1", tick="2", control_poll="1", **SLOW_HEARTS)
    machine.environ[AT_ONCE] = "1"
    process = machine.begin(
        [
            build("works", f"touch {tmp_path}/up; {FOREVER}", timeout=300),
            once(tmp_path / "up"),
            build("waits", f"touch {tmp_path}/waits", dependencies=["once"]),
        ]
    )
    until((tmp_path / "up").exists)
    with machine.aws() as aws:
        view = View(aws.settings)
        run_id = running(view)
        until(lambda: rows(view, run_id)["waits"].get("execution_id"))
        process.kill()
        process.communicate()
    assert not living(machine.state)
    waited = machine.call("wait", run_id, "--json")
    assert endings(waited.json) == {
        "once": ("succeeded", None),
        "works": ("failed", "worker_lost"),
        "waits": ("failed", "dispatch_failed"),
    }
    assert "the embedded AWS was stopped" in waited.orders["waits"]["log"]
    assert not (tmp_path / "waits").exists()
