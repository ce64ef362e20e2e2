"""What holds for every job, right or wrong."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from execution_engine.errors import JobRefused
from execution_engine.jobs.documents import JobDocument, OrderDocument
from execution_engine.jobs.encoding import job_document, read_job_file
from execution_engine.jobs.faults import MAX_SHOWN
from execution_engine.jobs.graph import DependencyGraph
from execution_engine.jobs.measure import json_bytes
from execution_engine.jobs.specification import Job, door_of, parse_job

TEXT = st.text(max_size=12) | st.text(st.characters(), max_size=4)  # the second with lone surrogates
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
JOB_KEYS = [*JobDocument.model_fields, "orders"]
ORDER_KEYS = [*OrderDocument.model_fields, "nonsense"]
NAMES = st.sampled_from(["a", "b", "c", "0001", "0002", "a:b", "_job", ""])
NEARLY_RIGHT = st.one_of(
    st.just(["true"]),
    st.just(60),
    NAMES,
    st.lists(NAMES, max_size=3),
    st.just({"instance_ids": ["i-1"]}),
    DOCUMENTS,
)
ORDERS = st.dictionaries(st.sampled_from(ORDER_KEYS), NEARLY_RIGHT, max_size=6).map(
    lambda fields: {"cmds": ["true"], "timeout": 60, **fields}
)
JOBS = st.dictionaries(st.sampled_from(JOB_KEYS), NEARLY_RIGHT, max_size=3).flatmap(
    lambda fields: st.lists(ORDERS, max_size=4).map(lambda orders: {"username": "ada", "orders": orders, **fields})
)


@given(DOCUMENTS | JOBS, st.sampled_from(["init", "ssm"]))
def test_any_document_is_a_job_or_refused_and_nothing_else(document: object, door: Any) -> None:
    door_of(document)
    try:
        assert isinstance(parse_job(document, door=door), Job)
    except JobRefused as refused:
        assert refused.status == 400
        assert 1 <= len(refused.faults) <= MAX_SHOWN + 1
        for fault in refused.faults:
            assert f"{fault.where}{fault.message}".isprintable()


@given(st.text() | DOCUMENTS.map(lambda document: json.dumps(document)))
def test_any_text_is_a_document_or_refused(text: str) -> None:
    try:
        read_job_file(text)
    except JobRefused as refused:
        assert all(f"{fault}".isprintable() for fault in refused.faults)


@given(DOCUMENTS | st.dictionaries(st.sampled_from(["job", "job_parameters_b64", "trace_id"]), DOCUMENTS | JOBS))
def test_any_request_has_a_document_or_is_refused(request: object) -> None:
    try:
        assert isinstance(job_document(request).document, dict)
    except JobRefused as refused:
        assert refused.faults


@given(DOCUMENTS.filter(lambda document: not isinstance(document, float)))
def test_the_size_is_that_of_compact_json(document: object) -> None:
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    infinities = len(re.findall(rb"Infinity|NaN", written)) * 5  # no JSON; any size will do for them
    assert abs(json_bytes(document, 2**20) - len(written)) <= infinities


@st.composite
def dags(draw: st.DrawFn) -> list[list[int]]:
    """For each order the places of the ones it needs, shuffled so that needs point forwards too."""
    size = draw(st.integers(1, 7))
    label = draw(st.permutations(range(size)))
    needs: list[list[int]] = [[] for _ in range(size)]
    for place in range(size):
        needed = draw(st.sets(st.sampled_from(range(place)), max_size=3)) if place else set()
        needs[label[place]] = [label[other] for other in needed]
    return needs


def paths_from(place: int, needs: list[list[int]]) -> list[list[int]]:
    return [[place]] + [[place, *path] for other in needs[place] for path in paths_from(other, needs)]


@given(dags(), st.data())
@settings(max_examples=60)
def test_the_needs_of_any_dag_are_resolved_by_whatever_name(needs: list[list[int]], data: st.DataObject) -> None:
    size = len(needs)
    timeouts = data.draw(st.lists(st.integers(1, 5_000), min_size=size, max_size=size))
    named = data.draw(st.lists(st.sampled_from(["name", "queue", "number"]), min_size=size, max_size=size))
    called = [{"name": f"n{at}", "queue": f"q{at}", "number": f"{at + 1:04d}"}[how] for at, how in enumerate(named)]
    orders: list[dict[str, Any]] = [
        {"cmds": ["true"], "timeout": timeouts[at], "dependencies": [called[other] for other in needs[at]]}
        for at in range(size)
    ]
    for at, how in enumerate(named):
        if how != "number":
            orders[at]["order_name" if how == "name" else "queue_id"] = called[at]
    job = parse_job({"username": "ada", "orders": orders}, door="init")
    assert [set(order.needs) for order in job.orders] == [{f"{at + 1:04d}" for at in needed} for needed in needs]
    assert len({order.order_name for order in job.orders}) == size

    paths = chain.from_iterable(paths_from(at, needs) for at in range(size))
    longest = max(sum(timeouts[at] for at in path) for path in paths)
    assert job.job_timeout == max(3600, longest + 300)

    graph = job.graph()
    assert sorted(chain.from_iterable(graph.levels())) == [order.order_num for order in job.orders]
    for order in job.orders:
        assert all(order.order_num in graph.dependents()[num] for num in order.needs)


@given(st.lists(st.lists(st.integers(0, 6), max_size=3), min_size=7, max_size=7))
def test_cycles_are_cycles_and_are_found_whenever_there_are_any(needs: list[list[int]]) -> None:
    graph = DependencyGraph({str(at): [str(other) for other in needed] for at, needed in enumerate(needs)})
    reach = {at: set(needed) for at, needed in enumerate(needs)}
    for middle in reach:
        for at in reach:
            if middle in reach[at]:
                reach[at] |= reach[middle]
    cycles = graph.cycles()
    assert bool(cycles) == any(at in reach[at] for at in reach)
    for cycle in cycles:
        for num, following in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            assert following in graph.needs(num)
    assert len(list(chain.from_iterable(cycles))) == len(set(chain.from_iterable(cycles)))


COMMANDS = st.lists(st.text(min_size=1, max_size=90).filter(lambda text: text.strip() and "\0" not in text), min_size=1)


@given(
    st.lists(
        st.tuples(COMMANDS, st.none() | st.sampled_from(["true", "order", "a-2", "0002x"])),
        min_size=1,
        max_size=8,
    )
)
def test_names_are_unique_and_well_formed_whatever_the_commands(
    made: list[tuple[list[str], str | None]],
) -> None:
    seen: set[str] = set()
    orders: list[dict[str, Any]] = []
    for cmds, name in made:
        explicit = {"order_name": name} if name and name not in seen else {}
        seen |= set(explicit.values())
        orders.append({"cmds": cmds, "timeout": 1, **explicit})
    job = parse_job({"username": "ada", "orders": orders}, door="init")
    names = [order.order_name for order in job.orders]
    assert len(set(names)) == len(names)
    for order, name in zip(orders, names, strict=True):
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", name) and name != "_job"
        assert name == order["order_name"] if "order_name" in order else len(name) <= 60
