"""The environment of a command, exactly (contract section 2). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FROM_HOST = ("PATH", "HOME", "LANG", "TMPDIR")
EVENTS_DIR = "AWS_EXE_SYS_EVENTS_DIR"


@dataclass(frozen=True, slots=True)
class OrderNames:
    """What the engine tells a command about itself."""

    trace_id: str
    run_id: str
    order_name: str
    order_num: str
    flow_id: str


def environment_of(
    names: OrderNames,
    variables: Mapping[str, str],
    events_dir: Path,
    host: Mapping[str, str],
    pass_on: Iterable[str] = (),
) -> dict[str, str]:
    """Host (only the four names and ``pass_on``), then the order's variables, then the engine's own.

    Later ones win, but for ``PATH``, which is the host's. So the worker's own AWS credentials, the
    callback URLs and the age key are not in it: they are neither in the four names nor in the bundle's
    variables, and ``pass_on`` is for proxy, CA and package-index settings alone.
    """
    result = {name: host[name] for name in (*FROM_HOST, *pass_on) if name in host}
    result.update(variables)
    if "PATH" in host:
        result["PATH"] = host["PATH"]
    result.update(
        TRACE_ID=names.trace_id,
        RUN_ID=names.run_id,
        ORDER_ID=names.order_name,
        ORDER_NUM=names.order_num,
        FLOW_ID=names.flow_id,
    )
    result[EVENTS_DIR] = str(events_dir)
    return result
