from __future__ import annotations

import pytest

from execution_engine.cli.addresses import Address, AddressRefused, read_address


@pytest.mark.parametrize(
    ("url", "sign", "address"),
    [
        ("http://127.0.0.1:8080/", False, Address("http://127.0.0.1:8080")),
        ("http://localhost:8080", False, Address("http://localhost:8080")),
        ("http://jobs.localhost:8080", False, Address("http://jobs.localhost:8080")),
        (
            "http://a1.execute-api.localhost:31989",
            False,
            Address("http://a1.execute-api.localhost:31989", "eu-west-1"),
        ),
        ("https://jobs.example.com/v1/", False, Address("https://jobs.example.com/v1")),
        ("https://jobs.example.com", True, Address("https://jobs.example.com", "eu-west-1", True)),
        (
            "https://a1.execute-api.us-east-2.amazonaws.com",
            False,
            Address("https://a1.execute-api.us-east-2.amazonaws.com", "us-east-2"),
        ),
        (
            "https://a1.execute-api.cn-north-1.amazonaws.com.cn",
            True,
            Address("https://a1.execute-api.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ),
    ],
)
def test_aws_s_own_addresses_are_signed_for_where_they_are(url: str, sign: bool, address: Address) -> None:
    assert read_address(url, sign=sign, environ={"AWS_REGION": "eu-west-1"}) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "ftp://127.0.0.1",
        "https://",
        "https://host:0x",
        "https://user:secret@host",
        "https://host/?a=b",
        "https://host/#a",
        "http://[::1",
        "http://example.com",
        "http://a1.execute-api.us-east-2.amazonaws.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://evil-localhost",
    ],
)
def test_what_is_no_address_or_leaves_this_machine_in_clear_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        read_address(url, sign=False, environ={})


def test_a_signature_needs_a_region() -> None:
    with pytest.raises(AddressRefused, match="AWS_REGION"):
        read_address("https://jobs.example.com", sign=True, environ={})


def test_an_embedded_aws_needs_a_region_too() -> None:
    with pytest.raises(AddressRefused, match="a1.execute-api.localhost:1 needs a region"):
        read_address("http://a1.execute-api.localhost:1", sign=False, environ={})


def test_what_only_looks_like_aws_s_gets_no_signature() -> None:
    url = "https://a1.execute-api.us-east-2.amazonaws.com.evil.example"
    assert read_address(url, sign=False, environ={}).region is None
