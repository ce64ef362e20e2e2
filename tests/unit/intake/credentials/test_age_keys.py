"""A caller's own age key: read with the other credentials, matched with what orders are to be sealed to."""

from __future__ import annotations

import json

import pytest
from unit.intake.credentials.stand import Stand, job, order, told

from execution_engine.bundles.age import AgeKey
from execution_engine.intake.credentials.age_keys import age_keys
from execution_engine.intake.credentials.values import Unusable

OWN, OTHER = AgeKey.generate(), AgeKey.generate()


@pytest.mark.parametrize(
    "value",
    [
        OWN.identity,
        f"# created: today\n# public key: {OWN.recipient}\n{OWN.identity}\n",
        json.dumps({"key": OWN.identity}),
        f"{OTHER.identity}\n{OWN.identity}",
    ],
    ids=["bare", "commented", "object", "second"],  # by the keys, which are new each time, no two processes agree
)
def test_it_is_read_as_age_keygen_writes_it(value: str) -> None:
    assert age_keys(value)[OWN.recipient] == OWN.identity


@pytest.mark.parametrize(
    "value",
    ["", "# nothing", OWN.recipient, OWN.identity[:-1], f"{OWN.identity}\nmore", b"\xff"],
    ids=["empty", "comment", "public", "cut", "more", "bytes"],
)
def test_what_is_none_is_refused_without_being_quoted(value: str | bytes) -> None:
    with pytest.raises(Unusable) as refused:
        age_keys(value)
    assert "SECRET-KEY-1" not in str(refused.value).replace("AGE-SECRET-KEY-1…", "")


def test_the_callers_key_is_one_read_with_the_others() -> None:
    stand = Stand()
    stand.ssm.values = {"/own/age": OWN.identity, "/a": "value of a"}
    asked = job(order(sops_key=OWN.recipient, ssm_paths=["/a"]), order(), sops_key_ssm_path="/own/age")
    resolved = stand.resolve(asked)
    assert told(resolved) == []
    assert (resolved.age_keys, stand.reads) == ({OWN.recipient: OWN.identity}, 1)
    assert OWN.identity in resolved.secrets
    assert OWN.identity not in repr(resolved)
    assert resolved.of(asked.orders[0]).values == {"A": "value of a"}


def test_it_is_not_read_if_no_order_is_sealed_to_it() -> None:
    stand = Stand()
    assert stand.resolve(job(order(), sops_key_ssm_path="/own/age")).age_keys == {}
    assert stand.reads == 0


def test_orders_that_nobody_could_open_are_told_and_so_is_a_key_that_is_missing() -> None:
    stand = Stand()
    stand.ssm.values = {"/own/age": OWN.identity, "/own/none": "no key"}
    orders = [order(sops_key=OWN.recipient), order(sops_key=OTHER.recipient)]
    ((where, message),) = told(stand.resolve(job(*orders, sops_key_ssm_path="/own/age")))
    assert (where, "could never be opened" in message) == ("orders[1].sops_key", True)
    for path, why in (("/own/none", "holds no age key"), ("/own/absent", "does not exist")):
        ((where, message),) = told(stand.resolve(job(*orders, sops_key_ssm_path=path)))
        assert where == "sops_key_ssm_path"
        assert message.startswith(f"{path} {why}")
