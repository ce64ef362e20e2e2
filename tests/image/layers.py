"""The image's layers as a registry would keep them: their files, and their compressed sizes."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image.container import BASE, IMAGE, buildah


@dataclass(frozen=True, slots=True)
class Layer:
    """``size``: bytes, compressed by gzip. ``ours``: whether it lies above the base's."""

    path: Path
    size: int
    ours: bool

    def members(self) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
        """Everything in it, with the content of what is a file."""
        with tarfile.open(self.path) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                yield member, file.read() if file else b""


def layers(folder: Path, image: str = IMAGE) -> list[Layer]:
    """Written below ``folder``, from the lowest to the highest."""
    base = os.environ.get("BASE_IMAGE") or BASE
    shutil.rmtree(folder, ignore_errors=True)
    buildah("push", "--quiet", image, f"oci:{folder}:image")
    index = _read(folder / "index.json")
    manifest = _read(_blob(folder, index["manifests"][0]["digest"]))
    lower = len(json.loads(buildah("inspect", "--type", "image", base))["OCIv1"]["rootfs"]["diff_ids"])
    return [
        Layer(_blob(folder, layer["digest"]), layer["size"], place >= lower)
        for place, layer in enumerate(manifest["layers"])
    ]


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


def _blob(folder: Path, digest: str) -> Path:
    return folder / "blobs" / digest.replace(":", "/")
