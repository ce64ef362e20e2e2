"""The safety net under all tests holds."""

from __future__ import annotations

import os
import socket
import urllib.request

import boto3
import pytest


def is_refusal(error: BaseException) -> bool:
    return type(error).__name__ == "LeftThisMachine"


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "169.254.169.254", "2001:db8::1"])
def test_no_connection_leaves_this_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as stream, pytest.raises(BaseException, match=r"127\.0\.0\.1 only") as refused:
        stream.connect((host, 80))
    assert is_refusal(refused.value)


def test_no_name_of_another_machine_is_looked_up() -> None:
    with pytest.raises(BaseException, match=r"127\.0\.0\.1 only") as refused:
        urllib.request.urlopen("http://example.com/")
    assert is_refusal(refused.value)


def test_no_datagram_leaves_this_machine() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        pytest.raises(BaseException, match=r"127\.0\.0\.1 only") as refused,
    ):
        datagrams.sendto(b"", ("192.0.2.1", 9))
    assert is_refusal(refused.value)


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, port), timeout=5).close()


def test_no_account_of_the_caller_is_used() -> None:
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("test", "test", None)
    assert "AWS_PROFILE" not in os.environ
