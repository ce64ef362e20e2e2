"""The zip that an instance runs."""

from __future__ import annotations

import io
import json
import zipfile

from execution_engine.targets.ssm.agent import LAUNCH_NAME, agent_members, write_launch


def test_the_same_launch_is_the_same_bytes() -> None:
    assert write_launch({"format": 1}) == write_launch({"format": 1}) != write_launch({"format": 2})


def test_it_holds_the_agent_and_what_it_is_told() -> None:
    document = {"format": 1, "instances": {"i-1": {"claim": "https://…"}}}
    with zipfile.ZipFile(io.BytesIO(write_launch(document))) as archive:
        assert json.loads(archive.read(LAUNCH_NAME)) == document
        assert set(archive.namelist()) == {LAUNCH_NAME, *agent_members()}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_zip_begins_with_the_agent_and_brings_a_log_of_its_own() -> None:
    members = agent_members()
    assert b"portability" in members["__main__.py"]
    assert b"def get_logger" in members["structlog.py"]
    assert members["execution_engine/worker/worker.py"].startswith(b'"""Runs one attempt of one order')
    assert agent_members() is members
