"""The instances that this machine pretends to have: said by ``--instances``, or by a file beside the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from execution_engine.cli.calls import Call
from execution_engine.cli.destinations import some, tags
from execution_engine.cli.machine import Machine
from execution_engine.cli.wording import counted
from execution_engine.errors import EngineError, Fault, JobRefused
from execution_engine.jobs.job import Job, SsmTargets

if TYPE_CHECKING:
    from execution_engine.local.instances import Instance

NAMED = 8
"""So many instances are named in one sentence."""

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Declaration:
    """Instances to be declared. ``beside``: the file that says so unasked."""

    instances: Sequence[Instance]
    beside: Path | None = None


def read(spec: str | None) -> Declaration | None:
    """What the option says; None if it was not given. Raises ``JobRefused``."""
    return None if spec is None else Declaration(_parsed(spec, "--instances"))


def read_for(file: Path, job: Job, spec: str | None) -> Declaration | None:
    """The same, else what ``<job>.instances.yaml`` (or ``.json``) beside the job file says. None if it is not there,
    or no order runs on instances: then there are those that were declared before, if any."""
    if spec is not None or job.door != "ssm":
        return read(spec)
    for suffix in _SUFFIXES:
        beside = file.with_name(f"{file.stem}.instances{suffix}")
        if beside.is_file():
            return Declaration(_parsed(str(beside), str(beside)), beside)
    return None


def declare(call: Call, machine: Machine, declaration: Declaration | None) -> None:
    if declaration is None:
        return
    machine.declare(declaration.instances)
    if declaration.beside is not None:
        call.output.say(f"{counted(len(declaration.instances), 'simulated instance')} as {declaration.beside} says")


def warn(call: Call, machine: Machine, job: Job) -> None:
    """Of orders that will find no instance here. What becomes of them the engine says, as it would of real ones."""
    declared = machine.declared() if job.door == "ssm" else None
    if declared is None:
        return
    hints = missing(job, declared)
    for hint in hints:
        call.output.say(f"warning: {hint}")
    if hints:
        there = some(sorted(declared), NAMED) or "none yet"
        call.output.say(f"instances declared on this machine: {there}; --instances ID:Key=Value,… declares more")


def missing(job: Job, declared: Mapping[str, Instance]) -> list[str]:
    """A sentence for each order whose ids, or whose tags, nothing that is declared has. Pure."""
    told: list[str] = []
    for order in job.orders:
        targets = order.ssm_targets or SsmTargets()
        unknown = [one for one in targets.instance_ids if one not in declared]
        if unknown:
            told.append(f"order {order.order_name} is for instances that are not declared: {some(unknown, NAMED)}")
        elif targets.tags and not any(_matches(one.tags, targets.tags) for one in declared.values()):
            told.append(f"order {order.order_name}: no declared instance has the tags {some(tags(targets), NAMED)}")
    return told


def _matches(own: Mapping[str, str], wanted: Mapping[str, Sequence[str]]) -> bool:
    return all(own.get(key) in values for key, values in wanted.items())


def _parsed(spec: str, where: str) -> Sequence[Instance]:
    from execution_engine.local.instances import parse_instances

    try:
        return parse_instances(spec)
    except JobRefused:
        raise
    except (EngineError, ValueError, OSError) as error:
        raise JobRefused([Fault(where, str(error))]) from error
