"""GitHub, through PyGithub, against an API of GitHub's shapes on this machine."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback

import pytest
from fakes.github_api import DOCS, Account, Answer, GitHubApi, error, primary_limit, secondary_limit
from fakes.time_and_ids import START, FakeClock
from unit.vcs.conftest import Opened

from execution_engine.errors import EngineError, NotFound, SettingsError
from execution_engine.vcs.errors import VcsBusy, VcsDenied, VcsError, VcsUnanswered
from execution_engine.vcs.github import LIMIT, GitHub
from execution_engine.vcs.place import Comment, Kind, Place, marker
from execution_engine.vcs.provider import VcsContext

PR = Place("acme/shop", 12, Kind.PULL_REQUEST)
ISSUE = Place("acme/shop", 7, Kind.ISSUE)
COMMENTS = "/repos/acme/shop/issues/12/comments"


def test_a_comment_is_created_then_updated_in_place(api: GitHubApi, github: GitHub) -> None:
    first = github.upsert(PR, "exec", "one")
    assert first.created
    assert api.bodies() == [f"{marker('exec')}\none"]
    assert first.comment.url == f"https://github.com/acme/shop/pull/12#issuecomment-{first.comment.id}"
    second = github.upsert(PR, "exec", "two")
    assert not second.created
    assert second.comment.id == first.comment.id
    assert second.comment.body == f"{marker('exec')}\ntwo"
    assert api.bodies() == [f"{marker('exec')}\ntwo"]


def test_tags_do_not_get_into_each_others_way(api: GitHubApi, github: GitHub) -> None:
    for tag in ("exec", "exec-2", "ex"):
        github.upsert(PR, tag, tag)
    github.upsert(ISSUE, "exec", "of the issue")
    github.upsert(PR, "ex", "again")
    assert [body.partition("\n")[2] for body in api.bodies()] == ["exec", "exec-2", "again"]
    assert len(api.bodies(number=7)) == 1


def test_a_comment_is_found_on_a_later_page_by_its_first_line_alone(api: GitHubApi, github: GitHub) -> None:
    for number in range(150):
        api.add_comment("acme/shop", 12, f"talk {number}")
    api.add_comment("acme/shop", 12, f"> {marker('exec')}\n\nquoted")
    api.add_comment("acme/shop", 12, f"see below\n{marker('exec')}")
    assert github.find(PR, "exec") is None
    ours = api.add_comment("acme/shop", 12, f"{marker('exec')}\r\nours")
    api.add_comment("acme/shop", 12, f"{marker('exec')}\na younger one")
    found = github.find(PR, "exec")
    assert found is not None
    assert (found.id, found.body) == (ours, f"{marker('exec')}\r\nours")
    pages = [(one.query.get("page"), one.query["per_page"]) for one in api.asked if one.path.endswith("/comments")]
    assert pages[-2:] == [(None, ["100"]), (["2"], ["100"])]


def test_deleting_is_safe_to_repeat(api: GitHubApi, github: GitHub) -> None:
    comment = github.create(PR, "exec", "text")
    assert github.delete(comment)
    assert api.bodies() == []
    assert not github.delete(comment)


def test_a_comment_known_from_elsewhere_is_updated(api: GitHubApi, github: GitHub) -> None:
    number = api.add_comment("acme/shop", 12, f"{marker('exec')}\nold")
    github.update(Comment(PR, "exec", number, "", ""), "new")
    assert api.bodies() == [f"{marker('exec')}\nnew"]


def test_an_update_takes_four_calls(api: GitHubApi, github: GitHub) -> None:
    number = api.add_comment("acme/shop", 12, f"{marker('exec')}\nold")
    github.upsert(PR, "exec", "new")
    assert api.calls == [
        "GET /repos/acme/shop",
        "GET /repos/acme/shop/issues/12",
        f"GET {COMMENTS}",
        f"PATCH /repos/acme/shop/issues/comments/{number}",
    ]


@pytest.mark.parametrize("filling", ["x", "é", "🌈"])
def test_the_limit_is_one_of_characters_and_kept_exactly(api: GitHubApi, github: GitHub, filling: str) -> None:
    room = LIMIT - len(marker("exec")) - 1
    github.upsert(PR, "exec", filling * room)
    assert len(api.bodies()[0]) == LIMIT
    assert "left out" not in api.bodies()[0]
    github.upsert(PR, "exec", "begin\n" + filling * room + "\nend")
    body = api.bodies()[0]
    assert len(body) <= LIMIT
    assert body.startswith(f"{marker('exec')}\nbegin\n")
    assert body.endswith("\nend")
    assert "characters are left out here" in body


def test_what_no_json_may_hold_is_replaced(api: GitHubApi, github: GitHub) -> None:
    github.upsert(PR, "exec", "a\x00b\ud800c")
    assert api.bodies() == [f"{marker('exec')}\na\ufffdb?c"]


def test_a_repository_that_was_renamed_is_followed(api: GitHubApi, github: GitHub) -> None:
    api.renamed["acme/old"] = "acme/shop"
    old = Place("acme/old", 12, Kind.PULL_REQUEST)
    assert github.upsert(old, "exec", "one").created
    assert not github.upsert(old, "exec", "two").created
    assert api.bodies() == [f"{marker('exec')}\ntwo"]


def test_a_tag_that_somebody_else_copied_is_left_alone(api: GitHubApi, github: GitHub) -> None:
    api.add_comment("acme/shop", 12, f"{marker('exec')}\nmine!", login="mallory")
    assert github.upsert(PR, "exec", "one").created
    assert not github.upsert(PR, "exec", "two").created
    assert api.bodies() == [f"{marker('exec')}\nmine!", f"{marker('exec')}\ntwo"]


def test_github_enterprise_has_its_api_below_a_path(opened: Opened) -> None:
    with GitHubApi("/api/v3") as api:
        github = opened(url=api.url)
        assert github.upsert(PR, "exec", "text").created
        assert api.bodies() == [f"{marker('exec')}\ntext"]
        assert all(one.path.startswith("/api/v3/repos/") for one in api.asked)
        assert github.clone_address("acme/shop") == f"https://{api.host}/acme/shop.git"
        github.close()


# Rate limits


def test_a_primary_limit_is_waited_for_until_its_reset(
    api: GitHubApi, github: GitHub, clock: FakeClock, told: list[str]
) -> None:
    api.script = [primary_limit(reset=int(START) + 120)]
    assert github.upsert(PR, "exec", "text").created
    assert clock.now() == START + 121
    assert len(told) == 1
    assert "going on in 121 s" in told[0]
    assert "acme/shop#12" in told[0]


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_is_waited_for_as_long_as_it_says(
    api: GitHubApi, github: GitHub, clock: FakeClock, status: int
) -> None:
    api.script = [Answer(**{**vars(secondary_limit(30, status)), "method": "POST"})]
    assert github.upsert(PR, "exec", "text").created
    assert clock.now() == START + 30
    assert len(api.bodies()) == 1


def test_a_limit_that_says_nothing_is_waited_for_longer_each_time(
    api: GitHubApi, github: GitHub, clock: FakeClock
) -> None:
    api.script = [secondary_limit(None)] * 3
    assert github.upsert(PR, "exec", "text").created
    assert clock.now() == START + 60 + 120 + 240


def test_patience_ends_before_the_wait_not_after_it(api: GitHubApi, github: GitHub, clock: FakeClock) -> None:
    api.script = [secondary_limit(10), primary_limit(reset=int(START) + 3_000)]
    with pytest.raises(VcsBusy, match=r"acme/shop#12.*rate limit of the token in GITHUB_TOKEN.*23:03:21 UTC") as busy:
        github.upsert(PR, "exec", "text")
    assert clock.now() == START + 10
    assert "API rate limit exceeded" in str(busy.value)
    assert api.bodies() == []


def test_limits_without_an_end_end(api: GitHubApi, github: GitHub, clock: FakeClock) -> None:
    api.script = [secondary_limit(100)] * 50
    with pytest.raises(VcsBusy):
        github.upsert(PR, "exec", "text")
    assert clock.now() == START + 600
    assert len(api.asked) == 7


# What is refused

REFUSALS = [
    (Answer(401, error("Bad credentials", 401)), VcsDenied, "does not accept the token in GITHUB_TOKEN"),
    (Answer(403, error("Resource not accessible by integration", 403)), VcsDenied, "pull-requests: write"),
    (
        Answer(
            403,
            error("Resource protected by organization SAML enforcement.", 403),
            {"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso"},
        ),
        VcsDenied,
        "single sign-on",
    ),
    (Answer(404, error("Not Found", 404)), NotFound, "Check organisation, repository and number"),
    (Answer(410, error("This issue was deleted", 410)), NotFound, "This issue was deleted"),
    (Answer(422, error("Validation Failed", 422, errors=[{"message": "is spam"}])), VcsError, "Failed: is spam"),
    (Answer(418, error("I am a teapot", 418)), VcsError, "418 I am a teapot"),
]


@pytest.mark.parametrize(("answer", "kind", "said"), REFUSALS)
@pytest.mark.parametrize("calls", [0, 1, 2])
def test_a_refusal_says_what_where_and_what_helps(
    api: GitHubApi, github: GitHub, answer: Answer, kind: type[EngineError], said: str, calls: int
) -> None:
    """Whichever call meets it: the repository, the number, the comments."""
    reached = iter(range(100))
    original = api.handle

    def handle(request: object) -> None:
        api.script = [answer] if next(reached) == calls else []
        original(request)  # type: ignore[arg-type]

    api.handle = handle  # type: ignore[method-assign]
    with pytest.raises(kind, match=said) as refused:
        github.find(PR, "exec")
    assert "acme/shop#12" in str(refused.value)
    assert api.url in str(refused.value)
    assert len(api.asked) == calls + 1


def test_a_token_that_may_only_read(api: GitHubApi, opened: Opened) -> None:
    api.accounts["read-only"] = Account("reader", may_write=False)
    api.add_comment("acme/shop", 12, f"{marker('exec')}\nold", login="reader")
    with pytest.raises(VcsDenied, match="create the comment 'exec' on acme/shop#12.*issues=write; pull_requests"):
        opened("read-only").upsert(PR, "exec", "new")
    assert api.bodies() == [f"{marker('exec')}\nold"]


def test_a_locked_conversation(api: GitHubApi, github: GitHub) -> None:
    api.add_issue("acme/shop", 13, locked=True)
    with pytest.raises(VcsDenied, match="issue is locked.*Unlock the conversation"):
        github.upsert(Place("acme/shop", 13, Kind.ISSUE), "exec", "text")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place("acme/nothing", 12, Kind.ISSUE), "find acme/nothing"),
        (Place("acme/shop", 99, Kind.ISSUE), "find number 99"),
        (Place("acme/shop", 7, Kind.PULL_REQUEST), "acme/shop#7 is an issue and no pull request"),
        (Place("a/group/repo", 7, Kind.ISSUE), "is no GitHub repository"),
    ],
)
def test_what_is_not_there_is_named(github: GitHub, place: Place, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        github.upsert(place, "exec", "text")


# What is not answered


@pytest.mark.parametrize(
    "answer", [Answer(drop=True), Answer(502, b"<html>Bad Gateway</html>"), Answer(500, error("Server Error", 500))]
)
def test_reading_is_tried_again(api: GitHubApi, github: GitHub, clock: FakeClock, answer: Answer) -> None:
    api.script = [answer, answer]
    assert github.find(PR, "exec") is None
    assert clock.now() == START + 1 + 2


def test_trying_again_ends(api: GitHubApi, github: GitHub, clock: FakeClock) -> None:
    api.script = [Answer(503, error("Unavailable", 503))] * 10
    with pytest.raises(VcsUnanswered, match="acme/shop#12.*4 times.*503 Unavailable"):
        github.find(PR, "exec")
    assert clock.now() == START + 7


@pytest.mark.parametrize("drop", [True, False])
def test_a_creation_whose_answer_was_lost_makes_no_second_comment(api: GitHubApi, github: GitHub, drop: bool) -> None:
    api.script = [Answer(504, error("Gateway Time-out", 504), carried_out=True, drop=drop, method="POST")]
    posted = github.upsert(PR, "exec", "text")
    assert posted.created
    assert api.bodies() == [f"{marker('exec')}\ntext"]


def test_a_creation_that_was_lost_is_made_again(api: GitHubApi, github: GitHub) -> None:
    api.script = [Answer(502, b"", method="POST")] * 2
    assert github.upsert(PR, "exec", "text").created
    assert api.bodies() == [f"{marker('exec')}\ntext"]


def test_a_creation_that_is_always_lost_is_told(api: GitHubApi, github: GitHub) -> None:
    api.script = [Answer(502, b"", method="POST")] * 3
    with pytest.raises(VcsUnanswered, match="create the comment 'exec'"):
        github.upsert(PR, "exec", "text")
    assert [call for call in api.calls if call.startswith("POST")] == [f"POST {COMMENTS}"] * 3


@pytest.mark.parametrize("body", [b"<html>", b"{broken", b"[]"])
def test_an_answer_that_is_none_of_githubs_is_told_at_once(
    api: GitHubApi, github: GitHub, clock: FakeClock, body: bytes
) -> None:
    api.script = [Answer(200, body)] * 10
    with pytest.raises(EngineError, match="acme/shop"):
        github.find(PR, "exec")
    assert clock.now() == START


def test_a_redirect_to_elsewhere_is_not_followed(api: GitHubApi, github: GitHub) -> None:
    api.script = [Answer(301, {"message": "Moved"}, {"Location": "https://evil.example/repos/acme/shop"})]
    with pytest.raises(VcsUnanswered, match="redirected from"):
        github.find(PR, "exec")


def test_a_machine_that_is_not_reached(opened: Opened, clock: FakeClock) -> None:
    with pytest.raises(VcsUnanswered, match=r"http://127\.0\.0\.1:9: .*Check that this machine reaches it"):
        opened(url="http://127.0.0.1:9").find(PR, "exec")
    assert clock.now() == START + 7


# The token


def test_the_token_is_in_no_text(api: GitHubApi, opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="github")  # it keeps its own level
    token = "ghp_0123456789abcdefSECRET"
    api.accounts[token] = Account("octocat")
    github = opened(token)
    github.upsert(PR, "exec", "text")
    texts = [repr(github), repr(github._context)]
    for answer in (Answer(drop=True), Answer(401, error("Bad credentials", 401)), Answer(500)):
        api.script = [answer] * 4
        with pytest.raises(EngineError) as failed:
            github.find(PR, "exec")
        texts += [repr(failed.value), "".join(traceback.format_exception(failed.value))]
    assert "github.Requester" in caplog.text, "PyGithub's own log was not looked at"
    texts += [caplog.text, "\n".join(str(vars(record)) for record in caplog.records)]
    assert not [text for text in texts if token in text]
    assert {one.authorization for one in api.asked} == {f"token {token}"}


def test_a_server_that_repeats_the_token_is_not_quoted(api: GitHubApi, github: GitHub) -> None:
    api.script = [Answer(403, error("no: token good-token is not allowed\n\x1b[2J", 403))]
    with pytest.raises(VcsDenied, match=r"no: token \*\*\* is not allowed  \[2J\)"):
        github.find(PR, "exec")


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ümlaut", "\x7f", "x" * 2_000])
def test_what_can_be_no_token_is_refused_before_it_is_sent(opened: Opened, token: str) -> None:
    with pytest.raises(SettingsError, match="the token in GITHUB_TOKEN holds no token") as refused:
        opened(token)
    shown = "".join(traceback.format_exception(refused.value))
    assert not token or token not in shown


def test_without_a_token_addresses_are_known_and_nothing_is_asked(api: GitHubApi, opened: Opened) -> None:
    github = opened(None)
    assert github.clone_address("acme/shop", ssh=True).endswith("/acme/shop.git")
    with pytest.raises(VcsDenied, match="without a token"):
        github.find(PR, "exec")
    assert api.asked == []


def test_an_address_that_can_not_be_used_is_refused(clock: FakeClock) -> None:
    with pytest.raises(SettingsError, match="must use https"):
        GitHub(VcsContext(clock, api_url="http://github.acme.example/api/v3"))


def test_pygithub_is_imported_by_the_first_call_only() -> None:
    check = (
        "import sys\n"
        "from execution_engine.clock import SystemClock\n"
        "from execution_engine.vcs.provider import VcsContext\n"
        "from execution_engine.vcs.registry import provider\n"
        "made = provider('github', VcsContext(SystemClock(), 'token'))\n"
        "made.clone_address('acme/shop')\n"
        "made.body('exec', 'text')\n"
        "slow = {'github', 'requests', 'urllib3', 'boto3', 'jwt', 'nacl'} & set(sys.modules)\n"
        "sys.exit(str(slow) if slow else 0)"
    )
    asked = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=False)
    assert asked.returncode == 0, asked.stderr


def test_the_fake_speaks_as_github_documents(api: GitHubApi, github: GitHub) -> None:
    """PyGithub reads lazily: an attribute that the fake left out would be asked for in another call."""
    github.upsert(PR, "exec", "text")
    before = len(api.asked)
    made = next(iter(github._seen.values()))
    assert (made.user.login, made.author_association, made.created_at.year) == ("octocat", "OWNER", 2019)
    assert len(api.asked) == before
    assert DOCS.startswith("https://docs.github.com/")
