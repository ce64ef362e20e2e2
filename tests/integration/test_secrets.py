"""A caller's secret is in the bundle, sealed, and in its command's environment. It is nowhere else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from integration.hunt import Watch, files, forms, holds, stored
from integration.machine import Machine, Ran, finish, order, until
from integration.view import View

SECRETS = {
    "TOKEN": secrets.token_hex(20),
    "PHRASE": f'p/+ä="{secrets.token_urlsafe(24)}"&%\nsecond line',
    "DOCUMENT": json.dumps({"private": [secrets.token_urlsafe(30)]}),
}
FORMS = frozenset().union(*(forms(secret) for secret in SECRETS.values()))


@dataclass
class Hunted:
    ran: Ran
    watch: Watch
    age_key: str
    in_aws: list[str]
    in_files: list[str]
    places: int


@pytest.fixture(scope="module")
def hunted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hunted]:
    """A machine of its own, so that everything it keeps is written down at its end."""
    machine = Machine(tmp_path_factory.mktemp("secrets"), grace="1", tick="5")
    folder = machine.root / "job"
    # Each is used (so that it was really there), and none is printed. Distinct ones are sealed apart.
    uses = 'test ${#TOKEN} = 40 && test -n "$PHRASE$DOCUMENT" && sleep 1'
    orders = [order(f"o{n}", uses, env_vars={**SECRETS, "N": str(n)}) for n in range(6)]
    orders.append(order("fails", "exit 3", env_vars=SECRETS, must_succeed=False))
    orders.append(order("late", "sleep 9", timeout=1, env_vars=SECRETS, must_succeed=False))
    orders.append(order("tells", "echo '{\"a\": 1}' > $AWS_EXE_SYS_EVENTS_DIR/a.json", env_vars=SECRETS))
    with machine.aws() as aws:
        view = View(aws.settings)
        with Watch(FORMS) as watch:
            process = machine.start("run", machine.job_file(orders, folder), "--json")
            (age_key,) = until(lambda: list(view.parameters().values()))
            ran = finish(process)
        found = dict(stored(view))
        in_aws = [where for where, data in found.items() if holds(data, FORMS)]
    sought = {*FORMS, age_key.encode()}
    in_files = [where for where, data in files(machine.state) if holds(data, sought)]
    yield Hunted(ran, watch, age_key, in_aws, in_files, len(found))


def test_the_hunter_finds_what_is_there(tmp_path: Path, hunted: Hunted) -> None:
    for place, secret in enumerate(SECRETS.values()):
        for text in (secret, json.dumps({"x": secret}), f"{'y' * place}{secret}".encode().hex()):
            assert holds(text.encode(), FORMS)
    assert hunted.places > 40
    assert {"sops", "bash"} <= hunted.watch.programs
    assert hunted.age_key.startswith("AGE-SECRET-KEY-")


def test_the_commands_had_it(hunted: Hunted) -> None:
    assert hunted.ran.json["summary"] == {"succeeded": 7, "failed": 1, "timed_out": 1}, hunted.ran.err


def test_nothing_that_is_stored_holds_it(hunted: Hunted) -> None:
    assert not hunted.in_aws


def test_no_file_of_the_machine_holds_it_nor_the_age_key(hunted: Hunted) -> None:
    assert not hunted.in_files


def test_no_process_shows_it(hunted: Hunted) -> None:
    assert not hunted.watch.found


def test_nothing_that_is_printed_holds_it(hunted: Hunted) -> None:
    assert not holds(hunted.ran.out + hunted.ran.err.encode(), FORMS)
