from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from contracts.examples import a_run

from execution_engine import resources
from execution_engine.errors import NotFound, SettingsError
from execution_engine.local.names import VALUES
from execution_engine.wiring import Engine
from execution_engine.wiring.threads import on_threads

ENVIRONMENT = {
    f"AWS_EXE_SYS_{name}": value for name, value in resources.load("functions", **VALUES)["settings"].items()
}
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
ROOMS = ["intake", "retry", "cancellation", "orchestrator", "watchdog", "history"]


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_is_made_once(room: str) -> None:
    engine = Engine({**ENVIRONMENT, **KEYS})
    assert getattr(engine, room) is getattr(engine, room)


def test_all_rooms_share_one_client_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.session

    made = []
    create = botocore.session.Session.create_client

    def counted(self: object, service: str, *arguments: object, **options: object) -> object:
        made.append(service)
        return create(self, service, *arguments, **options)

    monkeypatch.setattr(botocore.session.Session, "create_client", counted)
    engine = Engine({**ENVIRONMENT, **KEYS})
    for room in ROOMS:
        getattr(engine, room)
    assert engine.database._connection.client is engine.database._connection.client
    assert sorted(made) == sorted(set(made))
    assert {"s3", "dynamodb", "lambda", "stepfunctions", "ssm", "kms"} == set(made)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_without_its_tables_says_so(room: str) -> None:
    with pytest.raises(SettingsError, match="AWS_EXE_SYS_LOCKS_TABLE"):
        getattr(Engine({**ENVIRONMENT, **KEYS, "AWS_EXE_SYS_LOCKS_TABLE": ""}), room)


@pytest.mark.parametrize(
    ("name", "value"),
    [("GIT_HOSTS", "https://git.example"), ("GIT_PROVIDERS", "forge"), ("GIT_KNOWN_HOSTS", "nonsense")],
)
def test_a_malformed_setting_of_git_stops_intake_at_its_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"AWS_EXE_SYS_{name}"):
        _ = Engine({**ENVIRONMENT, **KEYS, f"AWS_EXE_SYS_{name}": value}).intake


def test_what_asks_git_is_loaded_by_a_job_with_code_there() -> None:
    text = (
        "import os, sys\n"
        "from execution_engine.wiring import Engine\n"
        "Engine(os.environ).intake\n"
        "print(sorted({name for name in sys.modules if name.rpartition('.')[2] in ('materials', 'git_code')}))"
    )
    environment = {**os.environ, **ENVIRONMENT, **KEYS}
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "['execution_engine.intake.materials']"


def test_without_a_kms_key_no_client_of_kms_is_made() -> None:
    engine = Engine({**ENVIRONMENT, **KEYS, "AWS_EXE_SYS_KMS_KEY": ""})
    with pytest.raises(NotFound, match="AWS_EXE_SYS_KMS_KEY is not set"):
        engine.kept_jobs.load("x")


def test_instances_are_gathered_by_the_target_that_told_them() -> None:
    engine = Engine({**ENVIRONMENT, **KEYS, "AWS_EXE_SYS_SSM_DOCUMENT": "engine-run"})
    assert engine.gathering is not None
    assert engine.gathering is engine.targets["ssm"].gathering  # type: ignore[attr-defined]


def test_without_a_document_there_is_nothing_to_gather() -> None:
    assert Engine({**ENVIRONMENT, **KEYS, "AWS_EXE_SYS_SSM_DOCUMENT": ""}).gathering is None


def test_nobody_is_told_anything_unless_somebody_asks(capsys: pytest.CaptureFixture[str]) -> None:
    engine = Engine({**ENVIRONMENT, **KEYS})
    engine.signals.dead_letters(1)
    assert "events" not in engine.client._made
    assert capsys.readouterr().out == ""


def test_what_is_asked_for_is_counted_under_its_service(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"POWERTOOLS_METRICS_NAMESPACE": "Engine", "POWERTOOLS_SERVICE_NAME": "ours"}
    Engine({**ENVIRONMENT, **KEYS, **asked}).signals.dead_letters(1)
    line = json.loads(capsys.readouterr().out)
    assert (line["service"], line["DeadLetters"]) == ("ours", [1.0])


def test_a_bus_is_told_by_a_client_that_is_made_when_there_is_news() -> None:
    engine = Engine({**ENVIRONMENT, **KEYS, "AWS_EXE_SYS_EVENT_BUS": "news"})
    asked: list[tuple[str, dict[str, bool]]] = []

    class Events:
        def put_events(self, **entries: Any) -> dict[str, Any]:
            asked.append(("put", {}))
            return {"Entries": [{}]}

    def client(service: str, **how: bool) -> Any:
        asked.append((service, how))
        return Events()

    signals = engine.signals
    assert asked == []
    engine.client = client  # type: ignore[assignment]
    signals.ended(a_run("00000000-0000-4000-8000-000000000001"), 5.0)
    assert asked == [("events", {"brief": True}), ("put", {})]


def test_making_an_engine_loads_no_library_of_aws() -> None:
    text = (
        "import sys\n"
        "from execution_engine.wiring import Engine\n"
        "Engine({})\n"
        "print([name for name in ('boto3', 'botocore', 'pynamodb', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_calls_go_out_side_by_side_and_come_back_in_order() -> None:
    together = threading.Barrier(3, timeout=120)

    def act(n: int) -> int:
        together.wait()
        return n * n

    assert on_threads(act, range(3)) == [0, 1, 4]


def test_the_first_error_comes_when_all_have_ended() -> None:
    ended = []

    def act(n: int) -> None:
        if n in (1, 3):
            raise ValueError(n)
        ended.append(n)

    with pytest.raises(ValueError, match="1"):
        on_threads(act, range(6))
    assert sorted(ended) == [0, 2, 4, 5]


@pytest.mark.parametrize("things", [[], [7]])
def test_one_thing_takes_no_thread(things: list[int]) -> None:
    threads = on_threads(lambda _: threading.current_thread(), things)
    assert threads == [threading.current_thread()] * len(things)
