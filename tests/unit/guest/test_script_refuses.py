"""When the script can't begin: one clear line, an exit code that SSM shows, nothing left, no address told."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.guest.instance import ID, KEYS, TOOLS, Instance, finished
from unit.worker.stand import SIGNATURE, Stand


def refusal(done: subprocess.CompletedProcess[str], instance: Instance) -> str:
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert SIGNATURE not in line and done.stdout == ""
    assert list(instance.tmp.iterdir()) == []
    assert KEYS.claim not in instance.stand.objects
    return line


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "bash"])
def test_a_missing_tool_is_named(instance: Instance, tool: str) -> None:
    (instance.bin / tool).unlink()
    told = refusal(instance.run(instance.launch("true")), instance)
    assert told == f"execution-engine: there is no {tool} on this instance; install it"


def fake(path: Path, bash: Path, body: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!{bash}\n{body}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("old", [True, False])
def test_a_python_that_is_missing_or_too_old_is_named(instance: Instance, old: bool) -> None:
    (instance.bin / "python3").unlink()
    if old:
        fake(instance.bin / "python3", instance.bin / "bash", "exit 1")
    told = refusal(instance.run(instance.launch("true")), instance)
    assert told == ("execution-engine: there is no python3 of version 3.9 or later on this instance; install one")


def test_a_newer_python_beside_an_old_one_is_found(instance: Instance) -> None:
    real = (instance.bin / "python3").resolve()
    fake(instance.bin / "python3", instance.bin / "bash", "exit 1")
    (instance.bin / "python3.11").symlink_to(real)
    assert instance.run(instance.launch("true")).returncode == 0
    assert instance.result["status"] == "succeeded"


@pytest.mark.parametrize("status", ["403", "404"])
def test_an_address_that_is_dead_is_not_tried_again(instance: Instance, stand: Stand, status: str) -> None:
    stand.fault = lambda method, key: status
    told = refusal(instance.run(instance.launch("true")), instance)
    assert told == (
        f"execution-engine: the launch can't be fetched: HTTP {status}; its address has expired, or it is gone"
    )
    assert len(stand.requests) == 1


def quick(instance: Instance) -> None:
    """Pauses are not waited."""
    fake(instance.bin / "sleep", instance.bin / "bash", ":")


def test_other_bytes_are_not_run(instance: Instance, stand: Stand) -> None:
    quick(instance)
    done = instance.run(instance.launch("true"), SSM_BundleSha256="0" * 64)
    assert "it is not what was sent for (another digest)" in refusal(done, instance)
    assert len(stand.requests) == 5


def test_storage_that_stutters_is_asked_again(instance: Instance, stand: Stand) -> None:
    quick(instance)
    faults = iter(["503", "cut", "500"])
    stand.fault = lambda method, key: next(faults, None)
    done = instance.run(instance.launch("true"))
    assert done.returncode == 0 and instance.result["status"] == "succeeded"
    assert SIGNATURE not in done.stderr
    assert instance.asked().count(("GET", "launch.zip")) == 4


def test_an_agent_that_pastes_parameters_is_served_too(instance: Instance) -> None:
    environment = instance.environment(instance.launch("echo pasted"))
    text = instance.script.read_text()
    for name in ("BundleUrl", "BundleSha256"):
        value = environment.pop(f"SSM_{name}")
        place = "{{ " + name + " }}"
        assert place in text
        text = text.replace(place, value)
    instance.script.write_text(text)
    assert finished(instance.start(environment)).returncode == 0
    assert instance.log == b"pasted\n"


def void(instance: Instance) -> dict[str, object]:
    return {"format": 1, "void": True, "reason": "cancelled"}


def of_another_format(instance: Instance) -> dict[str, object]:
    return {**instance.launch("true"), "format": 2}


def for_others(instance: Instance) -> dict[str, object]:
    document = instance.launch("true")
    return {**document, "instances": {"i-other": document["instances"][ID]}}


@pytest.mark.parametrize(
    ("document", "code", "told"),
    [
        (void, 0, "the engine has ended this attempt (cancelled); nothing is run"),
        (of_another_format, 2, "launch.json has format 2, this agent reads format 1"),
        (for_others, 2, f"this launch is for other instances, not for {ID}; nothing is run"),
    ],
)
def test_a_launch_that_is_not_to_be_run(
    instance: Instance, stand: Stand, document: Callable[[Instance], dict[str, object]], code: int, told: str
) -> None:
    done = instance.run(document(instance))
    assert (done.returncode, done.stderr) == (code, told + "\n")
    assert instance.asked() == [("GET", "launch.zip")]
    assert list(instance.tmp.iterdir()) == []


def test_who_is_not_told_its_name_does_nothing(instance: Instance) -> None:
    environment = instance.environment(instance.launch("true"))
    del environment["AWS_SSM_INSTANCE_ID"]
    done = finished(instance.start(environment))
    assert "AWS_SSM_INSTANCE_ID is not set" in refusal(done, instance)


def test_a_path_and_a_home_are_there_if_ssms_agent_has_none(instance: Instance) -> None:
    environment = instance.environment(instance.launch('echo "$PATH"; [ -d "$HOME" ] && echo at home'))
    # bash makes up a PATH for itself; it is the agent that must be given none.
    without = 'python=$(command -v "$python"); unset PATH; exec "$python"'
    instance.script.write_text(instance.script.read_text().replace('exec "$python"', without))
    assert finished(instance.start(environment)).returncode == 0
    path, home = instance.log.decode().splitlines()
    assert "/usr/bin:/sbin:/bin" in path and home == "at home"
