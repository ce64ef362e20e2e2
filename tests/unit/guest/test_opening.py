"""Variables and code of an instance's order: what can be wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.guest.instance import ENVIRONMENT, ID, Instance
from unit.worker.stand import SIGNATURE, Stand, zipped

from execution_engine.errors import BundleUnreadable
from execution_engine.guest.courier import PlainCourier
from execution_engine.guest.launch import Launch
from execution_engine.guest.opening import GuestOpening
from execution_engine.worker.patience import Patience

CODE = zipped({"run.sh": (b"#!/bin/sh\n", 0o755)})


def opening(document: dict[str, Any]) -> tuple[GuestOpening, Launch]:
    launch = Launch.read(json.dumps(document).encode(), ID)
    patience = Patience(sleep=lambda seconds: None, share=lambda: 0.0, tries=3)
    return GuestOpening(launch, PlainCourier(), patience), launch


def variables(document: dict[str, Any]) -> dict[str, str]:
    opened_by, launch = opening(document)
    return opened_by.variables(opened_by.bundle(launch.assignment))[0]


def test_variables_come_with_what_is_to_be_masked(instance: Instance) -> None:
    found = {"TOKEN": "s3cr3t-value", "PLAIN": "x" * 70_000}
    opened_by, launch = opening(instance.launch("true", variables=found, secret_names=("TOKEN", "GONE")))
    opened = opened_by.bundle(launch.assignment)
    assert "s3cr3t" not in repr(opened)
    read, secrets = opened_by.variables(opened)
    assert read == found
    assert secrets.mask(b"s3cr3t-value") == b"***"


def test_without_variables_nothing_is_fetched(instance: Instance, stand: Stand) -> None:
    assert variables(instance.launch("true")) == {}
    assert stand.requests == []


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (b'{"A": "b", "C": "d"}', "brings 2 variables, its manifest names 1"),
        (b"[]", "no JSON object of texts"),
        (b'{"A": 1}', "no JSON object of texts"),
        (b"{", "no JSON object of texts"),
    ],
)
def test_other_variables_are_refused(instance: Instance, stand: Stand, stored: bytes, told: str) -> None:
    document = instance.launch("true", variables={"A": "b"})
    stand.objects[ENVIRONMENT] = stored
    with pytest.raises(BundleUnreadable, match=told):
        variables(document)


def test_storage_that_stutters_is_asked_again_and_a_dead_address_is_not(instance: Instance, stand: Stand) -> None:
    document = instance.launch("true", variables={"A": "b"})
    faults = iter(["503", "cut"])
    stand.fault = lambda method, key: next(faults, None)
    assert variables(document) == {"A": "b"}
    stand.requests.clear()
    stand.fault = lambda method, key: "400"
    with pytest.raises(BundleUnreadable, match=r"environment\.json: HTTP 400 ExpiredToken") as error:
        variables(document)
    assert len(stand.requests) == 1
    assert SIGNATURE not in str(error.value)


def fetch(document: dict[str, Any], folder: Path) -> Path:
    opened_by, launch = opening(document)
    assert launch.manifest.code is not None
    opened_by.code("", launch.manifest.code, folder / "code.zip", folder / "code")
    return folder / "code"


def test_code_is_unpacked(instance: Instance, tmp_path: Path) -> None:
    code = fetch(instance.launch("true", code=CODE), tmp_path)
    assert os_mode(code / "run.sh") == 0o755
    assert not (tmp_path / "code.zip").exists()


def os_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("stored", [CODE + b"x", CODE[:-1], b"x" * len(CODE)])
def test_other_code_is_refused(instance: Instance, stand: Stand, tmp_path: Path, stored: bytes) -> None:
    document = instance.launch("true", code=CODE)
    stand.objects[document["manifest"]["code"]["key"]] = stored
    with pytest.raises(BundleUnreadable, match="is not what was packed"):
        fetch(document, tmp_path)
    assert not (tmp_path / "code").exists()


def test_code_that_cant_be_had_is_told(instance: Instance, stand: Stand, tmp_path: Path) -> None:
    document = instance.launch("true", code=CODE)
    stand.fault = lambda method, key: "503"
    with pytest.raises(BundleUnreadable, match=r"the code can't be fetched: GET tmp/exec/.*HTTP 503") as error:
        fetch(document, tmp_path)
    assert SIGNATURE not in str(error.value)
    assert len(stand.requests) == 3
    with pytest.raises(BundleUnreadable, match="no address of it"):
        fetch({**document, "code": None}, tmp_path)
