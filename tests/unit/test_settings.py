from __future__ import annotations

import re

import pytest

from execution_engine.errors import SettingsError
from execution_engine.settings import Settings


def read(**environment: str) -> Settings:
    return Settings.from_environment({f"AWS_EXE_SYS_{name}": value for name, value in environment.items()})


def test_nothing_given_is_the_defaults() -> None:
    assert read() == Settings()
    assert (read().grace, read().tick, read().max_in_flight) == (30.0, 60, 100)
    assert (read().ssm_document, read().delivery_timeout) == ("", 300.0)


def test_what_is_given_is_read_in_its_kind() -> None:
    settings = read(
        ORDERS_TABLE=" orders ", GRACE="12.5", TICK="5", MAX_IN_FLIGHT="7.0", PASS_ENV="HTTPS_PROXY,,SSL_CERT_FILE"
    )
    assert (settings.orders_table, settings.grace, settings.tick, settings.max_in_flight) == ("orders", 12.5, 5, 7)
    assert isinstance(settings.max_in_flight, int)
    assert settings.pass_env == ("HTTPS_PROXY", "SSL_CERT_FILE")


def test_only_the_engines_own_names_are_read() -> None:
    environment = {"ORDERS_TABLE": "x", "aws_exe_sys_orders_table": "x", "AWS_EXE_SYS_EVENTS_DIR": "/x"}
    assert Settings.from_environment(environment) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GRACE", "soon", "must be a positive number"),
        ("GRACE", "", "must be a positive number"),
        ("GRACE", "0", "must be a positive number"),
        ("HEARTBEAT", "-1", "must be a positive number"),
        ("HEARTBEAT", "nan", "must be a positive number"),
        ("LEASE", "inf", "must be a positive number"),
        ("TICK", "1.5", "must be a positive whole number"),
        ("MAX_IN_FLIGHT", "1e400", "must be a positive whole number"),
    ],
)
def test_what_is_malformed_is_named_on_one_line(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"AWS_EXE_SYS_{name} is {value!r}; it {words}")) as error:
        read(**{name: value})
    assert "\n" not in str(error.value)


def test_the_first_that_is_missing_is_named() -> None:
    settings = read(ORDERS_TABLE="orders", LOCKS_TABLE="")
    settings.need("orders_table")
    with pytest.raises(SettingsError, match="^AWS_EXE_SYS_LOCKS_TABLE is not set; this function needs it$"):
        settings.need("orders_table", "locks_table", "done_bucket")
