"""A real run in the background, the console beside it, and a browser before it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from console.browser import Window, chromium, needed
from integration.machine import Machine, order

REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-south-1", "sa-east-1")
LOG = r"""
echo "deploying to $ORDER_ID <script>document.title='taken over'</script>"
for step in $(seq 1 600); do
  printf '\033[36m%s\033[0m step %d: \033[1;32mok\033[0m, \033[33mhealthy\033[0m\n' "$(date +%H:%M:%S)" $step
  sleep 0.2
done
"""


@dataclass(frozen=True)
class Running:
    """A job under way. ``address``: the console's."""

    address: str
    run_id: str
    trace_id: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session", autouse=True)
def there_is_a_browser() -> None:
    needed()


@pytest.fixture
def window() -> Iterator[Window]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"), grace="1")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: SCREENSHOTS keeps them."""
    return Path(os.environ.get("SCREENSHOTS") or tmp_path)


@pytest.fixture(scope="session")
def console(machine: Machine) -> Iterator[str]:
    """Its address."""
    process = machine.start("console", "--no-open", "--allow-actions")
    try:
        yield _line(process.stdout).strip()
    finally:
        end(process)


@pytest.fixture
def running(machine: Machine, console: str) -> Iterator[Running]:
    process = machine.begin(release(), flow_label="release")
    try:
        said = re.search(r"run (\S+), .* trace (\S+)", _line(process.stderr))
        assert said is not None
        yield Running(console, said[1], said[2], process)
    finally:
        end(process)


def release() -> list[dict[str, Any]]:
    """A job as people have it: some of it done soon, one order that fails and may, the rest at work for minutes."""
    deploy = [f"deploy-{region}" for region in REGIONS]
    return [
        order("checkout", "echo fetched"),
        order("lint", r"printf '\033[32m✔\033[0m 214 files\n'", dependencies=["checkout"]),
        order("unit-tests", "echo '412 passed'", dependencies=["checkout"]),
        order("audit", r"printf '\033[1;33mwarning\033[0m: 1 advisory\n'; exit 7", must_succeed=False),
        order("build", "echo built", dependencies=["lint", "unit-tests"]),
        *(order(name, LOG, dependencies=["build"], timeout=300) for name in deploy),
        order("smoke-test", "echo fine", dependencies=deploy),
        order("announce", "echo done", dependencies=["smoke-test", "audit"]),
    ]


def _line(stream: Any) -> str:
    line: bytes = stream.readline()
    assert line, "the command ended before it said anything"
    return line.decode()


def end(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is None or process.stdout.closed:
        return  # it was waited for
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
