"""Which instances an order is for: right ones as they came, wrong ones with their places."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from execution_engine.jobs import targets
from execution_engine.jobs.faults import FaultyParts
from execution_engine.jobs.job import SsmTargets
from execution_engine.jobs.naming import claim_key, parse_callback
from execution_engine.jobs.rendering import targets_document
from execution_engine.jobs.targets import MAX_INSTANCES, MAX_TAG_VALUES, MAX_TAGS, ssm_targets
from execution_engine.orders import instance

IDS = st.from_regex(re.compile(targets.INSTANCE_ID, re.ASCII), fullmatch=True) | st.sampled_from(
    ["i-0123456789abcdef0", "mi-0123456789abcdef0", "web-1", "web_2", "1"]
)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


def test_orders_know_the_same_instances_as_jobs() -> None:
    assert instance.MAX_INSTANCES == MAX_INSTANCES
    assert instance.INSTANCE_ID.pattern == targets.INSTANCE_ID


@given(st.lists(IDS, min_size=1, max_size=80))
def test_instances_come_as_they_were_named_each_once(ids: list[str]) -> None:
    found = ssm_targets({"instance_ids": ids, "tags": None})
    assert found == SsmTargets(instance_ids=tuple(dict.fromkeys(ids)))
    assert targets_document(found) == {"instance_ids": list(dict.fromkeys(ids))}


@given(IDS)
def test_an_instance_has_a_place_to_report_at(name: str) -> None:
    key = claim_key("0" * 36, "0001", 2, name)
    found = parse_callback(key)
    assert found is not None
    assert (found.instance, found.kind, found.attempt) == (name, "claim", 2)


@given(st.integers(MAX_INSTANCES - 2, MAX_INSTANCES + 3), st.integers(0, 60))
@settings(max_examples=20, deadline=None)
def test_so_many_different_ones_may_be_named_however_often(count: int, repeated: int) -> None:
    ids = [f"i-{place:017x}" for place in range(count)]
    asked = {"instance_ids": ids[:repeated] + ids}
    if count <= MAX_INSTANCES:
        assert ssm_targets(asked).instance_ids == tuple(ids)
        return
    with pytest.raises(FaultyParts) as refused:
        ssm_targets(asked)
    ((where, message),) = [(fault.where, fault.message) for fault in refused.value.faults]
    assert where == ".instance_ids"
    assert f"{count} instances; an order takes at most {MAX_INSTANCES}" in message


TAGS = st.dictionaries(
    WORDS, WORDS | st.lists(WORDS, min_size=1, max_size=MAX_TAG_VALUES), min_size=1, max_size=MAX_TAGS
)


@given(TAGS)
def test_tags_have_their_values_listed(tags: dict[str, str | list[str]]) -> None:
    found = ssm_targets({"tags": tags})
    assert found.instance_ids == ()
    assert found.tags == {key: (one,) if isinstance(one, str) else tuple(one) for key, one in tags.items()}
    assert ssm_targets(targets_document(found)) == found


@given(st.recursive(st.none() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3)))
def test_each_wrong_instance_is_named_by_its_place(wrong: Any) -> None:
    def is_right(value: Any) -> bool:
        return isinstance(value, str) and instance.INSTANCE_ID.fullmatch(value) is not None

    asked = ["i-1", wrong, "i-2"]
    if is_right(wrong):
        assert ssm_targets({"instance_ids": asked}).instance_ids == tuple(dict.fromkeys(asked))
        return
    with pytest.raises(FaultyParts) as refused:
        ssm_targets({"instance_ids": asked})
    assert [fault.where for fault in refused.value.faults] == [".instance_ids[1]"]
