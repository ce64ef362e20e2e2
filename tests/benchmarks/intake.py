"""What taking jobs costs: CPU for each further order of one repository, and calls that read credentials.

CPU is that of the process that takes the job and of what it starts (git, sops), user and system; the embedded AWS is
another process and not counted.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fakes.git_repository import GitRepository
from fakes.git_server import GitServer

from benchmarks.counting_proxy import CountingProxy
from benchmarks.runs import embedded
from execution_engine import logs
from execution_engine.wiring import Engine

ORDERS = 100
MEGABYTES = 50
CREDENTIALS = (300, 5)
"""Orders, and how many each names."""

_TIMES = 3
_READS = ("GetParameter", "GetParameters", "GetParametersByPath", "GetSecretValue", "BatchGetSecretValue", "AssumeRole")


def rows() -> Iterator[dict[str, Any]]:
    logs.configure(level="warning")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, CountingProxy() as proxy:
        settings = embedded(Path(folder) / "state", dict(os.environ))
        with settings as aws:
            proxy.point_at(aws.endpoint)
            yield from _packing(dict(aws.settings), Path(folder))
            yield _credentials(dict(aws.settings), proxy)


def _packing(settings: dict[str, str], folder: Path) -> Iterator[dict[str, Any]]:
    with _served(folder) as server:
        engine = Engine(
            {
                **settings,
                "PATH": os.environ["PATH"],
                "GIT_SSL_CAINFO": str(server.authority),
                "AWS_EXE_SYS_GIT_HOSTS": server.at,
            }
        )
        _submit(engine, _of_repository(server, 1, distinct=True))  # clients are made, code is loaded
        for distinct in (False, True):
            each, clones = [], []
            for _ in range(_TIMES):
                one = _cpu(lambda distinct=distinct: _submit(engine, _of_repository(server, 1, distinct)))
                server.asked.clear()
                many = _cpu(lambda distinct=distinct: _submit(engine, _of_repository(server, ORDERS, distinct)))
                clones.append(sum(b"command=ls-refs" in asked.body for asked in server.asked))
                each.append((many - one) / (ORDERS - 1))
            yield {
                "intake": f"{ORDERS} orders of {MEGABYTES} MB, "
                + ("each its variables" if distinct else "same variables"),
                "clones": max(clones),
                "cpu_ms_per_order": round(statistics.median(each) * 1000, 1),
            }


def _credentials(settings: dict[str, str], proxy: CountingProxy) -> dict[str, Any]:
    orders, named = CREDENTIALS
    client = Engine(settings).client
    paths = [f"/bench/credential-{number}" for number in range(named)]
    for number, path in enumerate(paths):
        if number % 2:
            client("secretsmanager").create_secret(Name=path, SecretString=f"value of {path}")
        else:
            client("ssm").put_parameter(Name=path, Value=f"value of {path}", Type="SecureString")
    engine = Engine({**settings, **{name: proxy.url for name in settings if name.startswith("AWS_ENDPOINT_URL")}})
    proxy.counts.clear()
    locations = {"ssm_paths": paths[::2], "secret_manager_paths": paths[1::2]}
    cpu = _cpu(lambda: _submit(engine, [{**order, **locations} for order in _orders(orders)]))
    reads = {name: count for name, count in proxy.counts.items() if name.split()[-1] in _READS}
    return {
        "intake": f"{orders} orders with {named} credentials each",
        "credential_reads": sum(reads.values()),
        "cpu_ms_per_order": round(cpu / orders * 1000, 1),
    }


@contextmanager
def _served(folder: Path) -> Iterator[GitServer]:
    """A repository of files that can't be compressed, and as many bytes of text that can."""
    noise = random.Random(1)
    half = MEGABYTES * 1_000_000 // 2
    files: dict[str, Any] = {f"noise/{n}": noise.randbytes(half // 10) for n in range(10)}
    files |= {f"text/{n}": ("some line of text\n" * (half // 180))[: half // 10] for n in range(10)}
    GitRepository(folder / "served/org/large.git", uploadpack_allowFilter="true").commit(files)
    (folder / "private").mkdir()
    server = GitServer(folder / "served", folder / "private")
    try:
        yield server
    finally:
        server.close()


def _orders(count: int) -> list[dict[str, Any]]:
    """All but the first wait for it, so that nothing runs meanwhile."""
    first = {"order_name": "first", "cmds": ["sleep 60"], "timeout": 90, "execution_target": "lambda"}
    rest = {"cmds": ["true"], "timeout": 60, "execution_target": "lambda", "dependencies": ["first"]}
    return [first, *({**rest, "order_name": f"o{number}"} for number in range(1, count))]


def _of_repository(server: GitServer, count: int, distinct: bool) -> list[dict[str, Any]]:
    return [
        {**order, "git_repo": server.url("org/large.git"), "env_vars": {"NUMBER": str(number if distinct else 0)}}
        for number, order in enumerate(_orders(count))
    ]


def _submit(engine: Engine, orders: list[dict[str, Any]]) -> None:
    answer = engine.intake.submit(
        {"job": {"username": "bench", "orders": orders}}, door="init", size_limit=6 * 1024 * 1024
    )
    engine.cancellation.cancel(answer["run_id"])


def _cpu(act: Any) -> float:
    """Seconds."""

    def used() -> float:
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime

    before = used()
    act()
    return used() - before
