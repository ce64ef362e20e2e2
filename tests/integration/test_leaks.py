"""A hunt for credentials over a whole run: code by token and by key, both stores, all value forms, a target account's
session, everything logged at debug level. They are in the bundles, sealed, and in the commands. They are nowhere else.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from benchmarks.counting_proxy import CountingProxy
from fakes import ssh_server
from fakes.git_places import TOKEN, git_places
from integration.hunt import Watch, files, forms, holds, stored
from integration.machine import Machine, Ran, finish, order, until
from integration.view import View

from execution_engine.cli.local_machine import tunings
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import connect

pytestmark = pytest.mark.skipif(ssh_server.missing() is not None, reason=ssh_server.missing() or "")

INNER = secrets.token_urlsafe(24)
VALUES = {
    "plain": secrets.token_hex(20),
    "phrase": f'p/+ä="{secrets.token_urlsafe(24)}"&%\nsecond line of {secrets.token_hex(8)}',
    "based": secrets.token_urlsafe(30),
    "key": secrets.token_urlsafe(40),
}
GIVEN = {
    "ssm": {
        "/hunt/token": TOKEN,
        "/hunt/plain": VALUES["plain"],
        "/hunt/object": {"PHRASE": VALUES["phrase"], "DOCUMENT": json.dumps({"a": [{"b": INNER}]})},
    },
    "secretsmanager": {
        "hunt/based": base64.b64encode(json.dumps({"BASED": VALUES["based"]}).encode()).decode(),
        "hunt/account": {"AWS_ACCESS_KEY_ID": "AKIATARGETOFTHEHUNT1", "AWS_SECRET_ACCESS_KEY": VALUES["key"]},
    },
}
PATHS = {
    "ssm_paths": ["/hunt/plain", "/hunt/object"],
    "secret_manager_paths": ["hunt/based", "hunt/account"],
}
SHOWN = """
printf '%s\\n' "$PLAIN" "$PHRASE" "$DOCUMENT" "$BASED" "$AWS_SECRET_ACCESS_KEY"
printf %s "$BASED" | base64 -w0; echo
python3 -c "import json, os; print(json.loads(os.environ['DOCUMENT'])['a'][0]['b'])"
for part in 1 2 3; do printf %s "$PLAIN" | cut -c$((part * 14 - 13))-$((part * 14)) | tr -d '\\n'; sleep 0.2; done; echo
printf '{"said": "%s"}' "$PLAIN" > $AWS_EXE_SYS_EVENTS_DIR/said.json
"""


OF_ONE_SERVICE = ("AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_CODEBUILD")
"""The embedded AWS sets these for its functions, unless they have their own."""

OF_GIT = re.compile(r"environment of b'((/[^ \\]+/)?git|/bin/sh\\x00[^ ]+/askpass)")


class Recording(CountingProxy):
    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str, bytes]] = []

    def hear(self, name: str, path: str, body: bytes) -> None:
        self.requests.append((name, path, body))


@dataclass
class Hunted:
    ran: list[Ran]
    watch: Watch
    sought: frozenset[bytes]
    age_keys: set[str]
    requests: list[tuple[str, str, bytes]]
    in_aws: dict[str, bytes]
    in_files: list[tuple[str, bytes]]
    left: set[str]


@pytest.fixture(scope="module")
def hunted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hunted]:
    with git_places(tmp_path_factory.mktemp("git")) as places, Recording() as proxy:
        assert places.ssh is not None
        settings = {"log_level": "debug", "log_interval": "0.1", **places.settings}
        machine = Machine(tmp_path_factory.mktemp("hunt"), grace="1", tick="5", **settings)
        machine.environ["GIT_SSL_CAINFO"] = str(places.https.authority)
        temporary = machine.root / "temporary"
        temporary.mkdir()
        machine.environ["TMPDIR"] = str(temporary)  # other tests use everybody's
        given = tmp_path_factory.mktemp("given") / "credentials.json"
        ssh = {"hunt/ssh": {"private_key": places.ssh.key}}
        given.write_text(json.dumps({**GIVEN, "secretsmanager": {**GIVEN["secretsmanager"], **ssh}}))
        given.chmod(0o600)
        # The second line of the key file is the first of the key itself.
        of_key = [line for line in places.ssh.key.splitlines() if len(line) > 30 and " " not in line]
        texts = [TOKEN, INNER, *VALUES.values(), *VALUES["phrase"].splitlines(), *of_key]
        sought = frozenset().union(*(forms(text) for text in texts))
        code = {"git_folder": "infra"}
        orders = [
            order("shows", SHOWN, **PATHS, **code),
            order("builds", SHOWN, execution_target="codebuild", **PATHS, **code),
            order("fails", 'test -n "$BASED" && exit 3', **PATHS, must_succeed=False),
            order("bad", 'echo "$PLAIN" > $AWS_EXE_SYS_EVENTS_DIR/not-json.json', **PATHS),
        ]
        aws = EmbeddedAws(
            StateFolder(machine.state),
            environ=machine.environ,
            connect=connect,
            tunings={**tunings(machine.environ), **dict.fromkeys(OF_ONE_SERVICE, proxy.url)},
            extra_environment={"AWS_ENDPOINT_URL": proxy.url},
        )
        ran, age_keys = [], set[str]()
        with aws:
            proxy.point_at(aws.endpoint)
            view = View(aws.settings)
            with Watch(sought) as watch:
                for way in (
                    {"git_token_location": "/hunt/token"},
                    {"git_ssh_key_location": "aws:::secretsmanager:hunt/ssh"},
                ):
                    job = machine.job_file(orders, git_repo="org/tool", **way)
                    process = machine.start("run", job, "--json", "--credentials", given)
                    age_keys |= set(until(lambda: [v for n, v in view.parameters().items() if "/runs/" in n]))
                    ran.append(finish(process))
                refused = machine.job_file(
                    [order("x", **PATHS)], git_repo="org/nothing", git_token_location="/hunt/token"
                )
                ran.append(machine.call("run", refused, "--credentials", given))
                for one in ran[:2]:
                    run_id = one.json["run_id"]
                    ran += [machine.call(*asked) for asked in (("logs", run_id, "shows"), ("status", run_id, "--json"))]
                    ran.append(machine.call("history", one.json["trace_id"], "--json"))
            in_aws = dict(stored(view))
        yield Hunted(
            ran, watch, sought, age_keys, proxy.requests, in_aws, list(files(machine.state)), set(os.listdir(temporary))
        )


def test_the_hunt_was_one(hunted: Hunted) -> None:
    for one in hunted.ran[:2]:
        assert one.code == 0, one.err
        assert one.json["summary"] == {"succeeded": 3, "failed": 1, "timed_out": 0}
    assert hunted.ran[2].code == 2
    assert {"sops", "bash", "git", "ssh"} <= hunted.watch.programs
    assert len(hunted.in_aws) > 80
    names = {name for name, _, _ in hunted.requests}
    assert {
        "amazonssm GetParameters",
        "secretsmanager BatchGetSecretValue",
        "amazonssm PutParameter",
        "s3 PUT",
    } <= names
    functions = {where: data for where, data in hunted.in_aws.items() if where.startswith("function ")}
    assert functions
    assert all(b'"AWS_EXE_SYS_LOG_LEVEL": "debug"' in data for data in functions.values())


def test_what_commands_print_is_masked_also_where_it_comes_in_pieces(hunted: Hunted) -> None:
    for one in hunted.ran[:2]:
        for name in ("shows", "builds"):
            log = one.orders[name]["log"]
            assert log.splitlines().count("***") >= 7, log


def test_nothing_that_is_stored_or_logged_holds_a_credential(hunted: Hunted) -> None:
    assert [where for where, data in hunted.in_aws.items() if holds(data, hunted.sought)] == []


def test_no_request_to_aws_holds_one(hunted: Hunted) -> None:
    """Bodies, paths and queries of everything that the engine's functions, builds and workers asked for."""
    found = [(name, path) for name, path, body in hunted.requests if holds(path.encode() + b"\n" + body, hunted.sought)]
    assert found == []


