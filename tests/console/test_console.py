"""The console as people use it: a real run while it goes on, in a real browser."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from console.browser import PHONE, Window, chromium
from console.conftest import REGIONS, Running, end
from integration.machine import Machine, finish, until

DEPLOY = f"deploy-{REGIONS[0]}"


def enter(window: Window, running: Running) -> str:
    """By the address that was printed; the run's page."""
    window.open(running.address)
    until(lambda: "token" not in window.driver.current_url)
    return f"http://{urlsplit(running.address).netloc}/runs/{running.run_id}"


def at_work(window: Window, page: str) -> None:
    """Opens the run's page once its long orders run, with what they needed done."""
    window.open(page)
    until(lambda: "running" in window.text(f'tr[data-name="{DEPLOY}"] .pill'))


def order_page(window: Window, name: str) -> str:
    return str(window.one(f'tr[data-name="{name}"] a.main').get_attribute("href"))


def stays(window: Window) -> None:
    """From here on, a page that is loaded again would forget this."""
    window.run("window.neverLoadedAgain = true")


def stayed(window: Window) -> bool:
    return bool(window.run("return window.neverLoadedAgain === true"))


def check(window: Window, address: str) -> None:
    """Nothing was asked of any other host, and the browser has nothing to complain about."""
    here = urlsplit(address).netloc
    assert {urlsplit(one).netloc for one in window.requests() if one.startswith(("http", "ws"))} <= {here}
    assert window.complaints() == []
    assert "taken over" not in window.driver.title


def test_from_a_trace_id_to_a_live_log_to_a_cancel(window: Window, running: Running, pictures: Path) -> None:
    page = enter(window, running)
    window.one("#q").send_keys(running.trace_id + "\n")
    until(lambda: window.driver.current_url.endswith(f"/traces/{running.trace_id}"))
    until(lambda: window.all("main td a.main"))  # it has begun
    window.one("main td a.main").click()
    until(lambda: running.run_id in window.driver.current_url)

    # The run, while it goes on: what has ended and what runs, without the page being loaded again.
    stays(window)
    until(lambda: "running" in window.text(f'tr[data-name="{DEPLOY}"] .pill'))
    until(lambda: len(window.all("a.node.s-running")) >= 4)
    assert stayed(window)
    assert len(window.all("a.node")) == 13 and window.all(".frame") and window.all("path.e-done")
    assert window.all(".lanes .k-running") and window.all(".lanes .k-succeeded")
    window.picture(pictures / "console-graph.png")
    window.run("document.getElementById('timeline').scrollIntoView()")
    window.picture(pictures / "console-timeline.png")

    # From the graph to an order's log, which grows while one looks.
    node = window.one(f'a.node[aria-label^="{DEPLOY}:"]')
    window.run("arguments[0].scrollIntoView({block: 'center'})", node)
    node.click()
    until(lambda: "step 5:" in window.text("#log"))
    stays(window)
    seen = len(window.all("#log .l"))
    until(lambda: len(window.all("#log .l")) > seen + 40)
    assert stayed(window)
    assert window.all("#log .f6") and window.all("#log .bold.f2")
    assert "<script>document.title" in window.text("#log"), "what it wrote is text"
    assert not window.all("#log script")
    window.picture(pictures / "console-log.png")

    # A search, and the link to what it found.
    window.one("#search").send_keys("step 3:")
    until(lambda: window.text("#hits") == "1 of 1")
    assert window.driver.current_url.endswith("#L4")
    linked = window.driver.current_url
    window.open("about:blank")
    window.open(linked)
    until(lambda: window.all("#L4.linked"))
    assert not window.one("#follow").is_selected(), "who was sent to a line is not pulled away from it"

    # The cancel: asked for, confirmed, and seen.
    window.open(page)
    stays(window)
    window.one("[data-opens=cancel]").click()
    until(lambda: window.one("#cancel").is_displayed())
    window.picture(pictures / "console-cancel.png")
    window.one("#cancel [data-closes]").click()
    until(lambda: not window.one("#cancel").is_displayed())
    assert "running" in window.text(".headline .pill"), "nothing happens to who thinks again"
    window.one("[data-opens=cancel]").click()
    window.one("#cancel [type=submit]").click()
    until(lambda: not stayed(window))  # the answer to the form is the run's page
    stays(window)
    until(lambda: "failed" in window.text(".headline .pill"))
    assert stayed(window)
    assert "cancelled" in window.text(f'tr[data-name="{DEPLOY}"]')
    assert not window.all("[data-opens=cancel]") and window.all("[data-opens=retry]")
    assert finish(running.process).code == 1
    check(window, running.address)


