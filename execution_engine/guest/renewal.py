"""Addresses die before long orders do, so an instance asks for newer ones."""

from __future__ import annotations

import json
from collections.abc import Callable

import structlog

from execution_engine.guest.courier import PlainCourier
from execution_engine.worker.callbacks import Callbacks
from execution_engine.worker.recurring import Recurring
from execution_engine.worker.telling import tell

INTERVAL = 600.0
"""Seconds. Whoever renews does so long before the addresses die."""

NAME = "renewed.json"
_TIMEOUT = 20.0
_log = structlog.get_logger()


class Renewal(Recurring):
    """Asks ``url`` every ``interval`` seconds and gives what it finds for ``instance`` to ``take``.

    A document that names a ``renewal`` is the last that is asked for at the old place.
    """

    def __init__(
        self,
        courier: PlainCourier,
        url: str,
        instance: str,
        take: Callable[[Callbacks], None],
        interval: float = INTERVAL,
    ) -> None:
        super().__init__("renewal", pause=interval, patience=1.0)
        self._courier = courier
        self._url = url
        self._instance = instance
        self._take = take
        self._interval = interval

    def turn(self) -> float:
        try:
            document = json.loads(b"".join(self._courier.blocks(self._url, NAME, _TIMEOUT)))
            self._take(Callbacks.of_entry(document["instances"][self._instance]))
            self._url = str(document.get("renewal") or self._url)
        except Exception as error:  # none yet, or none to be had: the old ones go on as long as they live
            _log.info("no newer addresses", why=tell(error))
        return self._interval
