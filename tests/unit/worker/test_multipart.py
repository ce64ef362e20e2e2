"""A form that a browser could have sent."""

from __future__ import annotations

import email
import email.policy
import hashlib

import pytest

from execution_engine.worker.multipart import encode


def fields(body: bytes, content_type: str) -> dict[str, bytes]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts()  # type: ignore[attr-defined]
    return {str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True) for part in parts}


@pytest.mark.parametrize("file", [b"", b"log", b"\r\n--\r\n", bytes(range(256))])
def test_all_that_goes_in_comes_out(file: bytes) -> None:
    found = fields(*encode({"policy": "abc=", "key": "a/b"}, file))
    assert found == {"policy": b"abc=", "key": b"a/b", "file": file}
    assert list(found)[-1] == "file"


def test_the_boundary_is_in_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    first = hashlib.sha256(b"").hexdigest()[:32]

    class Digest:
        """Says of this file what it says of an empty one, and the truth of everything else."""

        def __new__(cls, data: bytes) -> object:
            return given(b"" if data == file else data)  # type: ignore[return-value]

    given, file = hashlib.sha256, b"\r\n--" + first.encode()
    monkeypatch.setattr(hashlib, "sha256", Digest)
    body, content_type = encode({}, file)
    assert first not in content_type
    assert fields(body, content_type)["file"] == file
