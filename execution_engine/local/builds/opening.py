"""Puts the builds together, in the process of the embedded AWS."""

from __future__ import annotations

import os
import threading
import time

from execution_engine.clock import SystemClock
from execution_engine.identifiers import RandomIdentifiers
from execution_engine.local.builds.in_ministack import RoleSessions, install
from execution_engine.local.builds.provider import Provider
from execution_engine.local.builds.settings import BuildSettings
from execution_engine.local.builds.shop import Shop
from execution_engine.local.environment import host_of
from execution_engine.local.state_folder import StateFolder, read_document


def open_builds(folder: StateFolder, port: int, grace: float) -> Shop:
    """Before ministack answers; what it starts finds CodeBuild by a variable of its own."""
    endpoint = f"http://127.0.0.1:{port}"
    os.environ["AWS_ENDPOINT_URL_CODEBUILD"] = endpoint
    settings = BuildSettings.from_environment(os.environ)
    identifiers = RandomIdentifiers()
    provider = Provider(
        RoleSessions(identifiers),
        host_of(os.environ, folder),
        endpoint,
        folder.tmp / "builds",
        folder.build_logs,
        grace,
        time.monotonic,
    )
    shop = Shop(
        provider,
        SystemClock(),
        identifiers,
        at_once=settings.at_once,
        minute=settings.minute,
        remembered=read_document(folder.builds),
    )
    install(shop)
    threading.Thread(target=shop.run, daemon=True, name="builds").start()
    return shop
