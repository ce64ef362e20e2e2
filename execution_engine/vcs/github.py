"""GitHub, and GitHub Enterprise, through PyGithub, which is imported when it is first needed (0.3 s)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from execution_engine.errors import EngineError, NotFound, SettingsError
from execution_engine.vcs.errors import VcsDenied
from execution_engine.vcs.github_address import check_repo, github_address
from execution_engine.vcs.github_patience import AGAIN, MOST_WAITED, Answer, pause
from execution_engine.vcs.github_refusals import Trial, answer_of, busy, clean, refusal, unanswered
from execution_engine.vcs.place import Comment, Kind, Place
from execution_engine.vcs.provider import VcsContext, VcsProvider

if TYPE_CHECKING:
    from github import Github
    from github.Issue import Issue
    from github.IssueComment import IssueComment

LIMIT = 65_536
"""Characters of a comment: what GitHub's own refusal names ("maximum is 65536 characters"). Measured by others, it
takes 262,144 bytes; so many code points are never more, whichever of the two it counts."""

TIMEOUT = 20
"""Seconds for one answer: GitHub itself gives up after 10."""

_TOKEN = re.compile(r"[!-~]{1,1024}")

_T = TypeVar("_T")


class GitHub(VcsProvider):
    """A comment on a pull request is one on the issue of its number, as GitHub has it."""

    limit = LIMIT

    def __init__(self, context: VcsContext) -> None:
        super().__init__(context)
        try:
            self._address = github_address(context.api_url)
        except ValueError as error:
            raise SettingsError(f"the URL of GitHub's API {error}") from None
        if context.token is not None and not _TOKEN.fullmatch(context.token):
            raise SettingsError(f"{context.token_name} holds no token: one is printable ASCII without spaces")
        self._github: Github | None = None
        self._issues: dict[Place, Issue] = {}
        self._seen: dict[int, IssueComment] = {}

    def __repr__(self) -> str:
        return f"GitHub({self._address.api})"

    def close(self) -> None:
        if self._github is not None:
            self._github.close()
        self._github = None
        self._issues.clear()
        self._seen.clear()

    def clone_address(self, repo: str, *, ssh: bool = False) -> str:
        return self._address.clone_address(repo, ssh=ssh)

    def comments(self, place: Place) -> Iterator[tuple[int, str, str]]:
        doing = f"read the comments of {place}"
        issue = self._issue(place, doing)
        found = self._ask(doing, lambda: list(issue.get_comments()))
        for comment in found:
            self._seen[comment.id] = comment
            yield comment.id, comment.html_url, comment.body or ""

    def _create(self, place: Place, tag: str, body: str) -> Comment:
        doing = f"create the comment {tag!r} on {place}"
        issue = self._issue(place, doing)
        return self._known(place, tag, self._ask(doing, lambda: issue.create_comment(body), once=True))

    def _update(self, comment: Comment, body: str) -> Comment:
        doing = f"update the comment {comment.tag!r} ({comment.id}) on {comment.place}"
        made = self._comment(comment, doing)
        self._ask(doing, lambda: made.edit(body))
        return self._known(comment.place, comment.tag, made)

    def _delete(self, comment: Comment) -> None:
        doing = f"delete the comment {comment.tag!r} ({comment.id}) on {comment.place}"
        made = self._comment(comment, doing)
        self._ask(doing, made.delete)
        self._seen.pop(comment.id, None)

    def _known(self, place: Place, tag: str, made: IssueComment) -> Comment:
        self._seen[made.id] = made
        return Comment(place, tag, made.id, made.html_url, made.body)

    def _comment(self, comment: Comment, doing: str) -> IssueComment:
        if comment.id not in self._seen:
            issue = self._issue(comment.place, doing)
            self._seen[comment.id] = self._ask(doing, lambda: issue.get_comment(comment.id))
        return self._seen[comment.id]

    def _issue(self, place: Place, doing: str) -> Issue:
        """With the addresses that it has now, if its repository was renamed: a redirected POST makes nothing."""
        if place not in self._issues:
            try:
                name = check_repo(place.repo)
            except ValueError as error:
                raise NotFound(f"can't {doing}: {error}") from None
            repo = self._ask(f"{doing} (find {place.repo})", lambda: self._entered().get_repo(name))
            issue = self._ask(f"{doing} (find number {place.number})", lambda: repo.get_issue(place.number))
            if place.kind is Kind.PULL_REQUEST and issue.pull_request is None:
                raise NotFound(f"can't {doing}: {place} is an issue and no pull request; name it as an issue")
            self._issues[place] = issue
        return self._issues[place]

    def _entered(self) -> Github:
        if self._github is None:
            if self._context.token is None:
                raise VcsDenied(f"GitHub at {self._address.api} takes no comments without a token; give one")
            import github

            # It neither waits nor repeats by itself: whoever waits is told so, and by the clock it is given.
            self._github = github.Github(
                auth=github.Auth.Token(self._context.token),
                base_url=self._address.api,
                timeout=TIMEOUT,
                user_agent="aws-execution-engine",
                per_page=100,
                retry=None,
                seconds_between_requests=None,
                seconds_between_writes=None,
            )
        return self._github

    def _ask(self, doing: str, call: Callable[[], _T], *, once: bool = False) -> _T:
        """What ``call`` gives. Waits where GitHub asks to be left alone, and tries again what was not answered,
        unless it may be done ``once`` only."""
        trial = Trial(doing, self._address.api, self._context.token_name)
        clock, waited, limits, lost = self._context.clock, 0.0, 0, 0
        while True:
            try:
                return call()
            except EngineError:
                raise
            except Exception as error:
                answer, again, cause = self._answer(error), not once and _may_pass(error), error
            if answer.is_limit:
                limits += 1
                seconds = pause(answer, tries=limits, now=clock.now())
                if waited + seconds > MOST_WAITED:
                    raise busy(trial, answer, waited, clock.now() + seconds) from cause
                self._context.tell(f"GitHub's rate limit: going on in {seconds:.0f} s, to {doing}")
                waited += seconds
            elif answer.is_lost:
                lost += 1
                if not again or lost > len(AGAIN):
                    raise unanswered(trial, answer, lost) from cause
                seconds = AGAIN[lost - 1]
            else:
                raise refusal(trial, answer) from cause
            clock.sleep(seconds)

    def _answer(self, error: Exception) -> Answer:
        """What GitHub answered, or that there was no answer, and why."""
        from github import GithubException

        if isinstance(error, GithubException):
            return answer_of(error.status, error.data, error.headers, self._context.token)
        return Answer(None, clean(f"{type(error).__name__}: {error}", self._context.token))


def _may_pass(error: Exception) -> bool:
    """Whether trying again may help: a connection that broke, a server that stumbled; not an answer that is none of
    GitHub's."""
    from github import GithubException
    from requests import RequestException

    return isinstance(error, GithubException | RequestException)


def github(context: VcsContext) -> GitHub:
    """The factory that the registry names."""
    return GitHub(context)
