"""A form with one file, as browsers send it (RFC 7578) and S3's presigned POST wants it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def encode(fields: Mapping[str, str], file: bytes) -> tuple[bytes, str]:
    """The body and its content type. The file comes last: S3 reads nothing after it.

    Names and values are the engine's own and hold neither quotes nor line breaks.
    """
    boundary = hashlib.sha256(file).hexdigest()[:32]
    while boundary.encode() in file:
        boundary = hashlib.sha256(boundary.encode()).hexdigest()[:32]
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="file"; filename="log"\r\nContent-Type: application/octet-stream'
    parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode())
    return b"".join([*parts, file, f"\r\n--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
