"""What a worker talks to, on this machine: a small S3 over HTTP, and orders packed as they really are."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from execution_engine.bundles.bundle import write_bundle
from execution_engine.bundles.manifest import CodePointer, Manifest
from execution_engine.bundles.sealing import AgeKey, Sealer, seal_bytes
from execution_engine.jobs import naming
from execution_engine.worker.assignment import Assignment

RUN = "11111111-2222-3333-4444-555555555555"
NUM = "0001"
SIGNATURE = "X-Amz-Signature=abc123signature"
KEY = AgeKey.generate()
SMALL = 64 * 1024
"""What every GET by a URL asks for, as a range."""

WHOLE = (".zip", "/environment.json", "/renewed.json")
"""Ends of the keys of which more may be asked for."""

Fault = Callable[[str, str], str | None]
"""Asked before a request is served: None, a status, ``lost`` (served, not answered), ``cut`` (neither)."""


@dataclass
class Stand:
    """Objects by key, every request by method and key, and what is to go wrong."""

    objects: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    fault: Fault = lambda method, key: None
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, key: str) -> str:
        return f"http://127.0.0.1:{self.port}/{key}?{SIGNATURE}"

    def json(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.objects[key])
        return found

    def log(self, attempt: int = 1, instance: str | None = None) -> bytes:
        prefix = naming.log_prefix(RUN, NUM, attempt, instance)
        return b"".join(self.objects[key] for key in sorted(self.objects) if key.startswith(prefix))

    def serve(self, method: str, key: str, body: bytes, if_absent: bool, whole: bool = False) -> tuple[int, bytes]:
        with self.lock:
            if method == "GET":
                if key not in self.objects:
                    return 404, b""
                return (200, self.objects[key]) if whole else (206, self.objects[key][:SMALL])
            if if_absent and key in self.objects:
                return 412, b"<Error><Code>PreconditionFailed</Code></Error>"
            self.objects[key] = body
            return (204 if method == "POST" else 200), b""


def handler_for(stand: Stand) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            key = self.path.partition("?")[0].lstrip("/")
            if self.command == "POST":
                key, body = form(self.headers["Content-Type"], body)
            with stand.lock:
                stand.requests.append((self.command, key))
            fault = stand.fault(self.command, key)
            if fault == "cut":
                self.close_connection = True
                return
            status, answer = int(fault) if fault and fault != "lost" else 0, b""
            if not status:
                whole = key.endswith(WHOLE) and "Range" not in self.headers
                assert self.command != "GET" or whole or self.headers["Range"] == f"bytes=0-{SMALL - 1}"
                if_absent = self.headers.get("If-None-Match") == "*"
                status, answer = stand.serve(self.command, key, body, if_absent, whole)
            elif status == 400:
                answer = b"<Error><Code>ExpiredToken</Code></Error>"
            if fault == "lost":
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(0 if status == 204 else len(answer)))
            self.end_headers()
            if status != 204:
                self.wfile.write(answer)

        do_GET = do_PUT = do_POST = handle_any

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def form(content_type: str, body: bytes) -> tuple[str, bytes]:
    """The key and the file of a presigned POST; its signature must have come along, before the file."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parts = list(email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts())  # type: ignore[attr-defined]
    fields = {str(part.get_param("name", header="content-disposition")): part for part in parts}
    assert list(fields)[-1] == "file"
    assert fields["x-amz-signature"].get_payload(decode=True) == b"signed"
    return fields["key"].get_payload(decode=True).decode(), fields["file"].get_payload(decode=True)


@contextmanager
def standing() -> Iterator[Stand]:
    stand = Stand()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(stand))
    server.daemon_threads = True
    server.block_on_close = False
    stand.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def callback_urls(stand: Stand, attempt: int = 1, instance: str | None = None) -> dict[str, Any]:
    place = (RUN, NUM, attempt, instance)
    prefix = naming.log_prefix(*place)
    return {
        "claim": stand.url(naming.claim_key(*place)),
        "result": stand.url(naming.result_key(*place)),
        "heartbeat": stand.url(naming.heartbeat_key(*place)),
        "events": stand.url(naming.events_key(*place)),
        "control": stand.url(naming.control_key(RUN, NUM)),
        "log": {
            "url": stand.url("").partition("?")[0],
            "fields": {"key": prefix + "${filename}", "x-amz-signature": "signed"},
            "prefix": prefix,
        },
    }


def zipped(files: dict[str, tuple[bytes, int]]) -> bytes:
    """An archive of files, each with its content and mode."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, (content, mode) in files.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = (0o100000 | mode) << 16
            archive.writestr(info, content)
    return packed.getvalue()


def packed_order(
    stand: Stand,
    *cmds: str,
    variables: dict[str, str] | None = None,
    secret_names: tuple[str, ...] = (),
    code: bytes | None = None,
    attempt: int = 1,
    callbacks: dict[str, Any] | None = None,
    **settings: float,
) -> Assignment:
    """Put an order's bundle (and code) into the stand, and say how a worker is launched for it."""
    pointer = None
    if code is not None:
        digest = hashlib.sha256(code).hexdigest()
        pointer = CodePointer(naming.code_key(RUN, digest), digest, len(code))
        stand.objects[pointer.key] = code
    variables = variables or {}
    manifest = Manifest(
        run_id=RUN,
        order_num=NUM,
        order_name="build",
        trace_id="trace",
        flow_id="me:trace-exec",
        cmds=cmds,
        variables=len(variables),
        code=pointer,
        **{"timeout": 30.0, "grace": 0.3, "heartbeat": 10.0, "control_poll": 3.0, **settings},
    )
    sealed = Sealer().seal_variables(variables, KEY.recipient) if variables else b"{}"
    entry = {str(attempt): callbacks or callback_urls(stand, attempt)}
    bundle = write_bundle(manifest, sealed, secret_names, seal_bytes(json.dumps(entry).encode(), KEY.recipient))
    key = naming.bundle_key(RUN, NUM)
    stand.objects[key] = bundle
    return Assignment(
        run_id=RUN,
        order_num=NUM,
        order_name="build",
        attempt=attempt,
        bucket="internal",
        key=key,
        sha256=hashlib.sha256(bundle).hexdigest(),
        not_after=2_000.0,
        trace_id="trace",
        flow_id="me:trace-exec",
        key_path="/engine/age-key",
    )
