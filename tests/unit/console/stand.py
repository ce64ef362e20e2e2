"""A place for the console to look at: its records are scripted, everything above them is real."""

from __future__ import annotations

from typing import Any, cast

from unit.cli.stand import RUN, TRACE, Stand, World
from werkzeug.test import Client, TestResponse

from execution_engine.console.application import Application
from execution_engine.console.door import Door
from execution_engine.history.history import History
from execution_engine.orders.event import Event
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.pages import Page
from execution_engine.storage.queries import Queries

__all__ = ["HOST", "RUN", "TRACE", "Site", "secrets"]

PORT = 4711
HOST = f"127.0.0.1:{PORT}"


class BrowsableWorld(World):
    def events_of_order(self, order_name: str, *, after: str | None = None, limit: int | None = None) -> Page[Event]:
        named = [event for event in self.the_events if event.order_name == order_name]
        newest = named[::-1]
        after_it = newest if after is None else newest[[event.sk for event in newest].index(after) + 1 :]
        more = limit is not None and len(after_it) > limit
        return Page(tuple(after_it[:limit]), next=after_it[(limit or 1) - 1].sk if more else None)

    @staticmethod
    def just_after(event: Event) -> str:
        return event.sk


class Site:
    """Implements ``console.place.Place``; ``get`` and ``post`` are a browser that came in by the address."""

    name = "this machine"

    def __init__(self, *, actions: bool = False) -> None:
        self.stand = Stand()
        self.stand.world = BrowsableWorld()
        self.clock = self.stand.clock
        self.history = History(cast(Queries, self.stand.world), cast(OrderLogs, self.stand.world))
        self.door = Door(secrets(), PORT)
        self.application = Application(self, self.door, actions=actions)
        self.cancelled: list[str] = []
        self.failure: Exception | None = None
        self.abandoned = False

    def is_abandoned(self, run_id: str) -> bool:
        return self.abandoned

    def cancel(self, run_id: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.cancelled.append(run_id)

    def retry(self, run_id: str) -> str:
        if self.failure is not None:
            raise self.failure
        return self.stand.retry(run_id).run_id

    def stranger(self) -> Client:
        return Client(self.application)

    def known(self) -> Client:
        client = self.stranger()
        answer = client.get(self.path(self.door.address), headers={"Host": HOST})
        assert answer.status_code == 200
        return client

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.known().get(path, headers={"Host": HOST, **headers})

    def post(self, path: str, *, word: str | None = None, **headers: str) -> TestResponse:
        form: dict[str, Any] = {"word": self.door.word if word is None else word}
        return self.known().post(path, data=form, headers={"Host": HOST, **headers})

    @staticmethod
    def path(address: str) -> str:
        return address.partition(HOST)[2]

    def job_event(self, kind: str, status: str, **data: Any) -> None:
        """A job-level event, as the engine leaves them."""
        run = self.stand.world.the_run
        assert run is not None
        self.stand.world.the_events.append(
            Event(
                trace_id=TRACE,
                order_name="_job",
                epoch=self.clock.now(),
                event_type=kind,
                status=status,
                run_id=RUN,
                flow_id=run.flow_id,
                data=data or None,
            )
        )

    def expire(self) -> None:
        """The records had their day, the events have not."""
        self.stand.world.the_run = None
        self.stand.world.the_orders.clear()
        self.stand.world.the_logs.clear()


class secrets:
    """Nonces, each another: ``0000000000000001``, …"""

    def __init__(self) -> None:
        self._given = 0

    def __call__(self) -> str:
        self._given += 1
        return f"{self._given:016x}"
