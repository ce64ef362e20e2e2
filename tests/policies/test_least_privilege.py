"""No role may do more than it needs: each flow comes to its effect, and without any part of any policy one does not.

Each case takes one action on one resource out of one statement of a role's policy, while the embedded AWS runs, and
the flow that needs it must be denied just that, and miss its effect.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from policies.flows import FLOWS
from policies.needs import NEEDS
from policies.reviewed import REVIEWED
from policies.roles import POLICIES, Part, parts
from policies.stage import Stage

PARTS = [part for policy in POLICIES for part in parts(policy)]


def flows_of(part: Part) -> list[str]:
    """Those that need it, each once, in the order of the table."""
    found = [
        need.flow
        for need in NEEDS
        if (need.policy, need.sid, need.action) == (part.policy, part.sid, part.action)
        and need.flow is not None
        and fnmatchcase(need.thing, part.resource)
    ]
    return list(dict.fromkeys(found))


BROKEN = {part.name: part for part in PARTS if (part.policy, part.sid, part.action) not in REVIEWED}


def test_every_part_has_a_name_of_its_own_and_a_flow_or_a_reason() -> None:
    assert len({part.name for part in PARTS}) == len(PARTS)
    assert all(flows_of(part) for part in BROKEN.values())
    assert {(part.policy, part.sid, part.action) for part in PARTS} >= REVIEWED.keys()
    assert {need.flow for need in NEEDS} - {None} <= FLOWS.keys()


@pytest.mark.parametrize("name", FLOWS)
def test_every_flow_comes_to_its_effect_and_nobody_is_denied_anything(stage: Stage, name: str) -> None:
    with stage.whole():
        FLOWS[name](stage)


@pytest.mark.parametrize("name", BROKEN)
def test_without(stage: Stage, name: str) -> None:
    part = BROKEN[name]
    flow, *_ = flows_of(part)
    with stage.lacking(part):
        with pytest.raises(AssertionError):
            FLOWS[flow](stage)
        assert stage.was_denied() or "ButNo" in part.sid, f"{flow} failed, but not for want of {part}"
