from __future__ import annotations

import pytest

from execution_engine.intake.sources.git_attempt import COMMITS_ONLY, Attempt, is_commit, may_be_abbreviated
from execution_engine.intake.sources.git_messages import Inability


def test_the_first_attempt_asks_for_least() -> None:
    arguments = Attempt().arguments("v1")
    assert {"--depth=1", "--filter=blob:none", "--no-tags", "--no-recurse-submodules"} <= set(arguments)
    assert arguments[-3:] == ("--", "origin", "v1")
    assert Attempt().arguments(None)[-1] == "HEAD"


def test_what_a_server_can_not_do_is_given_up_and_nothing_else() -> None:
    assert Attempt().instead(Inability.FILTER) == Attempt(filtered=False)
    assert Attempt().instead(Inability.SHALLOW) == Attempt(shallow=False)
    assert Attempt().instead(Inability.COMMIT) == Attempt(shallow=False, everything=True)


@pytest.mark.parametrize("why", Inability)
def test_nothing_is_tried_twice(why: Inability) -> None:
    attempt: Attempt | None = Attempt()
    for _ in range(2):
        assert attempt is not None
        attempt = attempt.instead(why)
    assert attempt is None


def test_everything_is_all_branches_and_tags() -> None:
    arguments = Attempt(shallow=False, everything=True).arguments("a" * 40)
    assert arguments[-2:] == ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
    assert "--depth=1" not in arguments
    assert COMMITS_ONLY[-2:] == arguments[-2:]


@pytest.mark.parametrize(
    ("ref", "whole", "part"),
    [
        ("a" * 40, True, False),
        ("A" * 64, True, False),
        ("abcdef1", False, True),
        ("a" * 39, False, True),
        ("abcdef", False, False),
        ("abcdefg", False, False),
        ("main", False, False),
    ],
)
def test_a_hash_is_known_in_full_and_in_part(ref: str, whole: bool, part: bool) -> None:
    assert (is_commit(ref), may_be_abbreviated(ref)) == (whole, part)
