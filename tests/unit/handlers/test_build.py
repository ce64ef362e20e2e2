"""The command of a build: what it reads, what it says with its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from unit.handlers.conftest import Load
from unit.handlers.test_worker import EVENT

from execution_engine import resources
from execution_engine.local.names import VALUES
from execution_engine.worker import guard
from execution_engine.worker.assignment import Assignment
from execution_engine.worker.worker import Fate

ARN = "arn:aws:codebuild:eu-west-1:123456789012:build/engine-build:00000000-0000-4000-8000-000000000001"
KEY_PATH = "SOPS_KEY_SSM_PATH"


def given() -> dict[str, str]:
    """The settings that the deployment gives to a build."""
    project, known = resources.load("codebuild", **VALUES)["build"], resources.load("functions", **VALUES)["settings"]
    return {f"AWS_EXE_SYS_{name}": known[name] for name in project["settings"]}


class Stand:
    """The module with an engine whose worker only says what it was given."""

    def __init__(self, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.main = module.main
        self.fate = Fate.REPORTED
        self.seen: list[object] = []
        monkeypatch.setattr(module, "worker_engine", lambda: self)

    def worker(self, url: str | None) -> Any:
        def work(assignment: Assignment) -> Any:
            self.seen += [url, assignment]
            return SimpleNamespace(fate=self.fate)

        return SimpleNamespace(work=work)


@pytest.fixture
def stand(load: Load, monkeypatch: pytest.MonkeyPatch) -> Stand:
    monkeypatch.setenv("AWS_EXE_SYS_ASSIGNMENT", json.dumps(EVENT))
    for name in (KEY_PATH, "CODEBUILD_BUILD_ARN", "CODEBUILD_PUBLIC_BUILD_URL"):
        monkeypatch.delenv(name, raising=False)
    return Stand(load("build", given()), monkeypatch)


def test_what_is_assigned_is_worked_on(stand: Stand) -> None:
    assert stand.main() == 0
    assert stand.seen == [None, Assignment.from_payload(EVENT)]


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        (Fate.REPORTED, 0),
        (Fate.SUPERSEDED, 0),
        (Fate.NOT_OURS, 0),
        (Fate.TOO_LATE, 0),
        (Fate.UNREPORTED, 1),
    ],
)
def test_a_build_fails_only_where_nobody_was_told(stand: Stand, fate: Fate, code: int) -> None:
    stand.fate = fate
    assert stand.main() == code


def test_the_place_of_the_key_may_come_beside_the_assignment(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {name: value for name, value in EVENT.items() if name != KEY_PATH}
    monkeypatch.setenv("AWS_EXE_SYS_ASSIGNMENT", json.dumps(told))
    monkeypatch.setenv(KEY_PATH, "/beside/it")
    assert stand.main() == 0
    assert stand.seen[1] == Assignment.from_payload({**EVENT, KEY_PATH: "/beside/it"})


def test_it_says_where_the_build_is_shown(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEBUILD_BUILD_ARN", ARN)
    stand.main()
    monkeypatch.setenv("CODEBUILD_PUBLIC_BUILD_URL", "https://public.example/build")
    stand.main()
    page, public = stand.seen[::2]
    assert str(page).startswith("https://eu-west-1.console.aws.amazon.com/codesuite/codebuild/123456789012/projects/")
    assert public == "https://public.example/build"


def test_no_other_process_reads_its_memory(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("build", given())
    forbidden: list[bool] = []
    monkeypatch.setattr(guard, "forbid_dumping", lambda: forbidden.append(True))
    module.worker_engine()
    assert forbidden == [True]


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """As the build runs it, with nothing that would be AWS."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_EXE_SYS_", "SOPS_"))}
    return subprocess.run(
        [sys.executable, "-m", "execution_engine.handlers.build"],
        env={**clean, **given(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "AWS_EXE_SYS_ASSIGNMENT is not set"),
        ({"AWS_EXE_SYS_ASSIGNMENT": ""}, "AWS_EXE_SYS_ASSIGNMENT is not set"),
        ({"AWS_EXE_SYS_ASSIGNMENT": "{'run_id':"}, "AWS_EXE_SYS_ASSIGNMENT is no JSON object"),
        ({"AWS_EXE_SYS_ASSIGNMENT": "[]"}, "AWS_EXE_SYS_ASSIGNMENT is no JSON object"),
        ({"AWS_EXE_SYS_ASSIGNMENT": "{}"}, "AWS_EXE_SYS_ASSIGNMENT: the launch lacks order_name,"),
        (
            {"AWS_EXE_SYS_ASSIGNMENT": json.dumps({**EVENT, "attempt": 0})},
            "AWS_EXE_SYS_ASSIGNMENT: the launch has a malformed attempt: '0'",
        ),
        (
            {"AWS_EXE_SYS_ASSIGNMENT": json.dumps(EVENT), "AWS_EXE_SYS_INTERNAL_BUCKET": ""},
            "AWS_EXE_SYS_INTERNAL_BUCKET is not set",
        ),
        (
            {"AWS_EXE_SYS_ASSIGNMENT": json.dumps(EVENT), "AWS_EXE_SYS_GRACE": "soon"},
            "AWS_EXE_SYS_GRACE is 'soon'",
        ),
    ],
)
def test_a_launch_that_can_not_be_understood_is_one_line(environment: dict[str, str], told: str) -> None:
    ended = run(**environment)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(told)


def test_a_launch_that_comes_too_late_asks_nobody_and_does_no_harm() -> None:
    """``not_after`` is long gone; without a network and keys that are good this is all that can be done."""
    ended = run(AWS_EXE_SYS_ASSIGNMENT=json.dumps(EVENT))
    assert (ended.returncode, ended.stdout) == (0, "")
    assert '"fate":"too_late"' in ended.stderr.replace(" ", "")


def test_it_loads_nothing_of_aws_before_there_is_something_to_do() -> None:
    program = (
        "import sys, execution_engine.handlers.build; "
        "print(*[name for name in ('boto3', 'botocore', 'pynamodb', 'pydantic') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == ""
