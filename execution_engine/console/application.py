"""The console as a WSGI application: who may ask, what was asked, and what goes wrong, as pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from execution_engine.console import answers
from execution_engine.console.actions import Actions
from execution_engine.console.door import TOKEN, WORD, Door, TurnedAway
from execution_engine.console.log_pages import LogPages
from execution_engine.console.pages import LIVE, Asked, Pages
from execution_engine.console.place import Place
from execution_engine.console.rendering import asset, render
from execution_engine.errors import EngineError, JobRefused, NotFound

log = structlog.get_logger()

FORM_LIMIT = 16 * 1024
"""Bytes of a form; ours have a few hundred."""

_READ = ("GET", "HEAD")
_MAP = Map(
    [
        Rule("/", endpoint="home", methods=_READ),
        Rule("/find", endpoint="find", methods=_READ),
        Rule("/traces/<trace_id>", endpoint="trace", methods=_READ),
        Rule("/orders/<order_name>", endpoint="order_name", methods=_READ),
        Rule("/runs/<run_id>", endpoint="run", methods=_READ),
        Rule("/runs/<run_id>/orders/<num>", endpoint="order", methods=_READ),
        Rule("/runs/<run_id>/orders/<num>/log", endpoint="log", methods=_READ),
        Rule("/runs/<run_id>/orders/<num>/log.txt", endpoint="raw_log", methods=_READ),
        Rule("/runs/<run_id>/cancel", endpoint="cancel", methods=["POST"]),
        Rule("/runs/<run_id>/retry", endpoint="retry", methods=["POST"]),
        Rule("/static/<name>", endpoint="static", methods=_READ),
    ],
    merge_slashes=False,
)


class Application:
    """Only reads, unless ``actions``."""

    def __init__(self, place: Place, door: Door, *, actions: bool) -> None:
        self._door = door
        self._shared = {"place": place.name, "actions": actions, "word": door.word}
        self._pages = Pages(place, self._shared)
        self._logs = LogPages(place)
        self._actions = Actions(place) if actions else None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = FORM_LIMIT
        request.max_form_memory_size = FORM_LIMIT
        return self.answer(request)(environ, start_response)

    def answer(self, request: Request) -> Response:
        try:
            self._door.check_host(request.environ.get("HTTP_HOST", ""))
            if TOKEN in request.args:
                return self._enter(request)
            self._door.check_cookie(request.cookies)
            return self._asked(request)
        except TurnedAway as away:
            return self._wrong(request, 403, away)
        except NotFound as absent:
            return self._wrong(request, 404, absent)
        except JobRefused as refused:
            return self._wrong(request, refused.status, "; ".join(fault.message for fault in refused.faults))
        except HTTPException as wrong:
            return self._wrong(request, wrong.code or 400, wrong.description)
        except EngineError as failure:
            log.error("request failed", path=request.path, error=str(failure))
            return self._wrong(request, 502, failure)
        except Exception as failure:
            log.exception("request failed", path=request.path)
            kind = type(failure).__name__
            return self._wrong(request, 500, f"the answer could not be found ({kind}): the place may have stopped")

    def _enter(self, request: Request) -> Response:
        """The token leaves the address. By a page, not by a redirection: the cookie is not sent along where another
        program's or site's link leads to, but is from our own page."""
        if request.method not in _READ or not self._door.admits(request.args.get(TOKEN)):
            raise TurnedAway("this key is of another console, or was for one use: open the address that was printed")
        answer = answers.html(render("enter.html", path=_own(request.path)))
        answer.headers["Set-Cookie"] = self._door.set_cookie()
        return answer

    def _asked(self, request: Request) -> Response:
        endpoint, named = _MAP.bind("").match(request.path, request.method)
        if endpoint in ("cancel", "retry"):
            return self._act(request, endpoint, named["run_id"])
        if endpoint == "static":
            found = asset(named["name"])
            if found is None:
                raise NotFound(f"there is no file {named['name'][:100]}")
            return answers.asset(*found)
        if endpoint == "log":
            return self._logs.window(named["run_id"], named["num"], request.args)
        if endpoint == "raw_log":
            return self._logs.whole(named["run_id"], named["num"], request.args)
        return self._pages.answer(endpoint, named, Asked(request.args, request.headers.get(LIVE)))

    def _act(self, request: Request, what: str, run_id: str) -> Response:
        if self._actions is None:
            raise TurnedAway("this console only reads; `execution-engine console --allow-actions` cancels and retries")
        headers = request.headers
        self._door.check_action(headers.get("Origin"), headers.get("Sec-Fetch-Site"), request.form.get(WORD))
        return self._actions.cancel(run_id) if what == "cancel" else self._actions.retry(run_id)

    def _wrong(self, request: Request, status: int, why: object) -> Response:
        wants_document = request.path.endswith("/log") or LIVE in request.headers
        if wants_document:
            return answers.document({"error": str(why)}, status)
        known = status != 403 or self._is_known(request)
        return answers.html(render("wrong.html", **self._shared, status=status, why=str(why), known=known), status)

    def _is_known(self, request: Request) -> bool:
        try:
            self._door.check_host(request.environ.get("HTTP_HOST", ""))
            self._door.check_cookie(request.cookies)
        except TurnedAway:
            return False
        return True


def _own(path: str) -> str:
    """A path of ours, never another site's (``//host``)."""
    return "/" + path.lstrip("/\\")
