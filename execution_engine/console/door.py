"""Who may come in: a browser that was given the token, by the right name, and for actions from our own pages only.

Any page in the same browser, and any other user's program on the machine, can reach a port of 127.0.0.1. So every
request needs the token: once in the address, from then on as a cookie that no script reads and no other site sends.
The host that a request names must be ours, or a name that somebody points at 127.0.0.1 would be a door beside this
one (DNS rebinding). What changes anything also needs a word that only our own pages know. Pure.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

from execution_engine.errors import EngineError

TOKEN = "token"
"""The address's parameter."""

WORD = "word"
"""The forms' field."""


class TurnedAway(EngineError):
    """HTTP 403; says why, and what would help."""


class Door:
    """``nonce`` gives out secrets of 64 bits or more that nobody guesses; ``port`` is the one that is served."""

    def __init__(self, nonce: Callable[[], str], port: int) -> None:
        self._secret = nonce() + nonce() + nonce() + nonce()
        self._tickets = {nonce() + nonce() + nonce() + nonce()}
        self.word = nonce() + nonce()
        self.cookie = f"execution_engine_console_{port}"
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._base = f"http://127.0.0.1:{port}/?{TOKEN}="

    @property
    def address(self) -> str:
        """For the person: opens the door as often as it is used."""
        return self._base + self._secret

    @property
    def ticket(self) -> str:
        """For the program that starts a browser: opens the door once, since other users may see its arguments."""
        return self._base + next(iter(self._tickets))

    def check_host(self, host: str) -> None:
        if host not in self.hosts:
            raise TurnedAway(f"this console has another name than {host[:100]!r}: open the address it printed")

    def admits(self, token: str | None) -> bool:
        """A token in an address. A ticket is used up."""
        if token is None:
            return False
        if _same(token, self._secret):
            return True
        used = {ticket for ticket in self._tickets if _same(token, ticket)}
        self._tickets -= used
        return bool(used)

    def check_cookie(self, cookies: Mapping[str, str]) -> None:
        if not _same(cookies.get(self.cookie, ""), self._secret):
            raise TurnedAway("open the address that `execution-engine console` printed: it holds the key to this page")

    def set_cookie(self) -> str:
        """The header's value."""
        return f"{self.cookie}={self._secret}; Path=/; HttpOnly; SameSite=Strict"

    def check_action(self, origin: str | None, site: str | None, word: str | None) -> None:
        """Beside the cookie: sent by one of our own pages. ``origin``, ``site``: the headers ``Origin`` and
        ``Sec-Fetch-Site``, which not every browser sends."""
        if origin is not None and origin not in {f"http://{host}" for host in self.hosts}:
            raise TurnedAway(f"an action was asked for by a page of {origin[:100]!r}, not by this console's")
        if site not in (None, "same-origin"):
            raise TurnedAway("an action was asked for by another site's page")
        if not _same(word or "", self.word):
            raise TurnedAway("the form is of an earlier console: load the page again, and ask again")


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())
