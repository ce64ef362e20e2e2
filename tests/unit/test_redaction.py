"""Secrets that are worked with are told nobody: not by the log, nor in an answer, as long as the work goes on."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from typing import Any

import pytest
import structlog

from execution_engine import logs, redaction
from execution_engine.errors import SettingsError
from execution_engine.redaction import hide, hiding, masked


def without(secret: str) -> Callable[[str], str]:
    return lambda text: text.replace(secret, "***")


def test_what_is_hidden_stays_so_until_the_context_ends() -> None:
    with hiding():
        hide(without("t0ken"))
        with hiding():
            hide(without("inner"))
            assert masked("t0ken inner") == "*** ***"
        assert masked("t0ken inner") == "*** inner"
    assert masked("t0ken inner") == "t0ken inner"


def test_other_threads_hide_it_too() -> None:
    said: list[str] = []
    with hiding():
        hide(without("t0ken"))
        thread = threading.Thread(target=lambda: said.append(masked("t0ken")))
        thread.start()
        thread.join()
    assert said == ["***"]


def test_what_fails_ends_the_hiding() -> None:
    with pytest.raises(ValueError, match="x"), hiding():
        hide(without("t0ken"))
        raise ValueError("x")
    assert masked("t0ken") == "t0ken"


def test_without_a_context_it_is_hidden_for_good() -> None:
    mask = without("t0ken")
    hide(mask)
    try:
        with hiding():
            pass
        assert masked("t0ken") == "***"
    finally:
        redaction._masks.remove(mask)


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    before = structlog.get_config()
    yield io.StringIO()
    structlog.configure(**before)


def logger(into: io.StringIO, level: str = "info") -> Any:
    with redirect_stderr(into):
        logs.configure(level=level)
    structlog.configure(cache_logger_on_first_use=False)
    return structlog.get_logger(printed)


def test_no_line_of_the_log_holds_it(printed: io.StringIO) -> None:
    log = logger(printed)
    with hiding():
        hide(without("t0ken"))
        try:
            raise ConnectionError("refused t0ken")
        except ConnectionError as error:
            log.exception("with t0ken", value="t0ken", error=error, nested={"t0ken": ["t0ken", {"t0ken"}]})
    assert "ConnectionError" in printed.getvalue()
    assert "t0ken" not in printed.getvalue()


@pytest.mark.parametrize(
    ("level", "seen"),
    [("debug", 4), ("info", 3), ("INFO", 3), ("warning", 2), ("error", 1)],
)
def test_the_level_is_a_setting(printed: io.StringIO, level: str, seen: int) -> None:
    log = logger(printed, level)
    for one in (log.debug, log.info, log.warning, log.error):
        one("line")
    assert len([json.loads(line) for line in printed.getvalue().splitlines()]) == seen


def test_a_level_that_is_none_is_named() -> None:
    with pytest.raises(SettingsError, match="AWS_EXE_SYS_LOG_LEVEL is 'loud'; it must be one of debug, info"):
        logs.configure(level="loud")


@pytest.mark.parametrize(
    "library",
    ["boto3.resources", "botocore.parsers", "botocore.endpoint", "urllib3.connectionpool", "pynamodb", "github"],
)
def test_libraries_that_log_what_they_send_never_do(printed: io.StringIO, library: str) -> None:
    root, before = logging.getLogger(), logging.getLogger().level
    handler = logging.StreamHandler(printed)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        logger(printed, "debug")
        logging.getLogger(library).debug("Response body: t0ken")
        logging.getLogger(library).warning("seen")
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    assert printed.getvalue() == "seen\n"
