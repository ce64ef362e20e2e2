from __future__ import annotations

import pytest
from unit.local.builds.stand import Stand


@pytest.fixture
def stand() -> Stand:
    return Stand()
