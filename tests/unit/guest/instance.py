"""An instance in small: the SSM document's real script, run by bash as SSM's agent runs it, beside a small S3.

On its ``PATH`` there is what the script says that it needs, and nothing else: links to bash, curl, python3 (the one
that this Python was made from), mktemp, rm, sha256sum and sleep.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from unit.worker.stand import NUM, RUN, Stand, callback_urls

from execution_engine import resources
from execution_engine.bundles.manifest import CodePointer, Manifest
from execution_engine.jobs import naming
from execution_engine.targets.ssm.agent import write_launch
from execution_engine.worker.callbacks import ReportKeys

ID = "i-0123456789abcdef0"
KEYS = ReportKeys.of(RUN, NUM, 1, ID)
ENVIRONMENT = naming.environment_key(RUN, NUM)
LAUNCH = naming.launch_key(RUN, NUM)
RENEWED = LAUNCH.replace("launch.zip", "renewed.json")
TOOLS = ("bash", "curl", "mktemp", "rm", "sha256sum", "sleep")
PATIENCE = 300.0


class Instance:
    """``python``: what ``python3`` is there. ``without``: tools that are missing."""

    def __init__(self, folder: Path, stand: Stand, python: str | None = None) -> None:
        self.stand = stand
        self.bin, self.tmp = folder / "bin", folder / "tmp"
        self.bin.mkdir()
        self.tmp.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or f"/there/is/no/{tool}")
        self.set_python(python or _system_python())
        script = resources.ssm_document()["mainSteps"][0]["inputs"]["runCommand"]
        self.script = folder / "_script.sh"
        self.script.write_text("\n".join(script))

    def set_python(self, python: str) -> None:
        (self.bin / "python3").unlink(missing_ok=True)
        (self.bin / "python3").symlink_to(python)

    def launch(
        self,
        *cmds: str,
        variables: Mapping[str, str] | None = None,
        secret_names: tuple[str, ...] = (),
        code: bytes | None = None,
        log_interval: float = 60.0,
        not_after: float = 1e11,
        pass_env: tuple[str, ...] = (),
        **settings: float,
    ) -> dict[str, Any]:
        """Put what an order needs into the stand; the document that its launch carries."""
        pointer = None
        if code is not None:
            digest = hashlib.sha256(code).hexdigest()
            pointer = CodePointer(naming.code_key(RUN, digest), digest, len(code))
            self.stand.objects[pointer.key] = code
        if variables:
            self.stand.objects[ENVIRONMENT] = json.dumps(variables).encode()
        manifest = Manifest(
            run_id=RUN,
            order_num=NUM,
            order_name="build",
            trace_id="trace",
            flow_id="me:trace-ssm",
            cmds=cmds,
            variables=len(variables or {}),
            code=pointer,
            **{"timeout": 60.0, "grace": 5.0, "heartbeat": 60.0, "control_poll": 60.0, **settings},
        )
        return {
            "format": 1,
            "run_id": RUN,
            "order_num": NUM,
            "order_name": "build",
            "attempt": 1,
            "trace_id": "trace",
            "flow_id": "me:trace-ssm",
            "not_after": not_after,
            "manifest": json.loads(manifest.to_json()),
            "secret_names": list(secret_names),
            "pass_env": list(pass_env),
            "environment": self.stand.url(ENVIRONMENT) if variables else None,
            "code": self.stand.url(pointer.key) if pointer else None,
            "renewal": self.stand.url(RENEWED),
            "log_interval": log_interval,
            "instances": {
                ID: {**callback_urls(self.stand, 1, ID), "claim_read": self.stand.url(KEYS.claim)},
                "i-other": callback_urls(self.stand, 1, "i-other"),
            },
        }

    def environment(self, document: Mapping[str, Any]) -> dict[str, str]:
        """What SSM's agent gives the script; the launch lies in the stand."""
        data = write_launch(document)
        self.stand.objects[LAUNCH] = data
        return {
            "PATH": str(self.bin),
            "TMPDIR": str(self.tmp),
            "AWS_SSM_INSTANCE_ID": ID,
            "AWS_SSM_REGION_NAME": "us-east-1",
            "SSM_BundleUrl": self.stand.url(LAUNCH),
            "SSM_BundleSha256": hashlib.sha256(data).hexdigest(),
        }

    def start(self, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.bin / "bash"), str(self.script)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, document: Mapping[str, Any], **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.start({**self.environment(document), **environment})
        return finished(process)

    @property
    def result(self) -> dict[str, Any]:
        return self.stand.json(KEYS.result)

    @property
    def log(self) -> bytes:
        """The whole of it: the chunks, or what the result holds where there are none."""
        result = self.result
        log = self.stand.log(instance=ID) if result["log_chunks"] else result["log"].encode()
        assert len(log) == result["log_bytes"]
        return log

    def asked(self) -> list[tuple[str, str]]:
        """Every request: its method, and the last part of its key."""
        return [(method, key.rpartition("/")[2]) for method, key in self.stand.requests]


def finished(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


class Heard:
    """Set when a request comes that is waited for; what is to happen then happens before it is served."""

    def __init__(self, stand: Stand, key: str, then: Callable[[], None] = lambda: None) -> None:
        self._event = threading.Event()
        before = stand.fault

        def look(method: str, asked: str) -> str | None:
            if asked == key and method != "GET":
                then()
                self._event.set()
            return before(method, asked)

        stand.fault = look

    def wait(self) -> None:
        assert self._event.wait(PATIENCE)


def is_running(pid: int) -> bool:
    try:
        return b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False


def _system_python() -> str:
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))
