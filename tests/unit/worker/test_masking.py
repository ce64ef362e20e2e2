from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from execution_engine.worker.masking import Secrets
from execution_engine.worker.secret_forms import forms_of

VALUE = "p@ss/w0rd+ \"quoted\" 'ö'"
KEY = "-----BEGIN KEY-----\n" + "\n".join(f"{n:02d}" + "k/+" * 20 for n in range(8)) + "\n-----END KEY-----\n"


def masked(text: str | bytes, *values: str) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    secrets = Secrets(values)
    stream = secrets.stream()
    whole = stream.feed(data) + stream.flush()
    assert whole == secrets.mask(data)
    return whole


@pytest.mark.parametrize(
    "written",
    [
        VALUE,
        quote(VALUE),
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        json.dumps(VALUE)[1:-1],
        json.dumps(VALUE, ensure_ascii=False)[1:-1],
        VALUE.replace("'", "'\\''"),
        base64.b64encode(VALUE.encode()).decode(),
        base64.urlsafe_b64encode(VALUE.encode()).decode(),
        base64.b64encode(VALUE.encode()).decode().rstrip("="),
    ],
)
def test_the_forms_of_a_value(written: str) -> None:
    assert masked(f"a {written} b {written}", VALUE) == b"a *** b ***"


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize("after", ["", "!", "!!", "!!!"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_of_something_longer_shows_at_most_its_edges(before: str, after: str, encode: type) -> None:
    secret = "s3cr3t~~>>??value"
    encoded: bytes = encode((before + secret + after).encode())  # type: ignore[assignment]
    shown = masked(encoded, secret)
    assert b"***" in shown
    rest = shown.replace(b"***", b"")
    assert len(rest) <= len(encode(before.encode())) + len(encode(after.encode())) + 4  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [64, 76])
def test_base64_in_lines(width: int) -> None:
    encoded = base64.b64encode(KEY.encode())
    lines = b"\n".join(encoded[at : at + width] for at in range(0, len(encoded), width))
    assert set(masked(lines, KEY)) <= set(b"*\n=" + encoded[-4:])


def test_each_line_of_a_value() -> None:
    for line in KEY.splitlines():
        assert masked(f"  {line}\r\n", KEY) == b"  ***\r\n"


def test_the_longest_form_wins() -> None:
    assert masked("secret-longer secret", "secret", "secret-longer") == b"*** ***"


@pytest.mark.parametrize("value", ["", "12345", "a\nb\nc", " abc "])
def test_short_values_are_not_masked(value: str) -> None:
    assert value.encode() in masked(f"x {value} y", value)


def test_values_that_are_no_text_and_patterns_are_taken_as_they_are() -> None:
    assert masked("x.*+?[a](b) y", ".*+?[a](b)") == b"x*** y"
    assert Secrets(["\udc80broken"]).mask_text("a \udc80broken b") == "a *** b"


def test_nothing_is_held_back_that_can_be_shown() -> None:
    stream = Secrets(["abcdef-ghijkl"]).stream()
    assert stream.feed(b"hello") == b"hello"
    assert stream.feed(b" abcdef") == b" "
    assert stream.feed(b"-ghij") == b""
    assert stream.feed(b"X") == b"abcdef-ghijX"
    assert stream.feed(b"abcdef-ghijkl!") == b"***!"
    assert stream.feed(b"aaaaaaabcde") == b"aaaaaa"
    assert stream.flush() == b"abcde"
    assert stream.flush() == b""


def test_without_secrets_bytes_pass_as_they_are() -> None:
    data = bytearray(b"x")
    assert Secrets().stream().feed(bytes(data)) == b"x"
    assert not Secrets([])


def test_forms_are_told_by_nobody() -> None:
    assert repr(Secrets(["s3cr3t-value"])) == f"<Secrets: {len(forms_of(['s3cr3t-value']))} forms>"
