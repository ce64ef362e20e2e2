"""The roles' policies against the calls that the engine's code makes: all of these are allowed, and nothing else is.

That a flow really ends without them is tried on the embedded AWS (``tests/policies``), from the same table.
"""

from __future__ import annotations

import importlib
from functools import reduce
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from policies.needs import NEEDS, Need
from policies.reviewed import REVIEWED
from policies.roles import POLICIES, document, listed, parts, without

from execution_engine.local.names import VALUES

STATEMENTS = list(dict.fromkeys((need.policy, need.sid) for need in NEEDS))
ANYTHING = {"Statement": [{"Sid": "Anything", "Effect": "Allow", "Action": "*", "Resource": "*"}]}


def decision(need: Need, *documents: dict[str, Any]) -> str:
    context = EvalContext(
        principal_arn=f"arn:aws:sts::{VALUES['account_id']}:assumed-role/{need.policy}/test",
        principal_type="AssumedRole",
        principal_account=str(VALUES["account_id"]),
        action=need.action,
        resource_arn=need.thing,
        region=str(VALUES["region"]),
        service_context={name.lower(): value for name, value in need.context.items()},
    )
    return str(evaluate(context, [parse_policy_document(one) for one in documents]).decision)


def lacking(need: Need) -> dict[str, Any]:
    """The policy without what its statement says of the need's action."""
    return {
        "Statement": [
            one
            for one in document(need.policy)["Statement"]
            if (one["Sid"], need.action in listed(one["Action"])) != (need.sid, True)
        ]
    }


@pytest.mark.parametrize(("policy", "sid"), STATEMENTS, ids=["-".join(one) for one in STATEMENTS])
def test_a_role_may_do_what_its_code_calls_by_that_statement_alone(policy: str, sid: str) -> None:
    for need in NEEDS:
        if (need.policy, need.sid) != (policy, sid):
            continue
        if need.denied:
            assert decision(need, document(policy), ANYTHING) == "Deny", need
            assert decision(need, lacking(need), ANYTHING) == "Allow", need
        else:
            assert decision(need, document(policy)) == "Allow", need
            assert decision(need, lacking(need)) == "ImplicitDeny", need


@pytest.mark.parametrize("policy", POLICIES)
def test_a_role_may_do_nothing_that_no_code_calls(policy: str) -> None:
    """No action on no resource of any statement that could be left out with every call still being let in."""
    own = [need for need in NEEDS if need.policy == policy]
    for part in parts(policy):
        whole = [document(policy), *([ANYTHING] if any(need.denied and need.sid == part.sid for need in own) else [])]
        less = [without(part), *whole[1:]]
        assert any(decision(need, *whole) != decision(need, *less) for need in own), f"nobody calls {part}"


def test_what_no_flow_shows_is_reviewed_and_nothing_else_is() -> None:
    shown = {(need.policy, need.sid, need.action) for need in NEEDS if need.flow is not None}
    others = {(need.policy, need.sid, need.action) for need in NEEDS if need.flow is None}
    assert others == REVIEWED.keys()
    assert not shown & others
    assert all(len(reason) > 20 for reason in REVIEWED.values())


@pytest.mark.parametrize("by", sorted({need.by for need in NEEDS}))
def test_who_calls_is_there(by: str) -> None:
    module, _, name = by.partition(":")
    assert callable(reduce(getattr, name.split("."), importlib.import_module(f"execution_engine.{module}")))
