"""The agent on other Pythons: without what is newer, without site packages, on an old one if there is one."""

from __future__ import annotations

import dataclasses
import enum
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from unit.guest.instance import ID, Instance
from unit.worker.stand import Stand

from execution_engine.guest import portability
from execution_engine.targets.ssm.agent import write_launch

# Then the zip is run as it would be by such a Python.
TAKE_AWAY = """
import builtins, dataclasses, enum, runpy, sys, types, typing

given, whole_zip = dataclasses.dataclass, builtins.zip

def dataclass(cls=None, /, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False):
    return given(cls, init=init, repr=repr, eq=eq, order=order, unsafe_hash=unsafe_hash, frozen=frozen)

class zip(whole_zip):
    def __new__(cls, *them):
        return whole_zip.__new__(cls, *them)

dataclasses.dataclass, builtins.zip = dataclass, zip
del enum.StrEnum
sys.modules["typing"] = older = types.ModuleType("typing")
vars(older).update({name: value for name, value in vars(typing).items() if name != "Self"})
sys.path[:] = [one for one in sys.path if "site-packages" not in one]
assert sys.argv.pop(0) == "-c"
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize(
    "options",
    [("-I", "-c", TAKE_AWAY), ("-I", "-S"), ("-I", "-S", "-W", "error")],
    ids=["taken away", "no site", "no warning"],
)
def test_the_agent_runs(tmp_path: Path, instance: Instance, stand: Stand, options: tuple[str, ...]) -> None:
    document = instance.launch("echo works", 'echo "{}" > "$AWS_EXE_SYS_EVENTS_DIR/x.json"', "exit 7")
    launch = tmp_path / "launch.zip"
    launch.write_bytes(write_launch(document))
    done = subprocess.run(
        [str(instance.bin / "python3"), *options, str(launch)],
        env={"PATH": str(instance.bin), "AWS_SSM_INSTANCE_ID": ID, "TMPDIR": str(instance.tmp)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = instance.result
    assert (result["status"], result["exit_code"], result["events"]) == ("failed", 7, 1)
    assert instance.log == b"works\n"
    assert launch.exists()  # nobody said that it may go


def oldest() -> str | None:
    """A python3.9 that works, if the PATH has one."""
    for folder in os.get_exec_path():
        command = [f"{folder}/python3.9", "-I", "-c", "import sys; print(sys.executable)"]
        try:
            asked = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.CalledProcessError):
            continue
        return os.path.realpath(asked.stdout.strip())
    return None


def test_the_oldest_python_that_is_promised(tmp_path: Path, instance: Instance) -> None:
    python = oldest()
    if python is None:
        pytest.skip("there is no python3.9 on the PATH")
    instance.set_python(python)
    document = instance.launch("echo $TOKEN", variables={"TOKEN": "s3cr3t-value"}, secret_names=("TOKEN",))
    assert instance.run(document).returncode == 0
    assert instance.log == b"***\n"


def test_where_nothing_lacks_nothing_is_changed() -> None:
    before = enum.StrEnum, dataclasses.dataclass
    portability.supply()
    assert (enum.StrEnum, dataclasses.dataclass) == before


def test_what_lacks_is_supplied(monkeypatch: pytest.MonkeyPatch) -> None:
    given = dataclasses.dataclass

    def old(cls: Any = None, /, *, frozen: bool = False) -> Any:
        return given(cls, frozen=frozen)

    monkeypatch.delattr(enum, "StrEnum")
    monkeypatch.setattr(dataclasses, "dataclass", old)
    portability.supply()
    made = enum.StrEnum("Made", {"ONE": "one"})
    assert (f"{made.ONE}", str(made.ONE), made.ONE == "one", made("one")) == ("one", "one", True, made.ONE)

    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Point:
        x: int = 0

    assert Point(x=1) == Point(x=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Point().x = 2  # type: ignore[misc]
