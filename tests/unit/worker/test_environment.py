from __future__ import annotations

from pathlib import Path

from execution_engine.worker.environment import OrderNames, environment_of

NAMES = OrderNames(trace_id="t", run_id="r", order_name="build", order_num="0001", flow_id="me:t-exec")
OWN = {
    "TRACE_ID": "t",
    "RUN_ID": "r",
    "ORDER_ID": "build",
    "ORDER_NUM": "0001",
    "FLOW_ID": "me:t-exec",
    "AWS_EXE_SYS_EVENTS_DIR": "/events",
}
HOST = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "LANG": "C",
    "TMPDIR": "/tmp",
    "LD_PRELOAD": "x",
    "BASH_ENV": "x",
    "HTTPS_PROXY": "http://proxy",
    "AWS_ACCESS_KEY_ID": "worker",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/worker",
    "AWS_EXE_SYS_INTERNAL_BUCKET": "bucket",
    "SOPS_AGE_KEY": "key",
}
FOUR = {name: HOST[name] for name in ("PATH", "HOME", "LANG", "TMPDIR")}


def test_it_is_exactly_what_the_contract_says() -> None:
    assert environment_of(NAMES, {"A": "1"}, Path("/events"), HOST) == {**FOUR, "A": "1", **OWN}


def test_what_the_host_lacks_is_not_made_up() -> None:
    assert environment_of(NAMES, {}, Path("/events"), {}) == OWN


def test_more_of_the_host_only_by_name() -> None:
    found = environment_of(NAMES, {}, Path("/events"), HOST, ("HTTPS_PROXY", "NO_PROXY"))
    assert found == {**FOUR, "HTTPS_PROXY": "http://proxy", **OWN}


def test_the_engines_names_and_the_hosts_path_can_not_be_taken() -> None:
    variables = dict.fromkeys((*OWN, "PATH", "HOME", "AWS_ACCESS_KEY_ID"), "caller")
    found = environment_of(NAMES, variables, Path("/events"), HOST)
    assert found == {**FOUR, "HOME": "caller", "AWS_ACCESS_KEY_ID": "caller", **OWN}