def test_on_a_phone_and_in_the_dark(running: Running, pictures: Path) -> None:
    with chromium(PHONE, dark=True) as window:
        page = enter(window, running)
        at_work(window, page)
        order = order_page(window, DEPLOY)
        places = {
            "home": page.partition("/runs/")[0] + "/",
            "run": page,
            "order": order,
            "trace": page.partition("/runs/")[0] + f"/traces/{running.trace_id}",
            "name": page.partition("/runs/")[0] + f"/orders/{DEPLOY}",
        }
        for name, place in places.items():
            window.open(place)
            until(lambda: window.all("#live"))
            assert not window.overflows, f"{name} is wider than {PHONE[0]} px"
            window.picture(pictures / f"console-phone-{name}.png")
        paper = window.run("return getComputedStyle(document.body).backgroundColor")
        assert paper == "rgb(15, 18, 22)"
        check(window, running.address)


def test_by_the_keyboard_alone(window: Window, running: Running) -> None:
    from selenium.webdriver.common.keys import Keys

    page = enter(window, running)
    at_work(window, page)
    window.press(Keys.TAB)
    assert window.focused["name"] == "Skip to the page"
    window.press(Keys.ENTER, Keys.TAB)
    names = []
    for _ in range(60):
        names.append(window.focused["name"])
        if names[-1].startswith("checkout:"):
            break
        window.press(Keys.TAB)
    assert names[-1].startswith("checkout:"), names
    assert "Cancel…" in names and "Graph of the run's orders" in names
    outlined = window.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outlined != "none"
    # The focus outlives an update of what has it.
    until(lambda: window.run("return document.querySelector('.lanes .k-running') !== null"))
    assert window.focused["id"] == "g0001"
    window.press(Keys.ENTER)
    until(lambda: "/orders/0001" in window.driver.current_url)

    window.open(page)
    button = window.one("[data-opens=cancel]")
    button.send_keys(Keys.ENTER)
    until(lambda: window.one("#cancel").is_displayed())
    assert window.focused["name"] == "Let it run", "what does no harm has the focus"
    window.press(Keys.ESCAPE)
    until(lambda: not window.one("#cancel").is_displayed())
    assert window.focused["name"] == "Cancel…"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_rule_of_accessibility_is_broken(running: Running, dark: bool) -> None:
    """By axe-core: names, labels, roles, order of headings, contrast."""
    pytest.importorskip("axe_core_python", reason="axe-core is not installed: pip install axe-core-python")
    axe = (files("axe_core_python") / "axe.min.js").read_text("utf-8")
    with chromium(dark=dark) as window:
        page = enter(window, running)
        at_work(window, page)
        order = order_page(window, DEPLOY)
        home = page.partition("/runs/")[0]
        for place in (home + "/", page, order, f"{home}/traces/{running.trace_id}", f"{home}/find?q=nothing"):
            window.open(place)
            until(lambda: window.run("return document.readyState") == "complete")
            if place == order:
                until(lambda: window.all("#log .l"))
            window.run(axe)
            found = window.driver.execute_async_script("const done = arguments[0]; axe.run().then(done, done)")
            broken = {
                one["id"]: [node["html"][:200] + str(node["any"][:1])[:300] for node in one["nodes"]][:3]
                for one in found["violations"]
            }
            assert not broken, f"{place}: {json.dumps(broken, indent=1)}"


def test_a_run_of_300_orders_is_drawn_at_once(window: Window, machine: Machine, console: str, pictures: Path) -> None:
    """And stays on the screen while it is brought up to date. How long it took is told, not asserted."""
    orders = [
        {"order_name": f"part-{place:03d}", "cmds": ["sleep 120"], "timeout": 300, "execution_target": "lambda"}
        for place in range(300)
    ]
    for place, one in enumerate(orders):
        one["dependencies"] = [f"part-{place - 20:03d}"] if place >= 20 else []
    process = machine.begin(orders, flow_label="many")
    try:
        assert process.stderr is not None
        run_id = process.stderr.readline().decode().split()[1].rstrip(",")
        window.open(console)
        until(lambda: "token" not in window.driver.current_url)
        window.open(f"http://{urlsplit(console).netloc}/runs/{run_id}")
        assert len(window.all("a.node")) == 300 and len(window.all(".lanes .lane")) == 300
        paint = window.run("return performance.getEntriesByName('first-contentful-paint')[0].startTime")
        print(f"first paint of 300 orders after {paint:.0f} ms")  # noqa: T201
        stays(window)
        state = window.run("return document.querySelector('[data-state]').dataset.state")
        until(lambda: window.run("return document.querySelector('[data-state]').dataset.state") != state)
        assert stayed(window)
        window.picture(pictures / "console-many.png")
        window.one("[data-opens=cancel]").click()
        window.one("#cancel [type=submit]").click()
        assert finish(process).code == 1
    finally:
        end(process)
