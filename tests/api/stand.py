"""`serve` over a machine that takes jobs and never runs one, and schemathesis before it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import connect

TESTS = Path(__file__).resolve().parents[1]
CONFIGURATION = TESTS / "api" / "schemathesis.toml"
COMMANDS = Path(sys.executable).parent


@contextmanager
def serving(state: Path, environ: dict[str, str] | None = None) -> Iterator[str]:
    """``execution-engine serve`` as a process of its own; its address. It must end cleanly when interrupted."""
    with (state.parent / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [str(COMMANDS / "execution-engine"), "serve", "--state", str(state)],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert url.startswith("http://127.0.0.1:"), url
        yield url
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def at_rest(state: Path) -> Iterator[None]:
    """This machine's AWS, with an engine that never begins a run; whoever joins it finds it so."""
    aws = EmbeddedAws(
        StateFolder(state),
        environ=os.environ,
        connect=connect,
        handlers={"orchestrator": "api.at_rest.handler", "watchdog_check": "api.at_rest.check"},
        extra_environment={"PYTHONPATH": os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))},
        grace=1,
    )
    with aws:
        yield


@dataclass(frozen=True)
class Fuzzed:
    """``cases``: requests that were made. ``told``: all that schemathesis said."""

    code: int
    cases: int
    told: str


def fuzz(url: str, folder: Path, *, examples: int, known: dict[str, str] | None = None, **options: str) -> Fuzzed:
    """``known``: what the places of paths hold, instead of anything. ``options``: schemathesis' own."""
    configuration = CONFIGURATION.read_text("utf-8")
    if known:
        configuration += "\n[parameters]\n" + "".join(f'"{name}" = "{value}"\n' for name, value in known.items())
    (folder / "schemathesis.toml").write_text(configuration)
    report = folder / "report.ndjson"
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    process = subprocess.run(
        [
            *(str(COMMANDS / "schemathesis"), "--config-file", str(folder / "schemathesis.toml")),
            *("run", f"{url}/openapi.json", f"--max-examples={examples}", "--no-color"),
            *("--report=ndjson", f"--report-ndjson-path={report}", *arguments),
        ],
        env={**os.environ, "PYTHONPATH": ""},
        cwd=folder,
        capture_output=True,
        timeout=3_000,
        check=False,
    )
    told = (process.stdout + process.stderr).decode("utf-8", "replace")
    found = re.search(r"([\d,]+) generated", told)
    return Fuzzed(process.returncode, int(found[1].replace(",", "")) if found else 0, told)
