"""The clocks of a world: one that is as wrong as its owner's, one that knows only whole seconds."""

from __future__ import annotations

from simulation.world import World, current


class SkewedClock:
    """Implements ``execution_engine.clock.Clock``: as wrong as that of whoever asks."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> float:
        invocation = current()
        return self._world.now + (0.0 if invocation is None else invocation.skew)

    def sleep(self, seconds: float) -> None:
        self._world.pause(seconds)


class WholeSeconds:
    """The clock of a service that tells when an object was written: right, and in whole seconds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> float:
        return float(int(self._world.now))
