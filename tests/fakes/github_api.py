"""GitHub's REST API as far as comments go, over HTTP on 127.0.0.1, with the shapes and headers GitHub documents.

Answers for the repository, an issue or pull request, its comments (paged, ``Link``), one comment, and its
creation, edit and deletion. ``script`` answers instead for the next requests. It takes at most 65,536 characters
(code points), as its refusal says; GitHub is known to take 262,144 bytes, which is never less.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

MOST = 65_536
DOCS = "https://docs.github.com/rest"
RESET = 1_700_000_900


@dataclass(frozen=True)
class Answer:
    """``carried_out``: the request is carried out all the same, but its answer is this one. ``drop``: the connection is
    closed without an answer."""

    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    carried_out: bool = False
    drop: bool = False
    method: str | None = None


def error(message: str, status: int, path: str = "", **more: Any) -> dict[str, Any]:
    return {"message": message, **more, "documentation_url": f"{DOCS}{path}", "status": str(status)}


def primary_limit(status: int = 403, reset: int = RESET) -> Answer:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset), "X-RateLimit-Used": "5000"}
    return Answer(status, error("API rate limit exceeded for user ID 583231.", status), headers)


def secondary_limit(after: int | None = 60, status: int = 403) -> Answer:
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return Answer(status, error(message, status), {} if after is None else {"Retry-After": str(after)})


@dataclass
class Account:
    login: str
    may_write: bool = True
    kind: str = "User"


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    authorization: str | None


class GitHubApi:
    """``base``: what the path begins with, ``/api/v3`` on GitHub Enterprise Server."""

    def __init__(self, base: str = "") -> None:
        self.base = base
        self.lock = RLock()
        self.accounts = {"good-token": Account("octocat")}
        self.repos: dict[str, int] = {"acme/shop": 1296269}
        self.renamed: dict[str, str] = {}
        self.issues: dict[tuple[str, int], dict[str, Any]] = {}
        self.comments: dict[int, dict[str, Any]] = {}
        self.script: list[Answer] = []
        self.asked: list[Asked] = []
        self._next = 1_000
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                api.handle(self)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}{base}"
        self.add_issue("acme/shop", 12, pull=True)
        self.add_issue("acme/shop", 7)

    def __enter__(self) -> GitHubApi:
        # A short poll: how soon the server notices that it is to end.
        self._thread = Thread(target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # What tests arrange and look at

    def add_issue(self, repo: str, number: int, *, pull: bool = False, locked: bool = False) -> None:
        self.issues[repo, number] = {"pull": pull, "locked": locked}

    def add_comment(self, repo: str, number: int, body: str, login: str = "octocat") -> int:
        with self.lock:
            self._next += 1
            self.comments[self._next] = {"repo": repo, "number": number, "body": body, "login": login}
            return self._next

    def bodies(self, repo: str = "acme/shop", number: int = 12) -> list[str]:
        return [one["body"] for one in self.comments.values() if (one["repo"], one["number"]) == (repo, number)]

    @property
    def calls(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked]

    # What GitHub does

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        sent = request.rfile.read(length)
        url = urlsplit(request.path)
        authorization = request.headers.get("Authorization")
        asked = Asked(request.command, url.path, parse_qs(url.query), json.loads(sent) if sent else None, authorization)
        with self.lock:
            self.asked.append(asked)
            answer = None
            if self.script and self.script[0].method in (None, asked.method):
                answer = self.script.pop(0)
            if answer is None or answer.carried_out:
                done = self._answer(asked)
                answer = answer or done
        if answer.drop:
            request.close_connection = True
            return
        self._send(request, answer)

    def _send(self, request: BaseHTTPRequestHandler, answer: Answer) -> None:
        raw = isinstance(answer.body, bytes)
        data = answer.body if raw else b"" if answer.body is None else json.dumps(answer.body).encode()
        headers = {
            "Content-Type": "text/html" if raw else "application/json; charset=utf-8",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Request-Id": "E198:4063:33BD6:375FF:652AAB04",
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "4999",
            "X-RateLimit-Reset": str(RESET),
            "X-RateLimit-Used": "1",
            "X-RateLimit-Resource": "core",
            **answer.headers,
        }
        request.send_response(answer.status)
        for name, value in headers.items():
            request.send_header(name, value)
        if answer.status != 204:
            request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _answer(self, asked: Asked) -> Answer:
        scheme, _, token = (asked.authorization or "").partition(" ")
        account = self.accounts.get(token) if scheme.lower() in ("token", "bearer") else None
        if account is None:
            return Answer(401, error("Bad credentials", 401))
        if not asked.path.startswith(f"{self.base}/"):
            return self._not_found()
        path = asked.path.removeprefix(self.base)
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path)
        if found and found[1] in self.renamed:
            there = f"{self.url}/repositories/{self.repos[self.renamed[found[1]]]}{found[2] or ''}"
            moved = {"message": "Moved Permanently", "url": there, "documentation_url": f"{DOCS}/guides"}
            return Answer(301 if asked.method == "GET" else 307, moved, {"Location": there})
        by_id = re.fullmatch(r"/repositories/(\d+)(/.*)?", path)
        if by_id:
            names = [name for name, number in self.repos.items() if number == int(by_id[1])]
            repo, rest = (names or [""])[0], by_id[2] or ""
        else:
            repo, rest = (found[1], found[2] or "") if found else ("", "")
        if repo not in self.repos:
            return self._not_found()
        routes: list[tuple[str, Callable[..., Answer]]] = [
            (r"", self._repo),
            (r"/issues/comments/(\d+)", self._one),
            (r"/issues/(\d+)", self._issue),
            (r"/issues/(\d+)/comments", self._many),
        ]
        for pattern, answer in routes:
            matched = re.fullmatch(pattern, rest)
            if matched:
                return answer(asked, account, repo, *map(int, matched.groups()))
        return self._not_found()

    def _repo(self, asked: Asked, account: Account, repo: str) -> Answer:
        org, name = repo.split("/")
        url = f"{self.url}/repos/{repo}"
        document = {
            "id": self.repos[repo],
            "node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5",
            "name": name,
            "full_name": repo,
            "owner": self._user(Account(org, kind="Organization")),
            "private": False,
            "html_url": f"https://github.com/{repo}",
            "description": None,
            "fork": False,
            "url": url,
            "issue_comment_url": f"{url}/issues/comments{{/number}}",
            "issues_url": f"{url}/issues{{/number}}",
            "clone_url": f"https://github.com/{repo}.git",
            "ssh_url": f"git@github.com:{repo}.git",
            "has_issues": True,
            "default_branch": "main",
            "created_at": "2011-01-26T19:01:12Z",
            "updated_at": "2011-01-26T19:14:43Z",
        }
        return Answer(200, document)

    def _issue(self, asked: Asked, account: Account, repo: str, number: int) -> Answer:
        facts = self.issues.get((repo, number))
        if facts is None:
            return self._not_found("/issues/issues#get-an-issue")
        url = f"{self.url}/repos/{repo}/issues/{number}"
        kind = "pull" if facts["pull"] else "issues"
        document = {
            "url": url,
            "repository_url": f"{self.url}/repos/{repo}",
            "comments_url": f"{url}/comments",
            "html_url": f"https://github.com/{repo}/{kind}/{number}",
            "id": 444_500_000 + number,
            "node_id": "MDU6SXNzdWU0NDQ1MDAwNDE=",
            "number": number,
            "title": "Spelling error in the README file",
            "user": self._user(account),
            "labels": [],
            "state": "open",
            "locked": facts["locked"],
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "comments": len(self.bodies(repo, number)),
            "created_at": "2021-01-28T22:17:31Z",
            "updated_at": "2021-01-29T05:00:42Z",
            "closed_at": None,
            "author_association": "OWNER",
            "active_lock_reason": None,
            "body": "",
            "performed_via_github_app": None,
        }
        if facts["pull"]:
            html = f"https://github.com/{repo}/pull/{number}"
            document["pull_request"] = {
                "url": f"{self.url}/repos/{repo}/pulls/{number}",
                "html_url": html,
                "diff_url": f"{html}.diff",
                "patch_url": f"{html}.patch",
                "merged_at": None,
            }
        return Answer(200, document)

    def _many(self, asked: Asked, account: Account, repo: str, number: int) -> Answer:
        if (repo, number) not in self.issues:
            return self._not_found("/issues/comments")
        if asked.method == "POST":
            return self._create(asked, account, repo, number)
        mine = [one for one, facts in self.comments.items() if (facts["repo"], facts["number"]) == (repo, number)]
        size = min(100, int(asked.query.get("per_page", ["30"])[0]))
        page = int(asked.query.get("page", ["1"])[0])
        last = max(1, -(-len(mine) // size))
        here = f"{self.url}/repositories/{self.repos[repo]}/issues/{number}/comments"

        def to(name: str, target: int) -> str:
            return f'<{here}?{urlencode({"per_page": size, "page": target})}>; rel="{name}"'

        links = [*([to("prev", page - 1), to("first", 1)] if page > 1 else [])]
        links += [to("next", page + 1), to("last", last)] if page < last else []
        shown = [self._comment(one) for one in mine[(page - 1) * size : page * size]]
        return Answer(200, shown, {"Link": ", ".join(links)} if links else {})

    def _create(self, asked: Asked, account: Account, repo: str, number: int) -> Answer:
        if not account.may_write:
            return self._forbidden()
        if self.issues[repo, number]["locked"]:
            return Answer(403, error("Unable to create comment because issue is locked.", 403))
        refused = self._refused(asked.body)
        if refused is not None:
            return refused
        made = self._comment(self.add_comment(repo, number, asked.body["body"], account.login))
        return Answer(201, made, {"Location": made["url"]})

    def _one(self, asked: Asked, account: Account, repo: str, comment: int) -> Answer:
        facts = self.comments.get(comment)
        if facts is None or facts["repo"] != repo:
            return self._not_found("/issues/comments")
        if asked.method == "GET":
            return Answer(200, self._comment(comment))
        if not account.may_write:
            return self._forbidden()
        if facts["login"] != account.login:
            return Answer(403, error("Must have admin rights to Repository.", 403, "/issues/comments"))
        if asked.method == "DELETE":
            del self.comments[comment]
            return Answer(204)
        refused = self._refused(asked.body)
        if refused is not None:
            return refused
        facts["body"] = asked.body["body"]
        return Answer(200, self._comment(comment))

    def _comment(self, comment: int) -> dict[str, Any]:
        facts = self.comments[comment]
        repo, number = facts["repo"], facts["number"]
        kind = "pull" if self.issues[repo, number]["pull"] else "issues"
        url = f"{self.url}/repos/{repo}/issues/comments/{comment}"
        return {
            "url": url,
            "html_url": f"https://github.com/{repo}/{kind}/{number}#issuecomment-{comment}",
            "issue_url": f"{self.url}/repos/{repo}/issues/{number}",
            "id": comment,
            "node_id": "MDEyOklzc3VlQ29tbWVudDQ5MjcwMDQwMA==",
            "user": self._user(Account(facts["login"])),
            "created_at": "2019-05-15T15:20:21Z",
            "updated_at": "2019-05-15T15:20:21Z",
            "author_association": "OWNER",
            "body": facts["body"],
            "reactions": {"url": f"{url}/reactions", "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "eyes": 0},
            "performed_via_github_app": None,
        }

    def _user(self, account: Account) -> dict[str, Any]:
        return {
            "login": account.login,
            "id": 21031067,
            "node_id": "MDQ6VXNlcjIxMDMxMDY3",
            "avatar_url": "https://avatars1.githubusercontent.com/u/21031067?v=4",
            "gravatar_id": "",
            "url": f"{self.url}/users/{account.login}",
            "html_url": f"https://github.com/{account.login}",
            "type": account.kind,
            "site_admin": False,
        }

    def _refused(self, body: Any) -> Answer | None:
        text = body.get("body") if isinstance(body, dict) else None
        if isinstance(text, str) and text.strip() and len(text) <= MOST:
            return None
        why = "Body can't be blank" if not text else f"Body is too long (maximum is {MOST} characters)"
        fault = {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": why}
        return Answer(422, error("Validation Failed", 422, "/issues/comments", errors=[fault]))

    def _not_found(self, path: str = "") -> Answer:
        return Answer(404, error("Not Found", 404, path))

    def _forbidden(self) -> Answer:
        return Answer(
            403,
            error("Resource not accessible by integration", 403, "/issues/comments#create-an-issue-comment"),
            {"X-Accepted-GitHub-Permissions": "issues=write; pull_requests=write"},
        )
