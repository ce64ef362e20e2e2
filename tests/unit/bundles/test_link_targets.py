"""Links stay inside, also when they lead through each other."""

from __future__ import annotations

import pytest

from execution_engine.bundles.link_targets import first_fault

OUTSIDE = "outside the code's folder"


def links(**targets: str) -> dict[tuple[str, ...], str]:
    return {tuple(name.split("__")): target for name, target in targets.items()}


@pytest.mark.parametrize(
    "found",
    [
        links(a="b"),
        links(a="."),
        links(d__a="../b"),
        links(d__a=".."),
        links(d__e__a="../../x/../y"),
        links(a="missing/file"),
        links(a="a"),
        links(a="b", b="a"),
        links(a="d/..", d="e/f"),
        links(a="./b//c/"),
        links(a="with\\backslash"),
        links(**{f"l{n:02}": f"l{n + 1:02}" for n in range(60)}),
    ],
)
def test_links_that_stay_inside_are_fine(found: dict[tuple[str, ...], str]) -> None:
    assert first_fault(found, 1024) is None


@pytest.mark.parametrize(
    ("found", "link", "why"),
    [
        (links(a=".."), ("a",), OUTSIDE),
        (links(a="../a"), ("a",), OUTSIDE),
        (links(d__a="../../x"), ("d", "a"), OUTSIDE),
        (links(a="b/../../c"), ("a",), OUTSIDE),
        (links(a="/etc/passwd"), ("a",), "absolute"),
        (links(a=""), ("a",), "without a usable target"),
        (links(a="b\0c"), ("a",), "without a usable target"),
        (links(a="x" * 1025), ("a",), "longer than 1024"),
        # Each alone looks harmless by its letters:
        (links(here=".", out="here/../x"), ("out",), OUTSIDE),
        (links(a="a", b="a/../.."), ("b",), OUTSIDE),
        (links(d__up="..", out="d/up/../x"), ("out",), OUTSIDE),
        (links(d__e__up="../..", out="d/e/up/up/../../x"), ("out",), OUTSIDE),
    ],
)
def test_a_link_that_leads_outside_is_named(found: dict[tuple[str, ...], str], link: tuple[str, ...], why: str) -> None:
    fault = first_fault(found, 1024)
    assert fault is not None
    assert fault.link == link
    assert why in fault.why


def test_links_made_to_be_followed_for_ever_are_refused() -> None:
    # Each circle alone is given up after 40 rounds of 500 steps; thousands of them must not add up.
    found = links(**{f"l{n}": "./" * 500 + f"l{n}" for n in range(1_000)})
    fault = first_fault(found, 1024)
    assert fault is not None
    assert "entangled" in fault.why
