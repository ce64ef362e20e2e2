"""A function of the image behind Lambda's runtime interface emulator, which lies in the wheel of aws-sam-cli."""

from __future__ import annotations

import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from image.container import BUSY, ROOT, Container

ENTRYPOINT = "/usr/local/bin/execution-engine-entrypoint"
_INVOKE = "/2015-03-31/functions/function/invocations"
_MEMBERS = {"x86_64": "samcli/local/rapid/aws-lambda-rie-x86_64", "aarch64": "samcli/local/rapid/aws-lambda-rie-arm64"}
_CACHE = Path(os.environ.get("IMAGE_CACHE") or ROOT / ".cache" / "image")
_INSIDE = "/aws-lambda-rie"


def emulator() -> Path:
    """Fetched once, and unpacked: nothing of the wheel is installed."""
    binary = _CACHE / f"aws-lambda-rie-{platform.machine()}"
    if not binary.exists():
        wheels = _CACHE / "wheels"
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels)]
        subprocess.run([*download, "aws-sam-cli"], check=True, stdin=subprocess.DEVNULL, timeout=300)
        newest = max(wheels.glob("aws_sam_cli-*.whl"), key=lambda path: path.stat().st_mtime)
        with zipfile.ZipFile(newest) as wheel:
            fresh = binary.with_suffix(".new")
            fresh.write_bytes(wheel.read(_MEMBERS[platform.machine()]))
        fresh.chmod(0o755)
        fresh.rename(binary)
    return binary


class Function:
    """A context manager: the emulator answers inside it. Nothing of the handler is loaded before the first invoke."""

    def __init__(self, container: Container, handler: str, settings: Mapping[str, str], log: Path) -> None:
        self._container = container
        self._handler = handler
        self._settings = dict(settings)
        self._log = log
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._port, runtime = _free_ports(2)
        command = self._container.command(
            _INSIDE,
            *("--log-level", "warn"),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime}"),
            ENTRYPOINT,
            self._handler,
            environment=self._settings,
            mounts={emulator(): _INSIDE},
        )
        for _ in range(5):
            if self._answers_to(command):
                return self
            assert BUSY in self.log, f"the emulator does not answer: {self.log}"
        raise AssertionError(self.log)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answers_to(self, command: list[str]) -> bool:
        """Whether, once started, it does."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            if self._answers():
                return True
            time.sleep(0.05)
        self.close()
        return False

    def close(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", errors="replace")

    def invoke(self, event: object) -> Any:
        """What the handler returned, or what the runtime says of its error: the emulator tells them apart by their
        form alone."""
        return self.timed(event)[0]

    def timed(self, event: object) -> tuple[Any, float]:
        """The answer, and the milliseconds until it was there."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            begun = time.perf_counter()
            connection.request("POST", _INVOKE, json.dumps(event))
            body = connection.getresponse().read()
            took = (time.perf_counter() - begun) * 1000
        finally:
            connection.close()
        return json.loads(body) if body else None, took

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
