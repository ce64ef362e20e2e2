"""Where a secret could have got to: what is stored, what lies in files, what processes show."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import threading
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from integration.view import View

_COMMANDS_OWN = b"AWS_EXE_SYS_EVENTS_DIR="
"""In the environment of an order's command and of no process of the engine."""


def forms(secret: str) -> set[bytes]:
    """As it is, in base64 (from each of the three places in which it can begin), hex, URL and JSON form."""
    data = secret.encode()
    found = {data, data.hex().encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data)
        # Without the characters that the neighbours' bits go into.
        inner = encoded[4 if shift else 0 : -4]
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    assert all(len(form) > 12 for form in found)
    return found


def holds(data: bytes, sought: Iterable[bytes]) -> bool:
    """Also in the members of archives, and in what is compressed."""
    if any(form in data for form in sought):
        return True
    if data[:2] == b"PK":
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(holds(archive.read(name), sought) for name in archive.namelist())
    if data[:2] == b"\x1f\x8b":
        with contextlib.suppress(OSError, EOFError):
            return holds(gzip.decompress(data), sought)
    return False


def stored(view: View) -> Iterator[tuple[str, bytes]]:
    """Everything that the AWS of the run shows to its owner, with its place."""
    for table in ("ORDERS_TABLE", "ORDER_EVENTS_TABLE", "LOCKS_TABLE"):
        for item in view.items(table):
            yield f"{table} {item.get('pk') or item['sk']}", _written(item)
    for bucket in ("INTERNAL_BUCKET", "DONE_BUCKET"):
        for key in view.keys(bucket):
            yield key, view.read(key, bucket)
    for name, value in view.parameters().items():
        yield name, value.encode()
    for watchdog in view.watchdogs():
        yield f"watchdog {watchdog['name']}", _written(view.execution(watchdog["executionArn"]))
    logs, functions = view.client("logs"), view.client("lambda")
    for group in logs.describe_log_groups()["logGroups"]:
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
            names = {"logGroupName": group["logGroupName"], "logStreamName": stream["logStreamName"]}
            yield f"log {names}", _written(logs.get_log_events(**names, startFromHead=True))
    for function in functions.list_functions()["Functions"]:
        yield f"function {function['FunctionName']}", _written(function)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with contextlib.suppress(FileNotFoundError):
                yield str(path), path.read_bytes()


class Watch(threading.Thread):
    """Looks, as often as it can, at the command lines and environments of all processes, but for the
    environments of orders' commands: those see what they are to see."""

    def __init__(self, sought: Iterable[bytes]) -> None:
        super().__init__(daemon=True)
        self._sought = frozenset(sought)
        self._over = threading.Event()
        self.programs: set[str] = set()
        self.found: set[str] = set()

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.02):
            for folder in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    self._look(folder)

    def _look(self, folder: Path) -> None:
        line, environment = ((folder / name).read_bytes() for name in ("cmdline", "environ"))
        self.programs.add(line.partition(b"\0")[0].decode("utf-8", "replace").rpartition("/")[2])
        if holds(line, self._sought):
            self.found.add(f"command line of {line[:80]!r}")
        if _COMMANDS_OWN not in environment and holds(environment, self._sought):
            self.found.add(f"environment of {line[:80]!r}")


def _written(value: Any) -> bytes:
    return json.dumps(value, default=_plain, ensure_ascii=False).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, set) else str(value)
