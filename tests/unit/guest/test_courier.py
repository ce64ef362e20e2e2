"""The standard library's courier where it differs: proxies, authorities, redirects, whole objects."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from unit.worker.stand import SIGNATURE, Stand

from execution_engine.guest.courier import PlainCourier
from execution_engine.worker.courier import Courier, Unanswered, UrlRefused
from execution_engine.worker.pooled_courier import PooledCourier


def test_a_whole_object_comes_in_blocks(stand: Stand) -> None:
    data = bytes(range(256)) * 10_000
    stand.objects["a.zip"] = data
    blocks = list(PlainCourier().blocks(stand.url("a.zip"), "a.zip"))
    assert b"".join(blocks) == data
    assert len(blocks) == 3


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ("403", UrlRefused, "GET a.zip: HTTP 403"),
        ("503", Unanswered, "GET a.zip: HTTP 503"),
        ("404", UrlRefused, "GET a.zip: there is no such object"),
        ("cut", Unanswered, "GET a.zip: no answer (RemoteDisconnected)"),
    ],
)
def test_an_object_that_does_not_come(stand: Stand, fault: str, error: type[Exception], told: str) -> None:
    stand.fault = lambda method, key: fault
    with pytest.raises(error) as raised:
        list(PlainCourier().blocks(stand.url("a.zip"), "a.zip"))
    assert str(raised.value) == told


def test_an_object_that_is_cut_short_is_no_answer() -> None:
    def serve(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer:
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        with pytest.raises(Unanswered, match=r"GET a\.zip: (the answer was cut short|no answer \(IncompleteRead\))"):
            list(PlainCourier().blocks(f"http://127.0.0.1:{server.getsockname()[1]}/a.zip", "a.zip"))
        thread.join()


@pytest.mark.parametrize("courier", [PlainCourier(), PooledCourier()])
@pytest.mark.parametrize("status", ["301", "302", "307"])
def test_no_redirect_is_followed(stand: Stand, courier: Courier, status: str) -> None:
    stand.fault = lambda method, key: status if key == "key" else None
    for ask in (lambda: courier.get(stand.url("key"), "key"), lambda: courier.put(stand.url("key"), "key", b"x")):
        with pytest.raises(UrlRefused, match=f"HTTP {status}"):
            ask()
    assert {key for _, key in stand.requests} == {"key"}


def test_an_address_that_is_none_is_not_told() -> None:
    with pytest.raises(Unanswered) as raised:
        PlainCourier().put(f"gopher//secret?{SIGNATURE}", "the/key", b"")
    assert str(raised.value) == "PUT the/key: no answer (ValueError)"


# In a process of its own: the environment of this one says where no proxy is.
THROUGH_PROXY = """
import sys
from execution_engine.guest.courier import PlainCourier
PlainCourier().put("http://bucket.example/the/key?x=1", "the/key", b"body")
"""


def test_it_goes_through_the_proxy_that_the_environment_names(stand: Stand) -> None:
    environment = {"http_proxy": f"http://127.0.0.1:{stand.port}"}
    subprocess.run([sys.executable, "-c", THROUGH_PROXY], env=environment, check=True, timeout=60)
    assert stand.requests == [("PUT", "http://bucket.example/the/key")]


def test_a_file_of_authorities_that_is_none_is_left_out(tmp_path: Path, stand: Stand) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for path in (tmp_path / "ca.pem", tmp_path / "nothing.pem"):
        PlainCourier({"AWS_CA_BUNDLE": str(path)}).put(stand.url("key"), "key", b"x")
    assert stand.objects["key"] == b"x"
