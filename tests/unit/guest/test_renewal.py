"""Newer addresses for an order that outlives its first ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from unit.guest.instance import ID, KEYS, RENEWED, Instance
from unit.worker.stand import NUM, RUN, SIGNATURE, Stand, callback_urls

from execution_engine.guest.courier import PlainCourier
from execution_engine.guest.renewal import INTERVAL, Renewal
from execution_engine.worker.callbacks import Callbacks
from execution_engine.worker.patience import Patience
from execution_engine.worker.report import Reporter


def renewed(stand: Stand, **more: Any) -> bytes:
    urls = callback_urls(stand, 1, ID)
    newer = {**urls, "result": urls["result"] + "&newer"}
    return json.dumps({"at": 1.0, "instances": {ID: newer}, **more}).encode()


def renewal(stand: Stand, taken: list[Callbacks]) -> Renewal:
    return Renewal(PlainCourier(), stand.url(RENEWED), ID, taken.append)


def test_what_is_found_is_used(stand: Stand) -> None:
    stand.objects[RENEWED] = renewed(stand)
    old = Callbacks.of_entry({**callback_urls(stand, 1, ID), "result": stand.url("old")})
    reporter = Reporter(KEYS, old, PlainCourier(), None, Patience(lambda seconds: None, lambda: 0.0))
    assert Renewal(PlainCourier(), stand.url(RENEWED), ID, reporter.renew).turn() == INTERVAL
    assert reporter.result({"run_id": RUN, "order_num": NUM})
    assert KEYS.result in stand.objects and "old" not in stand.objects


def test_a_document_may_name_where_to_ask_next(stand: Stand) -> None:
    taken: list[Callbacks] = []
    stand.objects[RENEWED] = renewed(stand, renewal=stand.url("later/renewed.json"))
    stand.objects["later/renewed.json"] = renewed(stand)
    asks = renewal(stand, taken)
    asks.turn()
    asks.turn()
    assert [key for _, key in stand.requests] == [RENEWED, "later/renewed.json"]
    assert len(taken) == 2


@pytest.mark.parametrize("stored", [None, b"", b"[]", b'{"instances": {}}', b'{"instances": {"%b": {}}}' % ID.encode()])
def test_without_newer_ones_the_old_ones_stay(
    stand: Stand, stored: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if stored is not None:
        stand.objects[RENEWED] = stored
    taken: list[Callbacks] = []
    assert renewal(stand, taken).turn() == INTERVAL
    assert taken == []
    assert SIGNATURE not in "".join(capsys.readouterr())


def test_an_order_asks_while_it_runs(instance: Instance, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this very process, since no order of a test runs for ten minutes."""
    from execution_engine.guest import main
    from execution_engine.guest.launch import Launch

    stand.objects[RENEWED] = renewed(stand)
    monkeypatch.setattr(
        main, "Renewal", lambda courier, url, name, take: Renewal(courier, url, name, take, interval=0.01)
    )
    monkeypatch.setenv("TMPDIR", str(instance.tmp))
    served = instance.tmp / "served"
    stand.fault = lambda method, key: served.touch() if key == RENEWED else None  # type: ignore[func-returns-value]
    document = instance.launch(f"until [ -e {served} ]; do sleep 0.02; done; echo on")
    launch = Launch.read(json.dumps(document).encode(), ID)
    assert main.work(launch, {"PATH": str(instance.bin)}) == 0
    assert instance.log == b"on\n"
    assert ("GET", RENEWED) in stand.requests
