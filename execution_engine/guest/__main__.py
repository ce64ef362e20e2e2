"""``python3 -I launch.zip``: where the zip begins. What an older Python lacks is supplied before all else is read."""

from __future__ import annotations

import sys
from pathlib import Path


def _run() -> int:
    from execution_engine.guest.portability import supply

    supply()
    from execution_engine.guest.main import start

    return start(Path(__file__).parent, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_run())
