"""The composition root: settings → services → rooms. Nobody else makes clients; each is made once a process."""

from execution_engine.wiring.engine import Engine
from execution_engine.wiring.local import connect

__all__ = ["Engine", "connect"]
