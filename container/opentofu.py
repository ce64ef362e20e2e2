"""Install OpenTofu, if a version is named: ``opentofu.py RELEASES VERSION SHA256 FOLDER``.

Nothing is unpacked that does not have the checksum; without a checksum, nothing is fetched.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import sys
import urllib.request
import zipfile
from pathlib import Path

PLATFORMS = {"x86_64": "amd64", "aarch64": "arm64"}


def main(releases: str, version: str, checksum: str, folder: str) -> int:
    if not version:
        return 0
    if len(checksum) != 64:
        print(f"opentofu: OPENTOFU_SHA256 of the zip of {version} is missing or no SHA-256", file=sys.stderr)
        return 1
    machine = platform.machine()
    address = f"{releases}/v{version}/tofu_{version}_linux_{PLATFORMS.get(machine, machine)}.zip"
    with urllib.request.urlopen(address, timeout=120) as answer:
        content = answer.read()
    found = hashlib.sha256(content).hexdigest()
    if found != checksum.lower():
        print(f"opentofu: {address} has the checksum {found}, not {checksum}", file=sys.stderr)
        return 1
    target = Path(folder, "tofu")
    target.write_bytes(zipfile.ZipFile(io.BytesIO(content)).read("tofu"))
    os.chmod(target, 0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
