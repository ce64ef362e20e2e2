"""An order's log, stretch after stretch and whole."""

from __future__ import annotations

from typing import Any

import pytest
from unit.console.stand import RUN, Site

from execution_engine.console.log_window import WINDOW

LOG = f"/runs/{RUN}/orders/0001/log"


@pytest.fixture
def site() -> Site:
    made = Site()
    made.stand.begin("build")
    made.stand.tell("0001", "running", attempt=1)
    return made


def told(site: Site, **asked: Any) -> dict[str, Any]:
    answer = site.get(LOG + "?" + "&".join(f"{name}={value}" for name, value in asked.items()))
    assert answer.status_code == 200 and answer.json is not None
    return dict(answer.json)


def test_a_log_is_followed_to_its_end(site: Site) -> None:
    site.stand.log("0001", b"one\ntw")
    first = told(site)
    assert ("one" in first["html"], "tw" in first["rest"], first["ended"], first["more"]) == (True, True, False, False)
    site.stand.log("0001", b"o\n")
    site.stand.tell("0001", "succeeded", attempt=1)
    second = told(site, **{"from": first["next"], "attempt": first["attempt"]})
    assert 'id="L2"' in second["html"] and ">two<" in second["html"]
    assert (second["rest"], second["ended"]) == ("", True)


def test_nothing_yet_is_nothing_ended(site: Site) -> None:
    site.stand.begin("build")
    assert told(site)["html"] == "" and told(site)["ended"] is False


def test_a_long_log_comes_in_stretches(site: Site) -> None:
    line = b"x" * 99 + b"\n"
    site.stand.log("0001", line * 4_000)
    site.stand.tell("0001", "succeeded", attempt=1)
    first = told(site)
    assert first["more"] and not first["ended"]
    lines = WINDOW // 100
    assert first["next"] == f"{lines * 100}.{lines + 1}."
    end = told(site, **{"from": "end"})
    assert end["ended"] and 'id="L4000"' in end["html"] and 'id="L1"' not in end["html"]


def test_an_earlier_attempts_log_is_complete(site: Site) -> None:
    site.stand.log("0001", b"first\n", attempt=1)
    site.stand.log("0001", b"second\n", attempt=2)
    site.stand.tell("0001", "running", attempt=2)
    assert "second" in told(site)["html"] and told(site)["attempt"] == 2
    earlier = told(site, attempt=1)
    assert "first" in earlier["html"] and earlier["ended"] and earlier["latest"] == 2


def test_what_it_wrote_is_text(site: Site) -> None:
    site.stand.log("0001", b"<script>alert(1)</script>\n<img src=x>")
    answer = told(site)
    assert "<script" not in answer["html"] and "<img" not in answer["rest"]


def test_the_file_is_the_logs_bytes(site: Site) -> None:
    site.stand.log("0001", b"\x1b[31m<b>\xff\n")
    answer = site.get(LOG + ".txt")
    assert answer.data == b"\x1b[31m<b>\xff\n"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="build.log"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
