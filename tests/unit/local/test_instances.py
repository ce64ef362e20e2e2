from __future__ import annotations

import json
import re
import stat
import threading
from pathlib import Path

import pytest

from execution_engine.local.instances import Instance, InstancesRefused, declare, declared, parse_instances


def test_a_list_names_ids_tags_and_a_state() -> None:
    assert parse_instances(" web-1:Role=web:Stage=a=b , web_2:Role=web:offline,3:terminated,x ") == [
        Instance("web-1", {"Role": "web", "Stage": "a=b"}),
        Instance("web_2", {"Role": "web"}, "offline"),
        Instance("3", {}, "terminated"),
        Instance("x"),
    ]


@pytest.mark.parametrize("name", ["instances.yaml", "instances.json", "instances"])
def test_a_file_says_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    entries = [{"id": "web-1", "tags": {"Role": "a:b,c"}, "state": "denied"}, {"id": "web-2"}]
    path.write_text(json.dumps({"instances": entries}))
    assert parse_instances(str(path)) == [Instance("web-1", {"Role": "a:b,c"}, "denied"), Instance("web-2")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no instance in it"),
        ("web-1,", "instance 2 (''): '' can't be an id"),
        ("web-1,we b", "instance 2 ('we b')"),
        ("web.1", "can't be an id"),
        ("-x", "can't be an id"),
        ("x" * 65, "can't be an id"),
        ("web-1:Role", "'Role' is no state; there are online, offline, terminated, denied"),
        ("web-1:offline:Role=web", "'offline' is no tag (Key=Value), and a state comes last"),
        ("web-1:Role=a:Role=b", "the tag 'Role' is there twice"),
        ("web-1:=a", "a name has 1 to 128 characters"),
        ("a,b,a:offline", "instance 3 ('a:offline'): 'a' is there already: instance 1 ('a')"),
        ("none.yaml", "none.yaml: can't be read: No such file"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InstancesRefused, match=re.escape(says)):
        parse_instances(text)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no YAML or JSON"),
        ("[]", 'must be {"instances": [...]}'),
        ("instances: []\nmore: 1", 'must be {"instances": [...]}'),
        ("instances: []", "no instance in it"),
        ("instances: [x]", "instances[0]: must be a mapping with an id"),
        ("instances: [{id: a}, {id: 1}]", "instances[1]: must be a mapping with an id, which is text"),
        ("instances: [{id: a, tag: {}}]", "instances[0]: unknown: tag (known: id, tags, state)"),
        ("instances: [{id: a, tags: [x]}]", "instances[0].tags: must be a mapping"),
        ("instances: [{id: a, tags: {N: 1}}]", "the tag 'N': 1 is not all text (in YAML, put it in quotes)"),
        ("instances: [{id: a, state: asleep}]", "instances[0]: 'asleep' is no state"),
        ("instances: [{id: a}, {id: a}]", "instances[1]: 'a' is there already"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "these.yaml"
    path.write_text(content)
    with pytest.raises(InstancesRefused, match=re.escape(says)) as caught:
        parse_instances(str(path))
    assert str(caught.value).startswith(str(path))


def test_who_is_declared_again_is_anew_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "state" / "instances.json"
    assert declared(path) == {}
    declare(path, parse_instances("web-1:Role=web,web-2"))
    declare(path, [Instance("web-1", {}, "offline"), Instance("web-3")])
    assert declared(path) == {
        "web-1": Instance("web-1", {}, "offline"),
        "web-2": Instance("web-2"),
        "web-3": Instance("web-3"),
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"instances": 1}', '{"instances": [1, {}, {"instance_id": 1, "tags": {}, "state": "online"}]}'],
)
def test_what_is_no_list_of_instances_declares_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "instances.json"
    path.write_text(content)
    assert declared(path) == {}
    declare(path, [Instance("web-1")])
    assert list(declared(path)) == ["web-1"]


def test_all_who_are_declared_at_once_are_there(tmp_path: Path) -> None:
    path = tmp_path / "instances.json"
    names = [f"web-{number}" for number in range(20)]
    threads = [threading.Thread(target=declare, args=(path, [Instance(name)])) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert declared(path).keys() == set(names)
