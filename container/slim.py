"""Leave of botocore's data what the engine's calls need: ``slim.py BOTOCORE_DATA SERVICE…``.

botocore looks through the folders of all services before it makes a first client, 2,600 files and folders, and
reads the descriptions of a service's operations with their documentation. Without what nobody asks for a first
client takes half as long, in a function that reads its image from afar less than that, and the image is smaller.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any


def without_documentation(value: Any) -> Any:
    """Its texts are empty, since botocore wants some of them to be there. A member that is called documentation has
    a description that is no text, and stays."""
    if isinstance(value, dict):
        return {
            key: "" if key == "documentation" and isinstance(inner, str) else without_documentation(inner)
            for key, inner in value.items()
        }
    return [without_documentation(inner) for inner in value] if isinstance(value, list) else value


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")), "utf-8")


def _service(folder: Path) -> None:
    """Its descriptions as plain JSON, which is read faster than compressed; a layer is compressed anyway."""
    versions = sorted(path for path in folder.iterdir() if path.is_dir())
    for outdated in versions[:-1]:
        shutil.rmtree(outdated)
    for path in versions[-1].iterdir():
        if path.name.startswith("examples-"):
            path.unlink()
        elif path.suffix == ".gz":
            _write(path.with_suffix(""), without_documentation(json.loads(gzip.decompress(path.read_bytes()))))
            path.unlink()


def _endpoints(path: Path, services: set[str]) -> None:
    known = json.loads(path.read_text("utf-8"))
    for partition in known["partitions"]:
        partition["services"] = {
            name: endpoints for name, endpoints in partition["services"].items() if name in services
        }
    _write(path, known)


def main(data: str, *services: str) -> int:
    root = Path(data)
    absent = [name for name in services if not (root / name).is_dir()]
    if absent or not services:
        print(f"slim: botocore knows no service {', '.join(absent) or 'of none'}", file=sys.stderr)
        return 1
    names = set(services)
    for folder in [path for path in root.iterdir() if path.is_dir()]:
        if folder.name not in services:
            shutil.rmtree(folder)
            continue
        _service(folder)
        described = json.loads(next(folder.glob("*/service-2.json")).read_text("utf-8"))
        names.add(described["metadata"]["endpointPrefix"])
    _endpoints(root / "endpoints.json", names)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
