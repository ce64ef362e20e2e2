"""What the pages show."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from contracts.examples import NOW
from unit.console.stand import RUN, TRACE, Site

from execution_engine.console.pages import LIVE
from execution_engine.orders.status import Status

EVIL = "<img src=x onerror=alert(1)>\u202e\x1b[31m"


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def site() -> Site:
    made = Site(actions=True)
    stand = made.stand
    stand.begin("build", "test")
    made.job_event("job_started", "running", orders=2)
    stand.clock.advance(1)
    stand.tell("0001", "dispatched", attempt=1)
    stand.tell("0001", "running", attempt=1, execution_url="https://console.aws.amazon.com/x")
    stand.clock.advance(30)
    return made


def addresses(html: str) -> list[str]:
    """Everything that a page would fetch by itself."""
    fetched = {"script": "src", "img": "src", "link": "href", "iframe": "src", "image": "href", "use": "href"}
    return [attrs[fetched[tag]] or "" for tag, attrs in Tags(html).tags if attrs.get(fetched.get(tag, ""))]


@pytest.mark.parametrize(
    "path",
    ["/", f"/traces/{TRACE}", f"/runs/{RUN}", f"/runs/{RUN}/orders/0001", f"/runs/{RUN}/orders/build", "/orders/build"],
)
def test_no_page_fetches_from_elsewhere_or_has_a_script_in_it(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 200
    assert all(address.startswith("/static/") for address in addresses(answer.text))
    for tag, attrs in Tags(answer.text).tags:
        assert not any(name.startswith("on") or name == "style" for name in attrs), (tag, attrs)
        assert tag != "script" or attrs.get("src")
    ids = [attrs["id"] for _, attrs in Tags(answer.text).tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_the_latest_runs(site: Site) -> None:
    page = site.get("/").text
    assert f'href="/runs/{RUN}?trace={TRACE}"' in page and "running" in page
    site.job_event("job_completed", "failed")
    assert "failed" in site.get("/").text
    assert "No run has begun" in Site().get("/").text


@pytest.mark.parametrize(
    ("sought", "path"),
    [
        (RUN, f"/runs/{RUN}"),
        (TRACE, f"/traces/{TRACE}"),
        (f"  {TRACE} ", f"/traces/{TRACE}"),
        ("build", "/orders/build"),
        ("", "/"),
    ],
)
def test_what_is_sought_is_found(site: Site, sought: str, path: str) -> None:
    answer = site.get("/find?q=" + sought.replace(" ", "%20"))
    assert (answer.status_code, answer.headers.get("Location")) == (303, path)


def test_a_run_is_graph_timeline_and_table(site: Site) -> None:
    page = site.get(f"/runs/{RUN}").text
    assert page.count('<a class="node s-') == 2
    assert 'id="g0001" href="/runs/' + RUN + '/orders/0001"' in page
    assert '<rect class="k-running"' in page
    assert '<tr id="o0002" data-status="queued"' in page
    assert 'data-since="' in page
    assert "data-over" not in page
    assert "Cancel…" in page and "Retry…" not in page


def test_a_run_that_is_over_offers_a_retry_and_no_cancel(site: Site) -> None:
    site.stand.tell("0001", "failed", exit_code=3)
    site.stand.tell("0002", "failed", reason="dependency_failed")
    site.stand.complete("failed", failed=2)
    page = site.get(f"/runs/{RUN}").text
    assert "data-over" in page and "Retry…" in page and "Cancel…" not in page
    assert "exit 3" in page and "dependency failed" in page


def test_a_run_that_nobody_works_on_says_so(site: Site) -> None:
    site.abandoned = True
    assert "Nobody works on this run" in site.get(f"/runs/{RUN}").text


def test_updates_are_the_changing_part_only(site: Site) -> None:
    part = site.get(f"/runs/{RUN}", **{LIVE: ""})
    assert part.text.lstrip().startswith("<div data-state=") and "<html" not in part.text
    state = re.search(r'data-state="([^"]+)"', part.text)
    assert state is not None
    site.stand.world.asked.clear()
    assert site.get(f"/runs/{RUN}", **{LIVE: state[1]}).status_code == 204
    assert site.stand.world.asked == ["run"], "one question tells that nothing happened"
    site.stand.tell("0001", "succeeded")
    assert site.get(f"/runs/{RUN}", **{LIVE: state[1]}).status_code == 200


@pytest.mark.parametrize("path", ["/", f"/traces/{TRACE}", f"/runs/{RUN}/orders/0001", "/orders/build"])
def test_nothing_new_is_no_page(site: Site, path: str) -> None:
    part = site.get(path, **{LIVE: ""}).text
    state = Tags(part).tags[0][1]["data-state"]
    assert state
    assert site.get(path, **{LIVE: state}).status_code == 204


def test_what_anybody_wrote_is_text(site: Site) -> None:
    world = site.stand.world
    world.the_orders["0001"] = replace(
        world.the_orders["0001"], damaged=EVIL, reason=EVIL, execution_url=f"javascript:{EVIL}"
    )
    site.stand.tell("0001", EVIL, status=EVIL, message=EVIL, **{EVIL: {"deep": [EVIL]}})
    for path in (f"/runs/{RUN}", f"/runs/{RUN}/orders/0001", f"/traces/{TRACE}"):
        page = site.get(path).text
        assert "<img" not in page and 'href="javascript:' not in page
        assert "&lt;img" in page
    events = site.get(f"/traces/{TRACE}").text
    assert "\u202e" not in events and "\x1b" not in events


def test_an_orders_page(site: Site) -> None:
    world = site.stand.world
    world.the_orders["0001"] = replace(world.the_orders["0001"], execution_url="https://console.aws.amazon.com/x")
    page = site.get(f"/runs/{RUN}/orders/0001").text
    assert 'href="https://console.aws.amazon.com/x" target="_blank" rel="noopener noreferrer"' in page
    assert f'data-log="/runs/{RUN}/orders/0001/log"' in page
    assert 'data-attempt=""' in page, "not pinned, unless somebody chose one"


def test_an_orders_instances_have_a_log_each(site: Site) -> None:
    world = site.stand.world
    ends = {
        "i-1": {"status": "succeeded", "exit_code": 0},
        "i-2": {"status": "failed", "exit_code": 28, "message": "<b>no room</b>"},
    }
    world.the_orders["0001"] = replace(
        world.the_orders["0001"], execution_target="ssm", ssm_targets={"instance_ids": ["i-1", "i-2"]}
    )
    site.stand.tell("0001", "failed", attempt=1, instances=ends)
    page = site.get(f"/runs/{RUN}/orders/0001").text
    assert "?attempt=1&amp;instance=i-1" in page and "exit 28" in page and "&lt;b&gt;no room" in page
    assert 'data-instance="i-2"' in page, "first the one that did not succeed"
    assert 'data-instance="i-1"' in site.get(f"/runs/{RUN}/orders/0001?instance=i-1").text


def test_when_the_records_are_gone_the_events_tell(site: Site) -> None:
    site.stand.tell("0001", "succeeded", attempt=1, exit_code=0)
    site.job_event("job_completed", "succeeded")
    site.expire()
    assert site.get(f"/runs/{RUN}").status_code == 404
    page = site.get(f"/runs/{RUN}?trace={TRACE}").text
    assert "had their day" in page and '<rect class="k-succeeded"' in page and "Retry…" not in page
    assert f"/orders/0001?trace={TRACE}" in page
    order = site.get(f"/runs/{RUN}/orders/0001?trace={TRACE}").text
    assert "its logs with them" in order and "data-log" not in order


def test_attempts_of_an_order_that_had_several(site: Site) -> None:
    site.stand.tell("0001", "queued", attempt=1)
    site.stand.clock.advance(5)
    site.stand.tell("0001", "dispatched", attempt=2)
    site.stand.tell("0001", "running", attempt=2)
    page = site.get(f"/runs/{RUN}").text
    assert '<rect class="k-again"' in page and '<rect class="k-ended"' in page and "attempt 2" in page
    order = site.get(f"/runs/{RUN}/orders/0001?attempt=1").text
    assert '<a class="tab" href="?attempt=1" aria-current="true"' in order and 'data-attempt="1"' in order


def test_large_runs_have_pages(site: Site) -> None:
    names = [f"order-{place}" for place in range(1, 1_203)]
    site.stand.begin(*names)
    page = site.get(f"/runs/{RUN}").text
    assert page.count("<tr id=") == 500 and "Orders 1 to 500 of 1202" in page
    last = site.get(f"/runs/{RUN}?from=1000").text
    assert last.count("<tr id=") == 202 and 'id="o1202"' in last
    assert site.get(f"/runs/{RUN}?from=99999").text.count("<tr id=") == 500


def test_times_are_those_of_the_place(site: Site) -> None:
    assert f'data-since="{NOW + 1}"' in site.get(f"/runs/{RUN}").text


def test_a_run_says_first_what_failed_and_why(site: Site) -> None:
    stand = site.stand
    stand.tell("0001", "failed", attempt=1, exit_code=3)
    stand.tell("0002", "failed", reason="dependency_failed")
    text = site.get(f"/runs/{RUN}").text
    causes = text.partition('<p class="chips causes">')[2].partition("</p>")[0]
    assert "<b>build</b> exit 3" in causes and f"/runs/{RUN}/orders/0001" in causes
    assert "test" not in causes, "what another one's failure ended is no cause"
    assert text.index("causes") < text.index('id="graph"')


def test_a_run_names_some_of_many_that_failed(site: Site) -> None:
    order = site.stand.world.the_orders["0001"]
    for place in range(1, 31):
        num = f"{place:04d}"
        one = replace(order, order_num=num, order_name=f"part-{num}", status=Status.TIMED_OUT, dependencies=())
        site.stand.world.the_orders[num] = one
    causes = site.get(f"/runs/{RUN}").text.partition('<p class="chips causes">')[2].partition("</p>")[0]
    assert causes.count("<a ") == 6 and "timed out" in causes and "and 24 more" in causes


def test_a_run_of_which_no_order_is_recorded_yet(site: Site) -> None:
    site.stand.world.the_orders.clear()
    answer = site.get(f"/runs/{RUN}")
    assert answer.status_code == 200
    assert "None of its orders is recorded yet" in answer.text and "causes" not in answer.text


def test_orders_of_a_name_that_is_a_folder_to_browsers(site: Site) -> None:
    world = site.stand.world
    world.the_orders["0001"] = replace(world.the_orders["0001"], order_name="..")
    world.the_events[:] = [
        replace(one, order_name=".." if one.order_num == "0001" else one.order_name) for one in world.the_events
    ]
    assert 'href="/orders/~.."' in site.get(f"/runs/{RUN}/orders/0001").text
    assert site.get("/find?q=..").headers["Location"] == "/orders/~.."
    answer = site.get("/orders/~..")
    assert answer.status_code == 200 and "<h1>..</h1>" in answer.text
