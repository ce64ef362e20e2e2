"""Puts Run Command together, in the process of the embedded AWS."""

from __future__ import annotations

import os
import threading
import time

from execution_engine.clock import SystemClock
from execution_engine.identifiers import RandomIdentifiers
from execution_engine.local import processes
from execution_engine.local.commands.agents import Agents
from execution_engine.local.commands.desk import Desk
from execution_engine.local.commands.documents import Documents
from execution_engine.local.commands.floor import Floor
from execution_engine.local.commands.in_ministack import install
from execution_engine.local.commands.protocol import Protocol
from execution_engine.local.commands.settings import CommandSettings
from execution_engine.local.instances import Instance, declared
from execution_engine.local.leftovers import COMMANDS
from execution_engine.local.state_folder import StateFolder, read_document

LEFT_ALONE = 60.0
"""Seconds that what a script leaves behind may live on, which on an instance of AWS nobody ends at all. The end of
the embedded AWS does not wait for it."""


def open_commands(folder: StateFolder, port: int) -> Desk:
    """Before ministack answers; what it starts finds Systems Manager by a variable of its own."""
    os.environ["AWS_ENDPOINT_URL_SSM"] = f"http://127.0.0.1:{port}"
    settings = CommandSettings.from_environment(os.environ)
    clock = SystemClock()

    def instances() -> dict[str, Instance]:
        return declared(folder.instances)

    agents = Agents(os.environ, folder.tmp / COMMANDS, folder.command_logs, LEFT_ALONE, time.monotonic)
    desk = Desk(
        Floor(agents, processes.table, time.monotonic),
        clock,
        instances,
        at_once=settings.at_once,
        second=settings.second,
        remembered=(read_document(folder.commands) or {}).get("commands", ()),
    )
    documents = Documents(folder.documents, clock.now)
    install(Protocol(desk, documents, instances, clock, RandomIdentifiers()))
    threading.Thread(target=desk.run, daemon=True, name="commands").start()
    return desk
