from __future__ import annotations

import socket
from pathlib import Path

import pytest

from execution_engine.local import ports
from execution_engine.local.state_folder import StateFolder


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    made = StateFolder(tmp_path / "state")
    made.prepare()
    return made


def number(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])


def test_a_folder_keeps_its_port(folder: StateFolder) -> None:
    with ports.bind(folder) as first:
        kept = number(first)
        with socket.create_connection(("127.0.0.1", kept)), first.accept()[0]:
            pass  # closed from this side first: the connection lingers
    with ports.bind(folder) as second:
        assert number(second) == kept
    assert ports.FIRST <= kept < ports.FIRST + ports.COUNT


def test_where_somebody_else_answers_another_port_is_taken_and_kept(
    folder: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with ports.bind(folder) as first:
        with ports.bind(folder) as second:
            other = number(second)
            assert other != number(first)
            assert f"port {number(first)} is taken" in capsys.readouterr().err
        with ports.bind(folder) as third:
            assert number(third) == other


def test_when_all_that_are_tried_are_taken_any_will_do(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "TRIES", 1)
    with ports.bind(folder) as first:
        folder.port.unlink()
        with ports.bind(folder) as second:
            assert number(second) not in (0, number(first))
