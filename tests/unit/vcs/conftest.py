from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fakes.github_api import GitHubApi
from fakes.time_and_ids import FakeClock

from execution_engine.vcs.github import GitHub
from execution_engine.vcs.provider import VcsContext


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    with GitHubApi() as api:
        yield api


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def told() -> list[str]:
    """What was said while it took long."""
    return []


Opened = Callable[..., GitHub]


@pytest.fixture
def opened(api: GitHubApi, clock: FakeClock, told: list[str]) -> Iterator[Opened]:
    """GitHub, as opened with another token or address."""
    made: list[GitHub] = []

    def open_it(token: str | None = "good-token", url: str | None = None) -> GitHub:
        made.append(GitHub(VcsContext(clock, token, "the token in GITHUB_TOKEN", url or api.url, told.append)))
        return made[-1]

    yield open_it
    for one in made:
        one.close()


@pytest.fixture
def github(opened: Opened) -> GitHub:
    return opened()
