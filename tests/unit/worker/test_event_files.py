from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from execution_engine.worker.event_files import collect
from execution_engine.worker.masking import Secrets

NONE = Secrets()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "events"
    path.mkdir()
    return path


def collected(folder: Path, content: Any, name: str = "plan.json") -> list[dict[str, Any]]:
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    found = collect(folder, NONE)
    assert found.notes == []
    return found.events


@pytest.mark.parametrize(
    ("content", "event"),
    [
        ({}, {"event_type": "plan", "status": "info", "data": {}}),
        ({"a": 1, "b": [None]}, {"event_type": "plan", "status": "info", "data": {"a": 1, "b": [None]}}),
        ({"event_type": "t", "status": "s", "a": 1}, {"event_type": "t", "status": "s", "data": {"a": 1}}),
        ({"data": {"a": 1}}, {"event_type": "plan", "status": "info", "data": {"a": 1}}),
        ({"data": 5}, {"event_type": "plan", "status": "info", "data": {"data": 5}}),
        (
            {"data": {"a": 1}, "b": 2},
            {"event_type": "plan", "status": "info", "data": {"data": {"a": 1}, "b": 2}},
        ),
    ],
)
def test_an_object_becomes_an_event(folder: Path, content: Any, event: dict[str, Any]) -> None:
    assert collected(folder, content) == [event]


@pytest.mark.parametrize("content", ['[{"n": 1}, {"n": 2}]', '{"n": 1}\n\n{"n": 2}\n', '\ufeff[{"n": 1},{"n": 2}]'])
def test_several_objects_become_several_events(folder: Path, content: str) -> None:
    assert [event["data"] for event in collected(folder, content)] == [{"n": 1}, {"n": 2}]


def test_files_are_taken_by_name_and_others_left(folder: Path) -> None:
    (folder / "b.json").write_text("{}")
    (folder / "notes.txt").write_text("not an event")
    assert [event["event_type"] for event in collected(folder, {}, "a.json")] == ["a", "b"]


def test_no_events_no_notes(folder: Path) -> None:
    found = collect(folder, NONE)
    assert (found.events, found.notes) == ([], [])


@pytest.mark.parametrize("kind", ["succeeded", "failed", "timed_out", "queued", "dispatched", "running", "job_x"])
def test_the_engines_own_types_are_not_taken(folder: Path, kind: str) -> None:
    (folder / f"{kind}.json").write_text("{}")
    (folder / "other.json").write_text(json.dumps({"event_type": kind}))
    found = collect(folder, NONE)
    assert [event["event_type"] for event in found.events] == [f"x-{kind}"] * 2
    assert len(found.notes) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("\udcff", "no JSON"),
        ("5", "a JSON object is needed, this is a int"),
        ('{"a": NaN}', "no JSON"),
        ('{"a": 1e999}', "too large"),
        ('{"status": 1}', "its status must be"),
        ('{"event_type": ""}', "its event_type must be"),
        ('{"event_type": "a\\u0000b"}', "its event_type must be"),
        ('{"event_type": "\\ud800"}', "its event_type must be"),
        (json.dumps({"event_type": "x" * 129}), "its event_type must be"),
        ("[" * 100_000, "no JSON"),
        ('{"a":' * 30 + "1" + "}" * 30, "nested"),
        (json.dumps({"a": "x" * 66_000}), "at most 65,536"),
        (json.dumps({"a": "x" * 1_100_000}), "more than 1,048,576"),
    ],
)
def test_what_can_not_be_taken_is_told(folder: Path, content: str, why: str) -> None:
    (folder / "bad.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    (folder / "good.json").write_text("{}")
    found = collect(folder, NONE)
    assert [event["event_type"] for event in found.events] == ["good"]
    assert len(found.notes) == 1
    assert "bad.json" in found.notes[0]
    assert why in found.notes[0]


def test_one_bad_line_does_not_spoil_the_others(folder: Path) -> None:
    (folder / "plan.json").write_text('{"n": 1}\noops\n[]\n{"n": 2}\n')
    found = collect(folder, NONE)
    assert [event["data"] for event in found.events] == [{"n": 1}, {"n": 2}]
    assert [note.split(" dropped")[0] for note in found.notes] == [
        "event 'plan.json' line 2",
        "event 'plan.json' line 3",
    ]


def test_there_are_bounds_for_all_together(folder: Path) -> None:
    (folder / "many.json").write_text(json.dumps([{"n": n} for n in range(150)]))
    found = collect(folder, NONE)
    assert [event["data"]["n"] for event in found.events] == list(range(100))
    assert len(found.notes) == 21
    assert found.notes[-1] == "… and 30 more lines about events"
    (folder / "many.json").unlink()
    for number in range(30):
        (folder / f"{number:02d}.json").write_text(json.dumps({"a": "x" * 60_000}))
    found = collect(folder, NONE)
    assert len(found.events) == 17
    assert len(json.dumps(found.events)) < 1_100_000


def test_nothing_but_plain_files_is_opened(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text('{"secret": 1}')
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    found = collect(folder, NONE)
    assert found.events == []
    assert len(found.notes) == 3


@pytest.mark.parametrize("spoil", ["gone", "link", "file"])
def test_a_spoilt_folder_is_told(folder: Path, tmp_path: Path, spoil: str) -> None:
    folder.rmdir()
    if spoil == "link":
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "a.json").write_text("{}")
        folder.symlink_to(tmp_path / "other")
    elif spoil == "file":
        folder.write_text("x")
    found = collect(folder, NONE)
    assert found.events == []
    assert "the events folder can't be read" in found.notes[0]


def test_secrets_are_masked_wherever_they_are(folder: Path) -> None:
    (folder / "plan.json").write_text(
        json.dumps({"status": "s3cr3t", "a": ["is s3cr3t", {"s3cr3t": 123456789, "yes": True}], "pi": 3.5})
    )
    assert collect(folder, Secrets(["s3cr3t", "345678"])).events == [
        {
            "event_type": "plan",
            "status": "***",
            "data": {"a": ["is ***", {"***": "12***9", "yes": True}], "pi": 3.5},
        }
    ]
