"""Callback URLs: one purpose each, and none that could replace a claim or a result (law 7)."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from unit.intake.stand import BUCKET, RUN_ID, signer

from execution_engine.jobs.naming import claim_key, control_key, events_key, heartbeat_key, log_prefix, result_key
from execution_engine.storage.addresses import LOG_CHUNK_LIMIT, CallbackAddresses


@pytest.fixture(scope="module")
def addresses() -> dict[str, dict[str, Any]]:
    return CallbackAddresses(signer(), BUCKET).of_order(RUN_ID, "0007", 2, 900)


def test_an_instance_reports_for_itself_and_listens_with_its_order() -> None:
    ids = (RUN_ID, "0007", 2, "web-1")
    own = CallbackAddresses(signer(), BUCKET).of_instance(*ids, 900)
    keys = {
        "claim": claim_key(*ids),
        "claim_read": claim_key(*ids),
        "result": result_key(*ids),
        "heartbeat": heartbeat_key(*ids),
        "events": events_key(*ids),
        "control": control_key(RUN_ID, "0007"),
    }
    assert own.keys() == keys.keys() | {"log"}
    assert {name: urlsplit(own[name]).path for name in keys} == {name: f"/{BUCKET}/{key}" for name, key in keys.items()}
    assert own["log"]["prefix"] == log_prefix(*ids)
    signed = {name: query(own[name])["X-Amz-SignedHeaders"].split(";") for name in keys}
    assert [name for name in keys if "if-none-match" in signed[name]] == ["claim", "result"]


def test_an_object_is_read_for_as_long_as_asked() -> None:
    url = CallbackAddresses(signer(), BUCKET).of_object("tmp/exec/x.zip", 77)
    assert (urlsplit(url).path, query(url)["X-Amz-Expires"]) == (f"/{BUCKET}/tmp/exec/x.zip", "77")


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_leads_to_its_own_object_for_as_long_as_asked(addresses: dict[str, Any], attempt: int) -> None:
    ids = (RUN_ID, "0007", attempt)
    keys = {
        "claim": claim_key(*ids),
        "result": result_key(*ids),
        "heartbeat": heartbeat_key(*ids),
        "events": events_key(*ids),
        "control": control_key(RUN_ID, "0007"),
    }
    own = addresses[str(attempt)]
    assert own.keys() == keys.keys() | {"log"}
    for name, key in keys.items():
        assert urlsplit(own[name]).path == f"/{BUCKET}/{key}"
        assert (query(own[name])["X-Amz-Algorithm"], query(own[name])["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "900")


@pytest.mark.parametrize(
    ("name", "signed"),
    [("claim", True), ("result", True), ("heartbeat", False), ("events", False), ("control", False)],
)
def test_claims_and_results_are_signed_to_replace_nothing(addresses: dict[str, Any], name: str, signed: bool) -> None:
    headers = query(addresses["1"][name])["X-Amz-SignedHeaders"].split(";")
    assert ("if-none-match" in headers) is signed


def test_logs_go_below_their_attempts_prefix_and_are_bounded(addresses: dict[str, Any]) -> None:
    log = addresses["2"]["log"]
    prefix = log_prefix(RUN_ID, "0007", 2)
    assert log["prefix"] == prefix
    conditions = json.loads(base64.b64decode(log["fields"]["policy"]))["conditions"]
    assert ["starts-with", "$key", prefix] in conditions
    assert ["content-length-range", 0, LOG_CHUNK_LIMIT] in conditions
    assert {"bucket": BUCKET} in conditions