def test_age_keys_are_told_to_parameter_store_alone(hunted: Hunted) -> None:
    keys = {line.encode() for value in hunted.age_keys for line in value.splitlines()}
    assert all(key.startswith(b"AGE-SECRET-KEY-1") for key in keys)
    assert {name for name, path, body in hunted.requests if holds(path.encode() + body, keys)} == {
        "amazonssm PutParameter"
    }
    assert [where for where, data in hunted.in_aws.items() if holds(data, keys)] == []
    assert [where for where, data in hunted.in_files if holds(data, keys)] == []


def test_no_process_shows_one(hunted: Hunted) -> None:
    """But for the environments of git and of the helper that it asks: this is how a token reaches them, and nobody
    else may look at those."""
    assert {one for one in hunted.watch.found if not OF_GIT.match(one)} == set()
    assert [one for one in hunted.watch.found if OF_GIT.match(one)], "git had it"


def test_no_file_of_the_machine_holds_one_when_it_has_stopped(hunted: Hunted) -> None:
    assert [where for where, data in hunted.in_files if holds(data, hunted.sought)] == []


def test_no_temporary_file_stays(hunted: Hunted) -> None:
    assert hunted.left == set()
    assert [where for where, _ in hunted.in_files if "/aws-exe-sys-" in where] == []


def test_nothing_that_is_printed_holds_one(hunted: Hunted) -> None:
    for one in hunted.ran:
        assert not holds(one.out + one.err.encode(), hunted.sought)
