"""Who gets in, what may be done, and how whatever goes wrong is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.console.stand import HOST, RUN, Site

from execution_engine.console import rendering
from execution_engine.console.pages import LIVE
from execution_engine.errors import EngineError, Fault, JobRefused


@pytest.fixture
def site() -> Site:
    made = Site(actions=True)
    made.stand.begin("build", "test")
    return made


PATHS = [
    "/",
    "/find?q=x",
    "/traces/t",
    "/orders/o",
    f"/runs/{RUN}",
    f"/runs/{RUN}/orders/0001/log",
    "/static/console.js",
]


@pytest.mark.parametrize("path", PATHS)
def test_without_the_key_nothing_is_shown(site: Site, path: str) -> None:
    answer = site.stranger().get(path, headers={"Host": HOST})
    assert answer.status_code == 403
    assert "execution-engine console" in answer.text
    assert "build" not in answer.text and "word" not in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4711", "127.0.0.1:80"])
def test_by_another_name_nothing_is_shown_even_with_the_key(site: Site, host: str) -> None:
    answer = site.get(f"/runs/{RUN}", Host=host)
    assert answer.status_code == 403
    answer = site.stranger().get(site.path(site.door.address), headers={"Host": host})
    assert answer.status_code == 403 and "Set-Cookie" not in answer.headers


def test_the_key_leaves_the_address(site: Site) -> None:
    client = site.stranger()
    answer = client.get(site.path(site.door.address), headers={"Host": HOST})
    assert answer.status_code == 200
    assert 'content="0;url=/"' in answer.text
    assert site.path(site.door.address).rpartition("=")[2] not in answer.text
    assert client.get("/", headers={"Host": HOST}).status_code == 200


def test_a_wrong_key_is_none(site: Site) -> None:
    assert site.stranger().get("/?token=guess", headers={"Host": HOST}).status_code == 403


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example/x", "/\\evil.example/x"])
def test_a_key_leads_to_no_other_host(site: Site, path: str) -> None:
    token = site.door.address.rpartition("=")[2]
    answer = site.stranger().get(
        "/", query_string={"token": token}, headers={"Host": HOST}, environ_overrides={"PATH_INFO": path}
    )
    assert 'content="0;url=/evil.example/x"' in answer.text


@pytest.mark.parametrize("path", ["/", f"/runs/{RUN}", "/nothing", f"/runs/{RUN}/orders/0001/log"])
def test_every_page_keeps_to_itself(site: Site, path: str) -> None:
    headers = site.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    assert "unsafe" not in policy and "http:" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/static/../door.py", 404),
        ("/static/nothing.js", 404),
        ("/runs/nothing", 404),
        (f"/runs/{RUN}/orders/9999", 404),
        (f"/runs/{RUN}/orders/0001/log?from=nonsense", 404),
        (f"/runs/{RUN}/orders/0001/log?attempt=7", 404),
        (f"/runs/{RUN}/orders/0001/log?attempt=-1", 404),
        ("/traces/nothing", 404),
        ("/orders/nothing", 404),
        ("/orders/_job", 404),
        ("/find?q=nothing", 404),
        ("/runs/%2e%2e%2f%00", 404),
        (f"/runs/{RUN}/cancel", 405),
    ],
)
def test_what_is_not_there(site: Site, path: str, status: int) -> None:
    assert site.get(path).status_code == status


def test_what_was_asked_for_is_said_as_text(site: Site) -> None:
    answer = site.get("/find?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text and "&lt;script&gt;alert(1)" in answer.text


def test_an_action(site: Site) -> None:
    answer = site.post(f"/runs/{RUN}/cancel")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/runs/{RUN}")
    assert site.cancelled == [RUN]
    answer = site.post(f"/runs/{RUN}/retry", Origin=f"http://{HOST}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/runs/{RUN}")
    assert site.stand.retried == [RUN]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {"Host": "evil.example"}],
)
def test_no_other_page_acts(site: Site, headers: dict[str, str]) -> None:
    assert site.post(f"/runs/{RUN}/cancel", **headers).status_code == 403
    assert site.cancelled == []


def test_nobody_acts_without_the_word_of_the_form(site: Site) -> None:
    assert site.post(f"/runs/{RUN}/cancel", word="guessed").status_code == 403
    assert site.known().post(f"/runs/{RUN}/cancel", headers={"Host": HOST}).status_code == 403
    answer = site.known().get(f"/runs/{RUN}/cancel?word={site.door.word}", headers={"Host": HOST})
    assert answer.status_code == 405
    assert site.cancelled == []


def test_who_may_only_read_only_reads() -> None:
    site = Site()
    site.stand.begin("build")
    answer = site.post(f"/runs/{RUN}/cancel")
    assert answer.status_code == 403 and "--allow-actions" in answer.text
    assert site.cancelled == []
    page = site.get(f"/runs/{RUN}").text
    assert "read-only" in page and "Cancel" not in page and site.door.word not in page


def test_an_action_on_what_is_not_there(site: Site) -> None:
    assert site.post("/runs/nothing/cancel").status_code == 404
    assert site.cancelled == []


def test_a_refusal_says_why(site: Site) -> None:
    site.failure = JobRefused([Fault("run_id", f"run {RUN} still goes on; cancel it")], status=409)
    answer = site.post(f"/runs/{RUN}/retry")
    assert answer.status_code == 409 and "still goes on" in answer.text and "Not now" in answer.text


def test_a_failure_says_what_the_engine_says_and_nothing_of_others(site: Site) -> None:
    site.failure = EngineError("the place stopped")
    assert "the place stopped" in site.post(f"/runs/{RUN}/cancel").text
    site.failure = ValueError("an address with a secret")
    answer = site.post(f"/runs/{RUN}/cancel")
    assert answer.status_code == 500
    assert "ValueError" in answer.text and "secret" not in answer.text


def test_a_form_that_is_no_form_of_ours_is_not_read(site: Site) -> None:
    answer = site.known().post(f"/runs/{RUN}/cancel", data={"word": "x" * 100_000}, headers={"Host": HOST})
    assert answer.status_code == 413


def test_a_script_is_told_in_its_own_words(site: Site) -> None:
    answer = site.get(f"/runs/{RUN}/orders/0009/log")
    assert answer.status_code == 404 and "no order" in answer.json["error"]  # type: ignore[index]


def test_what_pages_need_is_kept_by_the_browser(site: Site) -> None:
    for name, kind in (("console.js", "text/javascript"), ("console.css", "text/css"), ("ansi.css", "text/css")):
        answer = site.get(f"/static/{name}")
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(kind)
        assert "max-age" in answer.headers["Cache-Control"]


def test_a_page_is_sent_as_it_is_written(site: Site) -> None:
    """A browser shows its beginning meanwhile; the part that is asked for again and again comes whole."""
    order = site.stand.world.the_orders["0001"]
    for place in range(1, 101):
        num = f"{place:04d}"
        site.stand.world.the_orders[num] = replace(order, order_num=num, order_name=f"part-{num}", dependencies=())
    pieces = list(site.get(f"/runs/{RUN}").response)
    assert len(pieces) > 3
    assert b"<main" in pieces[0] and b"</html>" in pieces[-1]
    assert len(list(site.get(f"/runs/{RUN}", **{LIVE: ""}).response)) == 1


def test_what_is_prepared_is_every_template() -> None:
    known = rendering.environment()
    assert known.cache is not None
    known.cache.clear()
    rendering.prepare()
    assert len(known.cache) == len(known.list_templates()) > 20
