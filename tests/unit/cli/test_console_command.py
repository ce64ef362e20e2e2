"""``console``: the address it prints, the browser it starts, the end it comes to."""

from __future__ import annotations

import builtins
import json
import webbrowser
from collections.abc import Callable
from typing import Any

import pytest
from unit.cli.stand import RUN, Stand

from execution_engine.cli import console_command
from execution_engine.cli.console_command import has_screen
from execution_engine.cli.places import ThisMachine
from execution_engine.local.http_server import HttpServer


@pytest.fixture(autouse=True)
def logs_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line's test runner takes standard error away with it when it ends."""
    monkeypatch.setattr(console_command, "configure", lambda **_: None)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What happens while it serves; nothing is really served."""
    script: list[Callable[[], None]] = []

    def serve(server: HttpServer) -> None:
        for step in script:
            step()

    monkeypatch.setattr(HttpServer, "serve", serve)
    return script


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    return addresses


def test_it_prints_the_address_and_nothing_else(stand: Stand, served: list[Any]) -> None:
    result = stand.call("console", "--no-open")
    assert result.exit_code == 0
    assert result.stdout.startswith("http://127.0.0.1:") and "/?token=" in result.stdout
    assert len(result.stdout.splitlines()) == 1
    assert "can read everything" in result.stderr
    assert stand.left == 1


def test_as_json(stand: Stand, served: list[Any]) -> None:
    result = stand.call("console", "--no-open", "--json", "--allow-actions")
    assert json.loads(result.stdout)["url"].startswith("http://127.0.0.1:")
    assert "can cancel and retry runs" in result.stderr


def test_a_browser_gets_a_key_for_one_use(
    stand: Stand, served: list[Any], opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    result = stand.call("console")
    assert len(opened) == 1 and opened[0] != result.stdout.strip()
    assert opened[0].partition("=")[0] == result.stdout.partition("=")[0]


def test_no_browser_is_started_unless_it_has_a_window(stand: Stand, served: list[Any], opened: list[str]) -> None:
    stand.call("console", "--no-open")
    assert opened == []
    assert not has_screen({}, "linux")
    assert has_screen({"DISPLAY": ":0"}, "linux") and has_screen({"WAYLAND_DISPLAY": "w"}, "linux")
    assert has_screen({}, "darwin")


def test_a_port_that_is_taken_is_said(stand: Stand) -> None:
    taken = HttpServer(lambda *_: [], 0)
    try:
        result = stand.call("console", "--no-open", "--port", str(taken.port))
    finally:
        taken.close()
    assert result.exit_code == 1 and "name another by --port" in result.stderr
    assert stand.left == 1


def test_without_its_libraries_it_says_how_to_get_them(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:
        if name.startswith("execution_engine.console.application"):
            raise ModuleNotFoundError("No module named 'jinja2'", name="jinja2")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    result = stand.call("console")
    assert result.exit_code == 2
    assert "needs jinja2: pip install 'aws-execution-engine[console]'" in result.stderr
    assert stand.opened == []


def test_a_deployment_and_a_state_folder_exclude_each_other(stand: Stand) -> None:
    result = stand.call("console", "--aws", "--state", "x")
    assert result.exit_code == 2 and "exclude each other" in result.stderr


def test_a_deployment_is_named_by_the_environment(stand: Stand) -> None:
    result = stand.call("console", "--aws", "--no-open")
    assert result.exit_code == 1 and "AWS_EXE_SYS_ORDERS_TABLE" in result.stderr


def test_a_run_that_was_retried_and_is_left_is_named(
    stand: Stand, served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.alone = True
    places: list[ThisMachine] = []
    make = ThisMachine.__init__

    def remember(place: ThisMachine, machine: Any) -> None:
        make(place, machine)
        places.append(place)

    monkeypatch.setattr(ThisMachine, "__init__", remember)
    served.append(lambda: places[0].retry("old") and None)
    result = stand.call("console", "--no-open")
    assert f"execution-engine wait {RUN}" in result.stderr


def test_this_machine_cancels_as_the_command_does(stand: Stand) -> None:
    stand.begin("build")
    stand.abandoned.add(RUN)
    place = ThisMachine(stand)
    place.cancel(RUN)
    assert (stand.cancels, stand.taken_up) == (1, [RUN])
    stand.complete("failed", failed=1)
    place.cancel(RUN)
    assert stand.cancels == 1, "what is over stays as it is"


def test_a_retry_that_others_keep_going_is_no_concern(stand: Stand) -> None:
    place = ThisMachine(stand)
    assert place.unfinished() == []
    assert place.retry("old") == RUN
    assert place.unfinished() == []
    stand.alone = True
    assert place.unfinished() == [RUN]
    stand.complete("succeeded", succeeded=2)
    assert place.unfinished() == []
