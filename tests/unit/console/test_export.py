"""A trace as a file."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from dataclasses import replace

import pytest
from unit.console.stand import RUN, TRACE, Site
from unit.console.test_pages import Tags, addresses

from execution_engine.console import export
from execution_engine.console.lines import write_lines


@pytest.fixture
def site() -> Site:
    made = Site()
    stand = made.stand
    stand.begin("build", "test")
    made.job_event("job_started", "running", orders=2)
    stand.tell("0001", "dispatched", attempt=1)
    stand.tell("0001", "running", attempt=1)
    stand.log("0001", b"\x1b[31m<script>alert(1)</script>\n\x1b[0mdone")
    stand.tell("0001", "failed", attempt=1, exit_code=3, note="<img src=x>")
    stand.tell("0002", "failed", reason="dependency_failed")
    stand.complete("failed", failed=2)
    made.job_event("job_completed", "failed")
    return made


def page(site: Site, order: str | None = None) -> str:
    file = io.StringIO()
    export.write_page(site.history, TRACE, order, site.clock.now(), file)
    return file.getvalue()


def test_the_page_has_graph_timeline_log_and_events(site: Site) -> None:
    html = page(site)
    assert html.count('<a class="node s-') == 2 and '<rect class="k-failed"' in html
    assert '<span class="f1">&lt;script&gt;alert(1)' in html and "job_completed" not in html.split("<h2>Events")[0]
    assert "dependency failed" in html and "It never ran" in html


def test_the_page_needs_nothing_and_does_nothing(site: Site) -> None:
    html = page(site)
    assert addresses(html) == []
    tags = Tags(html).tags
    assert not [tag for tag, _ in tags if tag in ("script", "img", "iframe", "form", "button", "link")]
    policy = next(attrs["content"] for tag, attrs in tags if attrs.get("http-equiv") == "Content-Security-Policy")
    sheet = html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in sheet and "@import" not in sheet


def test_links_lead_to_the_logs_on_the_page(site: Site) -> None:
    html = page(site)
    tags = Tags(html).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    inner = {str(attrs["href"]) for tag, attrs in tags if tag == "a" and str(attrs.get("href")).startswith("#")}
    assert inner and {one[1:] for one in inner} <= set(ids)


def test_of_one_order_only_that_one(site: Site) -> None:
    html = page(site, "test")
    assert '<a class="node' not in html and "alert(1)" not in html


def test_a_retry_stands_below_what_it_repeats(site: Site) -> None:
    first = list(site.stand.world.the_events)
    other = "11111111-0000-4000-8000-00000000abcd"
    site.stand.world.the_events += [replace(event, run_id=other, epoch=event.epoch + 100) for event in first]
    html = page(site)
    assert html.index(RUN) < html.index(other)
    assert html.count("<h2>Timeline</h2>") == 2
    assert "had their day" in html, "of the other there are only events"


def test_long_logs_are_cut_and_say_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LOG_LIMIT", 100)
    site.stand.log("0001", b"".join(b"\nline %d" % place for place in range(1, 1_000)))
    html = page(site)
    assert re.search(r"from line [\d,]+ on", html)
    assert "line 999" in html and "line 500<" not in html
    monkeypatch.setattr(export, "TOTAL_LIMIT", 0)
    assert "left out" in page(site)


def test_lines_are_the_events(site: Site) -> None:
    file = io.StringIO()
    count = write_lines(site.history, TRACE, None, file)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert lines == [event for one in site.history.pages(TRACE) for event in one["events"]]
    assert count == len(lines) == len(site.stand.world.the_events)
