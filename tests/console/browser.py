"""Debian's Chromium, driven by Selenium; nothing is downloaded for it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HOW = "apt-get install chromium chromium-driver, or name them by CHROMIUM and CHROMEDRIVER"
PHONE = (400, 860)
DESK = (1280, 900)


def needed() -> tuple[str, str]:
    """Where the browser and its driver are. Without them the tests are skipped, and say why."""
    pytest.importorskip("selenium", reason="Selenium is not installed: pip install selenium")
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    driver = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip(f"no Chromium with its driver on this machine ({HOW}): the console was NOT tried in a browser")
    return browser, driver


@contextmanager
def chromium(size: tuple[int, int] = DESK, *, dark: bool = False) -> Iterator[Window]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    browser, driver = needed()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for one in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(one)
    # What the browser itself would like to ask at home is no request of a page's.
    for one in ("--disable-background-networking", "--disable-component-update", "--no-first-run"):
        options.add_argument(one)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = webdriver.Chrome(options=options, service=Service(driver))
    try:
        window = Window(made)
        window.resize(*size)
        if dark:
            window.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        yield window
    finally:
        made.quit()


class Window:
    """A browser's one page."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def tell(self, command: str, **what: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, what)

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.tell("Emulation.setDeviceMetricsOverride", **metrics)

    def open(self, address: str) -> None:
        self.driver.get(address)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        """As it is in the page, whether seen or not; empty if it is not there."""
        return str(self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector))

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    @property
    def focused(self) -> dict[str, str]:
        """What has the focus: its tag, id and name."""
        return dict(
            self.run(
                "const e = document.activeElement; return {tag: e.tagName.toLowerCase(), id: e.id, "
                "name: e.getAttribute('aria-label') || e.textContent.trim()}"
            )
        )

    @property
    def overflows(self) -> bool:
        """Whether the page itself has to be scrolled sideways."""
        return bool(self.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def picture(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        assert self.driver.save_screenshot(str(path))

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call, by whatever on the page."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """What the browser's console said since the last call: errors, and what a page's policy forbade."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]
