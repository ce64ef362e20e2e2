"""Zip a folder: ``zip_folder.py FOLDER FILE``. The same files make the same zip, at any time; run bits stay."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

LONG_AGO = (1980, 1, 1, 0, 0, 0)


def main(folder: str, file: str) -> int:
    root = Path(folder)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, path.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
