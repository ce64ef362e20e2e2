"""OpenTofu is fetched when it is asked for, and taken only with its checksum."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from image.container import ROOT

VERSION = "1.10.6"


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("tofu", "#!/bin/sh\necho OpenTofu\n")
        file.writestr("LICENSE", "…")
    return content.getvalue()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "releases" / f"v{VERSION}"
    folder.mkdir(parents=True)
    for platform in ("amd64", "arm64"):
        (folder / f"tofu_{VERSION}_linux_{platform}.zip").write_bytes(archive())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "releases")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def install(*arguments: object) -> subprocess.CompletedProcess[str]:
    program = ROOT / "container" / "opentofu.py"
    command = [sys.executable, str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_is_installed_with_its_checksum(releases: str, tmp_path: Path) -> None:
    checksum = hashlib.sha256(archive()).hexdigest()
    assert install(releases, VERSION, checksum.upper(), tmp_path).returncode == 0
    assert subprocess.run([tmp_path / "tofu"], capture_output=True, check=True).stdout == b"OpenTofu\n"


def test_another_checksum_is_refused(releases: str, tmp_path: Path) -> None:
    ran = install(releases, VERSION, "0" * 64, tmp_path)
    assert ran.returncode == 1
    assert "has the checksum" in ran.stderr
    assert not (tmp_path / "tofu").exists()


@pytest.mark.parametrize("checksum", ["", "abc"])
def test_without_a_checksum_nothing_is_fetched(tmp_path: Path, checksum: str) -> None:
    ran = install("http://127.0.0.1:9", VERSION, checksum, tmp_path)
    assert ran.returncode == 1
    assert "OPENTOFU_SHA256" in ran.stderr


def test_it_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert install("http://127.0.0.1:9", "", "", tmp_path).returncode == 0
    assert not (tmp_path / "tofu").exists()
