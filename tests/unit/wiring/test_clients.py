"""One client a service, made of what was handed in and of nothing else that this process may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from execution_engine.wiring.clients import Clients
from execution_engine.wiring.services import Services

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAHANDED", "AWS_SECRET_ACCESS_KEY": "handed", "AWS_REGION": "eu-west-1"}
HERE = "http://127.0.0.1:4566"
SETTINGS = {"AWS_EXE_SYS_ORDERS_TABLE": "o"}


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the process itself has, and nobody handed in."""
    config = tmp_path / "config"
    config.write_text("[default]\nregion = us-west-2\nendpoint_url = http://127.0.0.1:7\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAOWN",
        "AWS_SECRET_ACCESS_KEY": "own",
        "AWS_SESSION_TOKEN": "own",
        "AWS_REGION": "us-west-1",
        "AWS_DEFAULT_REGION": "us-west-1",
        "AWS_PROFILE": "nobodys",
        "AWS_CONFIG_FILE": str(config),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:8",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("service", ["s3", "ssm", "lambda", "stepfunctions"])
def test_keys_region_and_endpoint_are_those_handed_in(service: str) -> None:
    client = Clients(KEYS)(service)
    credentials = client._get_credentials()
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("AKIAHANDED", "handed", None)
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.endpoint_url.endswith("eu-west-1.amazonaws.com")


@pytest.mark.parametrize("environment", [KEYS, {**KEYS, "AWS_SESSION_TOKEN": "handed"}])
def test_tables_are_reached_with_what_was_handed_in(environment: dict[str, str]) -> None:
    client = Services({**environment, **SETTINGS}).database._connection.client
    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.token) == ("AKIAHANDED", environment.get("AWS_SESSION_TOKEN"))
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.endpoint_url == "https://dynamodb.eu-west-1.amazonaws.com"


def test_an_endpoint_that_is_handed_in_is_used_and_a_services_own_before_it() -> None:
    environment = {**KEYS, "AWS_ENDPOINT_URL": HERE, "AWS_ENDPOINT_URL_SSM": f"{HERE}1"}
    clients = Clients(environment)
    assert clients("s3").meta.endpoint_url == HERE
    assert clients("ssm").meta.endpoint_url == f"{HERE}1"
    assert Services({**environment, **SETTINGS}).database._connection.client.meta.endpoint_url == HERE


def test_there_is_one_client_a_service() -> None:
    clients = Clients(KEYS)
    assert clients("s3") is clients("s3")
    assert clients("lambda", once=True) is clients("lambda", once=True)
    assert clients("lambda", once=True) is not clients("lambda")
    assert Clients(KEYS)("s3") is not clients("s3")


def test_who_must_not_ask_twice_asks_once_and_waits() -> None:
    clients = Clients(KEYS)
    assert clients("lambda", once=True).meta.config.retries["total_max_attempts"] == 1
    assert clients("lambda").meta.config.retries["total_max_attempts"] > 1
    assert clients("lambda", once=True).meta.config.read_timeout > 300


def test_what_nobody_may_wait_for_soon_gives_up() -> None:
    config = Clients(KEYS)("events", brief=True).meta.config
    longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    assert longest <= 15, "a pass over a run must not lose its lock for it"


def test_urls_are_presigned_with_sigv4_and_reachable_here() -> None:
    url = Clients({**KEYS, "AWS_ENDPOINT_URL": HERE})("s3").generate_presigned_url(
        "put_object", Params={"Bucket": "b", "Key": "k", "IfNoneMatch": "*"}
    )
    assert url.startswith(f"{HERE}/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert "if-none-match" in url


def test_an_environment_that_says_nothing_is_in_us_east_1() -> None:
    assert Clients({}).region == "us-east-1"
    assert Clients({"AWS_DEFAULT_REGION": "eu-central-1"}).region == "eu-central-1"
