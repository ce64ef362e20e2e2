"""``launch.json``, read by one of its instances."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from unit.guest.instance import ID, KEYS, Instance
from unit.worker.stand import NUM, RUN, SIGNATURE

from execution_engine.guest.launch import Launch, LaunchUnusable, LaunchVoid


def read(document: Any) -> Launch:
    return Launch.read(json.dumps(document).encode(), ID)


def test_it_is_read_for_one_of_its_instances(instance: Instance) -> None:
    document = instance.launch("true", secret_names=("A",), pass_env=("B",), variables={"A": "b"}, code=b"zip")
    launch = read(document)
    assert (launch.assignment.run_id, launch.assignment.order_num) == (RUN, NUM)
    assert (launch.assignment.attempt, launch.assignment.instance) == (1, ID)
    assert launch.manifest.cmds == ("true",)
    assert (launch.secret_names, launch.pass_on, launch.log_interval) == (("A",), ("B",), 60.0)
    assert KEYS.claim in launch.callbacks.claim
    assert launch.callbacks.claim_read == document["instances"][ID]["claim_read"]
    assert (launch.environment, launch.code) == (document["environment"], document["code"])


def test_no_address_is_shown(instance: Instance) -> None:
    assert SIGNATURE not in repr(read(instance.launch("true", variables={"A": "b"}, code=b"zip")))


def test_a_void_one_says_so() -> None:
    with pytest.raises(LaunchVoid, match="cancelled"):
        read({"format": 1, "void": True, "reason": "cancelled"})


Damage = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda document: document.pop("manifest"), "lacks 'manifest'"),
        (lambda document: document["instances"][ID].pop("result"), "lacks 'result'"),
        (lambda document: document["instances"].update({ID: []}), "malformed: TypeError"),
        (lambda document: document.update(attempt="https://secret"), "malformed: ValueError"),
        (lambda document: document["manifest"].update(timeout=-1), "timeout is not"),
        (lambda document: document.update(format=3), "has format 3"),
        (lambda document: document["instances"].pop(ID), f"not for {ID}"),
    ],
)
def test_what_is_malformed_is_named_and_not_shown(instance: Instance, damage: Damage, told: str) -> None:
    document = instance.launch("true")
    damage(document)
    with pytest.raises(LaunchUnusable, match=told) as error:
        read(document)
    assert "secret" not in str(error.value) and SIGNATURE not in str(error.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"null"])
def test_what_is_no_launch_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(LaunchUnusable, match=r"launch\.json"):
        Launch.read(data, ID)
