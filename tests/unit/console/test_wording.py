from __future__ import annotations

import pytest

from execution_engine.console.wording import clock, counted, duration, iso, moment, orders_path, size, web_address


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (-3, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 m 00 s"),
        (185, "3 m 05 s"),
        (3_720, "1 h 02 m"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_times_are_utc_and_damage_is_no_crash() -> None:
    assert moment(1_700_000_000.5) == "2023-11-14 22:13:20"
    assert clock(1_700_000_000.5) == "22:13:20.500"
    assert iso(1_700_000_000.5) == "2023-11-14T22:13:20.500Z"
    assert moment(None) == "–"
    assert moment(1e30) == "1970-01-01 00:00:00"


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "//host",
        "http://",
        "http://a b",
        "http://[",
        "",
        None,
        7,
    ],
)
def test_only_addresses_of_the_web_are_links(text: object) -> None:
    assert web_address(text) is None


def test_an_address_of_the_web_is_itself() -> None:
    assert web_address("https://console.aws.amazon.com/x?y=1#z") == "https://console.aws.amazon.com/x?y=1#z"


def test_counts_and_sizes() -> None:
    assert [counted(one, "order") for one in (1, 2_000)] == ["1 order", "2,000 orders"]
    assert [size(one) for one in (None, 12, 1_500, 2_500_000)] == ["", "12 B", "1.5 KB", "2.5 MB"]


def test_a_browser_takes_no_name_for_a_folder() -> None:
    """RFC 3986, 5.2.4: dot segments are gone before anything is asked, encoded or not."""
    assert [orders_path(name) for name in ("build", "a.b", "..", ".", "...")] == [
        "/orders/build",
        "/orders/a.b",
        "/orders/~..",
        "/orders/~.",
        "/orders/~...",
    ]
