from __future__ import annotations

from pathlib import Path

from execution_engine.local.environment import child_environment, host_of, no_proxy, passed_on, service_settings
from execution_engine.local.state_folder import StateFolder

FOLDER = StateFolder(Path("/state"))


def test_only_network_and_package_settings_are_passed_on() -> None:
    environ = {
        "https_proxy": "http://proxy:1",
        "SSL_CERT_FILE": "/ca.pem",
        "PIP_INDEX_URL": "https://index",
        "npm_config_registry": "https://registry",
        "AWS_PROFILE": "mine",
        "SECRET": "x",
        "PATH": "/bin",
    }
    assert passed_on(environ) == ["PIP_INDEX_URL", "SSL_CERT_FILE", "https_proxy", "npm_config_registry"]


def test_the_child_sees_nothing_of_the_users_own_aws_or_secrets() -> None:
    environ = {
        "AWS_ACCESS_KEY_ID": "mine",
        "AWS_PROFILE": "mine",
        "TOKEN": "x",
        "PATH": "/bin",
        "HOME": "/me",
    }
    assert child_environment(environ, FOLDER, "/venv/bin/python") == {
        "PATH": "/venv/bin:/bin",
        "HOME": "/me",
        "LANG": "C.UTF-8",
        "TMPDIR": "/state/tmp",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def test_this_machine_is_added_to_what_goes_through_no_proxy() -> None:
    assert no_proxy({"no_proxy": "intranet"})["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_ministack_is_bound_to_this_machine_and_checks_who_asks() -> None:
    settings = service_settings(FOLDER, "us-east-1", "AKIA", "secret")
    assert settings["BIND_HOST"] == "127.0.0.1"
    assert settings["AUTH"] == "true"
    assert settings["STATE_DIR"].startswith("/state/")
    assert settings["S3_DATA_DIR"].startswith("/state/")


def test_what_it_starts_gets_the_host_without_what_is_ministacks_own() -> None:
    host = {"PATH": "/bin", "PYTHONPATH": "/code"}
    own = service_settings(FOLDER, "us-east-1", "AKIA", "secret")
    assert host_of({**host, **own, "GATEWAY_PORT": "1"}, FOLDER) == host
