"""Reports over real HTTP to this machine: what each answer means, and what is tried again."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs
from unit.worker.stand import NUM, RUN, SIGNATURE, Stand, callback_urls, standing

from execution_engine.errors import BundleUnreadable
from execution_engine.guest.courier import PlainCourier
from execution_engine.worker.callbacks import Callbacks, ReportKeys
from execution_engine.worker.courier import Courier, Unanswered, UrlRefused
from execution_engine.worker.patience import Patience
from execution_engine.worker.pooled_courier import PooledCourier
from execution_engine.worker.report import Fallback, Reporter

KEYS = ReportKeys.of(RUN, NUM, 1)


class Role:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.puts: list[tuple[str, bytes]] = []
        self.found: dict[str, bytes] = {}

    def put_if_absent(self, key: str, body: bytes) -> bool:
        self.put(key, body)
        return len(self.puts) == 1

    def put(self, key: str, body: bytes) -> None:
        if self.error:
            raise self.error
        self.puts.append((key, body))

    def read(self, key: str) -> bytes | None:
        """As S3 answers a role that may not list."""
        if self.error or key not in self.found:
            raise self.error or PermissionError("AccessDenied")
        return self.found[key]


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as stand:
        yield stand


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture(params=[PooledCourier, PlainCourier])
def courier(request: pytest.FixtureRequest) -> Courier:
    made: Courier = request.param()
    return made


@pytest.fixture
def reporter(stand: Stand, waits: list[float], courier: Courier) -> Callable[[Fallback | None], Reporter]:
    def make(fallback: Fallback | None = None) -> Reporter:
        callbacks = Callbacks.of_attempt(json.dumps({"1": callback_urls(stand)}).encode(), 1)
        patience = Patience(sleep=waits.append, share=lambda: 1.0, tries=4)
        return Reporter(KEYS, callbacks, courier, fallback, patience)

    return make


Make = Callable[..., Reporter]


def test_a_claim_and_a_result_are_written_once(stand: Stand, reporter: Make) -> None:
    assert reporter().claim({"a": 1})
    assert not reporter().claim({"a": 2})
    assert reporter().result({"b": 1})
    assert not reporter().result({"b": 2})
    assert (stand.json(KEYS.claim), stand.json(KEYS.result)) == ({"a": 1}, {"b": 1})


def test_heartbeats_and_events_are_written_over(stand: Stand, reporter: Make) -> None:
    for number in (1, 2):
        reporter().heartbeat({"at": number}, 5.0)
        reporter().events([{"n": number}])
    assert stand.json(KEYS.heartbeat) == {"at": 2}
    assert json.loads(stand.objects[KEYS.events]) == [{"n": 2}]


@pytest.mark.parametrize("data", [b"plain", b"\r\n--boundary\r\n\0\xff", bytes(range(256)) * 1000])
def test_a_log_chunk_arrives_as_it_is(stand: Stand, reporter: Make, data: bytes) -> None:
    reporter().log_chunk(12, data)
    assert stand.objects == {KEYS.log_prefix + "00000012": data}


def test_control_is_what_is_there(stand: Stand, reporter: Make) -> None:
    assert reporter().control(5.0) is None
    nonsense = (b"[1]", b"{", b"", b"\xff", b"[" * 100_000, b" " * 2_000_000 + b'{"action": "stop"}')
    for document, found in ((b'{"action": "stop"}', {"action": "stop"}), *((one, None) for one in nonsense)):
        stand.objects[KEYS.control] = document
        assert reporter().control(5.0) == found


@pytest.mark.parametrize("refusal", ["403", "400"])
def test_control_is_read_by_the_role_when_the_url_is_refused(stand: Stand, reporter: Make, refusal: str) -> None:
    stand.fault = lambda method, key: refusal
    with pytest.raises(UrlRefused):
        reporter().control(5.0)
    role = Role()
    one = reporter(role)
    with pytest.raises(PermissionError):
        one.control(5.0)
    role.found[KEYS.control] = b'{"action": "stop"}'
    assert one.control(5.0) == {"action": "stop"}


def test_a_control_that_is_not_there_yet_may_be_denied_and_is_asked_for_again(stand: Stand, reporter: Make) -> None:
    """A signer that may not list the bucket gets a 403 for what is missing: the URL is as good as ever."""
    stand.fault = lambda method, key: None if key in stand.objects else "403"
    one = reporter(Role())
    for _ in range(3):
        with pytest.raises(PermissionError):
            one.control(5.0)
    stand.objects[KEYS.control] = b'{"action": "stop"}'
    assert one.control(5.0) == {"action": "stop"}
    assert stand.requests == [("GET", KEYS.control)] * 4


def test_a_control_that_is_not_there_is_not_asked_for_twice(stand: Stand, reporter: Make) -> None:
    assert reporter(Role(AssertionError("the role is not asked"))).control(5.0) is None


@pytest.mark.parametrize("trouble", ["500", "503", "429", "409", "408", "cut", "lost"])
def test_what_may_pass_is_tried_again(stand: Stand, reporter: Make, waits: list[float], trouble: str) -> None:
    troubles = iter([trouble, trouble])
    stand.fault = lambda method, key: next(troubles, None)
    reporter().events([{}])
    assert stand.objects[KEYS.events] == b"[{}]"
    assert waits == [0.5, 1.0]


def test_a_lost_answer_to_a_conditional_write_is_no_second_one(stand: Stand, reporter: Make) -> None:
    troubles = iter(["lost"])
    stand.fault = lambda method, key: next(troubles, None)
    assert not reporter().result({"mine": True})
    assert stand.json(KEYS.result) == {"mine": True}


def test_trying_ends(stand: Stand, reporter: Make, waits: list[float]) -> None:
    stand.fault = lambda method, key: "503"
    with pytest.raises(Unanswered, match=rf"PUT {KEYS.result}: HTTP 503$"):
        reporter().result({})
    assert waits == [0.5, 1.0, 2.0]


def test_a_heartbeat_is_tried_once(stand: Stand, reporter: Make, waits: list[float]) -> None:
    stand.fault = lambda method, key: "503"
    with pytest.raises(Unanswered):
        reporter().heartbeat({}, 5.0)
    assert waits == []


def test_a_refused_url_is_final_without_a_role(stand: Stand, reporter: Make, waits: list[float]) -> None:
    stand.fault = lambda method, key: "400"
    with pytest.raises(UrlRefused, match=f"PUT {KEYS.result}: HTTP 400 ExpiredToken"):
        reporter().result({})
    assert waits == []


def test_a_refused_url_is_not_asked_again_when_there_is_a_role(stand: Stand, reporter: Make) -> None:
    stand.fault = lambda method, key: "403"
    role = Role()
    one = reporter(role)
    one.log_chunk(0, b"a")
    one.log_chunk(1, b"b")
    assert len(stand.requests) == 1
    assert role.puts == [(KEYS.log_prefix + "00000000", b"a"), (KEYS.log_prefix + "00000001", b"b")]


def test_the_role_is_tried_again_too(stand: Stand, reporter: Make, waits: list[float]) -> None:
    stand.fault = lambda method, key: "403"
    with pytest.raises(Unanswered, match="by the worker's role: PermissionError: not yours"):
        reporter(Role(PermissionError("not yours"))).claim({})
    assert len(waits) == 3


def test_without_urls_there_is_the_role_or_nothing(waits: list[float], courier: Courier) -> None:
    patience = Patience(sleep=waits.append, share=lambda: 1.0)
    role = Role()
    only_role = Reporter(KEYS, None, courier, role, patience)
    assert only_role.claim({})
    assert only_role.read_claim() is None
    role.found[KEYS.control] = b"{}"
    assert only_role.control(5.0) == {}
    assert role.puts == [(KEYS.claim, b"{}")]
    with pytest.raises(UrlRefused, match="no role to write by"):
        Reporter(KEYS, None, courier, None, patience).claim({})


def test_no_signature_is_ever_told(stand: Stand, reporter: Make, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    told = []
    with capture_logs() as logs:
        for fault in ("503", "403", "cut"):
            stand.fault = lambda method, key, fault=fault: fault  # type: ignore[misc]
            try:
                reporter(Role(OSError(f"GET https://bucket/key?{SIGNATURE} failed"))).claim({})
            except (Unanswered, UrlRefused) as error:
                told.append(str(error))
    assert len(told) == 3
    assert SIGNATURE not in f"{told} {logs} {caplog.text} {Callbacks.of_attempt(urls(stand), 1)!r}"


def test_nobody_there_is_no_answer(courier: Courier) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unanswered, match=r"PUT the/key: no answer \(\w+\)$"):
        courier.put(f"http://127.0.0.1:{port}/x?{SIGNATURE}", "the/key", b"")


def test_silence_is_no_answer(courier: Courier) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Unanswered, match="Timeout"):
        courier.put(f"http://127.0.0.1:{server.getsockname()[1]}/x", "the/key", b"", timeout=0.05)


def urls(stand: Stand) -> bytes:
    return json.dumps({"1": callback_urls(stand)}).encode()


@pytest.mark.parametrize(
    ("unsealed", "told"),
    [
        (b"{}", "of attempt 1 lacks '1'"),
        (b'{"1": {"log": {}}}', "lacks 'claim'"),
        (b'{"1": []}', "malformed: TypeError"),
        (b"[]", "malformed: TypeError"),
        (b"https://secret", "malformed: JSONDecodeError"),
        (b"\xff", "malformed: UnicodeDecodeError"),
    ],
)
def test_malformed_callbacks_are_named_and_not_shown(unsealed: bytes, told: str) -> None:
    with pytest.raises(BundleUnreadable, match=told) as error:
        Callbacks.of_attempt(unsealed, 1)
    assert "secret" not in str(error.value)
