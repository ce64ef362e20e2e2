"""Time, ids and the network come in by the constructor (law 13): one room reads each, by an explicit list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from architecture.sources import Source

ONE_ROOM_EACH = (
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.sleep",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "uuid.uuid1",
    "uuid.uuid4",
    "random",
    "secrets",
    "os.urandom",
    "boto3.client",
    "boto3.resource",
    "boto3.session",
    "boto3.Session",
    "boto3.setup_default_session",
    "botocore.session",
)

ALLOWED = {
    # (file or room, what): why
    ("clock.py", "time.time"): "the room for the clock",
    ("clock.py", "time.sleep"): "the room for the clock",
    ("identifiers.py", "uuid.uuid4"): "the room for identifiers",
    ("identifiers.py", "secrets"): "the room for identifiers",
    ("wiring", "boto3.Session"): "the composition root makes the clients",
    ("wiring", "botocore.session"): "the composition root makes the clients",
    ("wiring", "time.monotonic"): "handed to what measures durations",
    ("guest", "time.monotonic"): "the composition root of an instance: handed to what measures durations",
    ("local", "time.monotonic"): "waits for processes of this machine, whose clock no test sets",
    ("local", "time.sleep"): "waits for processes of this machine, whose clock no test sets",
}

AS_DEFAULT_ONLY = {
    # (file or room, what): why. Allowed as a parameter's default, which a test replaces; nowhere else.
    ("worker", "time.monotonic"): "a process runner measures durations",
    ("worker", "random"): "back-off is spread by chance",
}


def trespasses(source: Source) -> Iterator[str]:
    defaults = {id(node) for node in parameter_defaults(source.tree)}
    for node, dotted in source.references:
        what = next((name for name in ONE_ROOM_EACH if dotted == name or dotted.startswith(f"{name}.")), None)
        if what is None or part_of_longer(source, node, what):
            continue
        places = ((source.name, what), (source.room, what))
        if any(place in ALLOWED for place in places):
            continue
        if id(node) in defaults and any(place in AS_DEFAULT_ONLY for place in places):
            continue
        yield f"execution_engine/{source.name}:{node.lineno} uses {dotted}: take it from the constructor"


def parameter_defaults(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from node.args.defaults
            yield from (default for default in node.args.kw_defaults if default is not None)


def part_of_longer(source: Source, node: ast.expr, what: str) -> bool:
    """``secrets`` inside ``secrets.token_hex`` is reported once, as the longer."""
    return (
        any(
            isinstance(other, ast.Attribute) and other.value is node and source.full_name(other) is not None
            for other in ast.walk(source.tree)
        )
        and source.full_name(node) == what
    )


def test_time_ids_and_clients_come_in_by_the_constructor(source: Source) -> None:
    found = list(trespasses(source))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "import time\nnow = time.time()",
        "from time import time as clock\nnow = clock()",
        "import time\ndef f(clock=time.time): ...",
        "import datetime as dt\nnow = dt.datetime.now(dt.UTC)",
        "from datetime import datetime\nnow = datetime.now()",
        "def f():\n    import uuid\n    return uuid.uuid4()",
        "import secrets\nsecrets.token_hex(8)",
        "from random import random\nrandom()",
        "import boto3\nboto3.client('s3')",
        "import boto3.session\nboto3.session.Session()",
    ],
)
def test_a_trespass_is_found(text: str) -> None:
    assert len(list(trespasses(Source.parse(text)))) == 1


def test_a_room_uses_what_is_its_own() -> None:
    assert not list(trespasses(Source.parse("import time\ntime.time()", "clock.py")))
    assert not list(trespasses(Source.parse("import time\nself.time.time()")))


def test_the_worker_takes_its_stopwatch_as_a_default_only() -> None:
    default = "import time\ndef f(*, monotonic=time.monotonic): ..."
    assert not list(trespasses(Source.parse(default, "worker/runner.py")))
    assert list(trespasses(Source.parse("import time\ntime.monotonic()", "worker/runner.py")))
    assert list(trespasses(Source.parse(default, "orders/plan.py")))
