"""One machine as its user has it: the command line in processes of its own, and plain boto3 beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from execution_engine.cli.local_machine import tunings
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import connect

COMMAND = Path(sys.executable).parent / "execution-engine"
PREFIX = "AWS_EXE_SYS_"
_NO_CODE = "no-code"

PATIENCE = 300.0
"""Seconds: what does not come to pass by then never will, however busy the machine is."""

Item = dict[str, Any]


@dataclass(frozen=True)
class Ran:
    """How a command ended. ``out`` as bytes, since a log may be anything."""

    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def orders(self) -> dict[str, Item]:
        return {order["order_name"]: order for order in self.json["orders"]}


class Machine:
    """A state folder and the commands over it. ``settings`` are the engine's, without their prefix."""

    def __init__(self, root: Path, **settings: str) -> None:
        self.root = root
        self.state = root / "state"
        self.environ = {
            **os.environ,
            "XDG_STATE_HOME": str(root / "not-used"),
            **{PREFIX + name.upper(): value for name, value in settings.items()},
        }
        (root / _NO_CODE).mkdir(parents=True)

    def start(self, *arguments: object, named: bool = True, **options: Any) -> subprocess.Popen[bytes]:
        """``named``: the state folder is named behind the arguments."""
        return subprocess.Popen(
            [str(COMMAND), *map(str, arguments), *(["--state", str(self.state)] if named else [])],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.root,
            **options,
        )

    def call(self, *arguments: object) -> Ran:
        return finish(self.start(*arguments))

    def job_file(self, orders: list[Item], folder: Path | None = None, **fields: Any) -> Path:
        """The job as a file in a folder of its own (or ``folder``); JSON is YAML as well."""
        folder = folder or self.root / f"job-{len(list(self.root.glob('job-*')))}"
        folder.mkdir(exist_ok=True)
        path = folder / "job.yaml"
        path.write_text(json.dumps({"username": "ann", "orders": orders, **fields}))
        return path

    def begin(self, orders: list[Item], instances: str = "", **fields: Any) -> subprocess.Popen[bytes]:
        """``run --json`` of a job that has no code. ``instances``: simulated ones, as the option takes them."""
        options = ["--instances", instances] if instances else []
        return self.start("run", self.job_file(orders, **fields), "--code", self.root / _NO_CODE, "--json", *options)

    def run(self, orders: list[Item], **fields: Any) -> Ran:
        return finish(self.begin(orders, **fields))

    def aws(self) -> EmbeddedAws:
        """To be entered: what the commands share as long as this process uses it, too."""
        return EmbeddedAws(
            StateFolder(self.state), environ=self.environ, connect=connect, tunings=tunings(self.environ)
        )


def finish(process: subprocess.Popen[bytes], seconds: float = PATIENCE) -> Ran:
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.terminate()
        raise
    return Ran(process.returncode, out, err.decode("utf-8", "replace"))


def order(name: str, *cmds: str, **fields: Any) -> Item:
    return {"order_name": name, "cmds": list(cmds) or ["true"], "timeout": 120, "execution_target": "lambda", **fields}


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.1)
    return found
