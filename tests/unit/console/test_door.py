from __future__ import annotations

import pytest
from unit.console.stand import HOST, PORT, secrets

from execution_engine.console.door import Door, TurnedAway


@pytest.fixture
def door() -> Door:
    return Door(secrets(), PORT)


def token(address: str) -> str:
    return address.rpartition("=")[2]


def test_the_address_opens_as_often_as_it_is_used(door: Door) -> None:
    assert door.address.startswith(f"http://{HOST}/?token=")
    assert len(token(door.address)) == 64, "256 bits"
    assert door.admits(token(door.address)) and door.admits(token(door.address))


def test_a_ticket_opens_once(door: Door) -> None:
    ticket = token(door.ticket)
    assert ticket != token(door.address)
    assert door.admits(ticket)
    assert not door.admits(ticket)


@pytest.mark.parametrize("given", [None, "", "x", "0" * 64, "é"])
def test_nothing_else_does(door: Door, given: str | None) -> None:
    assert not door.admits(given)


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}"])
def test_our_own_names(door: Door, host: str) -> None:
    door.check_host(host)


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1", "evil.example", f"evil.example:{PORT}", f"127.0.0.1:{PORT + 1}", "a" * 500]
)
def test_another_name_is_another_door(door: Door, host: str) -> None:
    with pytest.raises(TurnedAway, match="another name"):
        door.check_host(host)


def test_the_cookie_is_ours_alone(door: Door) -> None:
    name, _, rest = door.set_cookie().partition("=")
    value, *attributes = rest.split("; ")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert str(PORT) in name, "cookies of one host know no ports"
    door.check_cookie({name: value})
    for wrong in ({}, {name: ""}, {name: value[:-1]}, {"other": value}, {name: door.word}):
        with pytest.raises(TurnedAway, match="open the address"):
            door.check_cookie(wrong)


def test_a_ticket_is_no_cookie(door: Door) -> None:
    with pytest.raises(TurnedAway):
        door.check_cookie({door.cookie: token(door.ticket)})


@pytest.mark.parametrize(
    ("origin", "site"), [(None, None), (f"http://{HOST}", "same-origin"), (f"http://{HOST}", None)]
)
def test_an_action_of_our_own_page(door: Door, origin: str | None, site: str | None) -> None:
    door.check_action(origin, site, door.word)


@pytest.mark.parametrize(
    ("origin", "site", "known"),
    [
        ("http://evil.example", None, True),
        ("null", "same-origin", True),
        (f"https://{HOST}", None, True),
        (f"http://127.0.0.1:{PORT + 1}", "same-site", True),
        (None, "cross-site", True),
        (None, "none", True),
        (f"http://{HOST}", "same-origin", False),
    ],
)
def test_an_action_of_any_other(door: Door, origin: str | None, site: str | None, known: bool) -> None:
    with pytest.raises(TurnedAway):
        door.check_action(origin, site, door.word if known else "guessed")
    with pytest.raises(TurnedAway):
        door.check_action(origin, site, None)
