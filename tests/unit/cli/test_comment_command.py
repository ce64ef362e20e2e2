"""``comment``: a run that is read as ``status`` reads it, on a GitHub of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from fakes.github_api import Account, GitHubApi, secondary_limit
from typer.testing import Result
from unit.cli.stand import RUN, Stand

TOKEN = "ghp_0123456789abcdefSECRET"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubApi]:
    with GitHubApi() as api:
        api.accounts[TOKEN] = Account("ci-bot")
        monkeypatch.setenv("GITHUB_API_URL", api.url)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield api


def failed(stand: Stand) -> None:
    stand.begin("build", "test")
    stand.tell("0001", "succeeded", attempt=1)
    stand.tell("0002", "running", attempt=1)
    stand.clock.advance(4)
    stand.tell("0002", "failed", attempt=1, exit_code=2)
    stand.log("0002", b"collecting\n\x1b[31mbroken\x1b[0m\n")
    stand.complete("failed", succeeded=1, failed=1)


def comment(stand: Stand, *arguments: str) -> Result:
    return stand.call("comment", "--run", RUN, *arguments)


def test_one_comment_is_posted_then_updated(stand: Stand, api: GitHubApi) -> None:
    failed(stand)
    first = comment(stand, "--pr", "acme/shop#12")
    assert first.exit_code == 0, first.stderr
    assert first.stdout.startswith("https://github.com/acme/shop/pull/12#issuecomment-")
    assert first.stdout.count("\n") == 1
    assert first.stderr == ""
    second = comment(stand, "--pr", "acme/shop#12")
    assert second.stdout == first.stdout
    (body,) = api.bodies()
    assert body.startswith("<!-- execution-engine:exec -->\n### ❌ <code>exec</code> failed\n")
    assert "| ❌ | <code>test</code> | <code>lambda</code> | failed | exit 2 | 4.0 |" in body
    assert "```text\ncollecting\nbroken\n```" in body
    assert {one.authorization for one in api.asked} == {f"token {TOKEN}"}


def test_the_answer_in_json(stand: Stand, api: GitHubApi) -> None:
    failed(stand)
    made = json.loads(comment(stand, "--issue", "acme/shop#7", "--tag", "nightly", "--json").stdout)
    again = json.loads(comment(stand, "--issue", "acme/shop#7", "--tag", "nightly", "--json").stdout)
    number = made.pop("comment_id")
    assert made == {
        "run_id": RUN,
        "status": "failed",
        "tag": "nightly",
        "repo": "acme/shop",
        "number": 7,
        "url": f"https://github.com/acme/shop/issues/7#issuecomment-{number}",
        "created": True,
    }
    assert (again["comment_id"], again["created"]) == (number, False)
    assert len(api.bodies(number=7)) == 1


def test_the_machine_is_left_before_github_is_asked(stand: Stand, api: GitHubApi) -> None:
    failed(stand)
    left: list[int] = []
    original = api.handle
    api.handle = lambda request: (left.append(stand.left), original(request))[1]  # type: ignore[method-assign]
    comment(stand, "--pr", "acme/shop#12")
    assert set(left) == {1}


def test_a_dry_run_prints_the_comment_and_needs_neither_token_nor_place(
    stand: Stand, api: GitHubApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(stand)
    posted = comment(stand, "--pr", "acme/shop#12")
    monkeypatch.delenv("GITHUB_TOKEN")
    asked = len(api.asked)
    for place in ([], ["--pr", "acme/shop#12"]):
        shown = comment(stand, "--dry-run", *place)
        assert shown.exit_code == 0, shown.stderr
        assert shown.stdout == api.bodies()[0]
    document = json.loads(comment(stand, "--dry-run", "--json").stdout)
    assert document["markdown"] == api.bodies()[0]
    assert (document["status"], document["tag"]) == ("failed", "exec")
    assert posted.exit_code == 0
    assert len(api.asked) == asked


def test_a_run_that_was_abandoned_is_ended_first(stand: Stand, api: GitHubApi) -> None:
    stand.begin("build")
    stand.abandoned.add(RUN)
    stand.alone = True

    def end() -> None:
        stand.tell("0001", "failed", reason="cancelled")
        stand.complete("failed", failed=1)

    stand.steps(end)
    assert comment(stand, "--pr", "acme/shop#12").exit_code == 0
    assert (stand.cancels, stand.taken_up) == (1, [RUN])
    assert "<code>cancelled</code>" in api.bodies()[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say where to post it"),
        (["--pr", "acme/shop"], "--pr must be org/repo#number"),
        (["--issue", "12"], "--issue must be org/repo#number"),
        (["--pr", "acme/shop#12", "--issue", "acme/shop#7"], "--pr and --issue exclude each other"),
        (["--pr", "acme/shop#12", "--tag", "a -->"], "--tag must be"),
        (["--dry-run", "--tag", "a -->"], "--tag must be"),
        (["--pr", "acme/shop#12", "--token-env", "NOT_SET"], "the variable NOT_SET holds no token"),
        (["--pr", "acme/shop#12", "--token-env", TOKEN], "never the token itself"),
        (["--pr", "acme/shop#12", "--token-env", f"x-{TOKEN}"], "never the token itself"),
        (["--pr", "acme/shop#12", "--token-env", "ODD"], "the token in ODD holds no token"),
        (["--pr", "acme/shop#12", "--api-url", "http://github.acme.example"], "the URL of GitHub's API must use https"),
        (["--pr", "acme/shop#12", "--provider", "gitlub"], "no provider of version control 'gitlub'"),
    ],
)
def test_wrong_words_are_refused_before_anything_starts(
    stand: Stand, api: GitHubApi, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setenv("ODD", f"{TOKEN} and more")
    failed(stand)
    result = comment(stand, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert TOKEN not in result.stderr
    assert result.stdout == ""
    assert (stand.opened, api.asked) == ([], [])


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [("acme/nothing#1", 2, "acme/nothing"), ("acme/shop#99", 2, "number 99"), ("acme/shop#7", 2, "no pull request")],
)
def test_a_place_that_is_not_there(stand: Stand, api: GitHubApi, place: str, code: int, said: str) -> None:
    failed(stand)
    result = comment(stand, "--pr", place, "--json")
    assert result.exit_code == code
    assert said in result.stderr
    document = json.loads(result.stdout)
    assert (document["status"], document["run_id"]) == ("error", RUN)


def test_a_run_that_is_not_there(stand: Stand, api: GitHubApi) -> None:
    result = comment(stand, "--pr", "acme/shop#12")
    assert result.exit_code == 2
    assert f"there is no run {RUN}" in result.stderr
    assert api.asked == []


def test_a_token_that_is_refused_is_named_not_shown(
    stand: Stand, api: GitHubApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(stand)
    monkeypatch.setenv("CI_TOKEN", "ghp_wrongSECRET")
    result = comment(stand, "--pr", "acme/shop#12", "--token-env", "CI_TOKEN")
    assert result.exit_code == 1
    assert "does not accept the token in CI_TOKEN (401 Bad credentials)" in result.stderr
    assert "SECRET" not in result.output


def test_a_limit_that_lasts_too_long_is_an_error(stand: Stand, api: GitHubApi) -> None:
    failed(stand)
    api.script = [secondary_limit(3_600)]
    result = comment(stand, "--pr", "acme/shop#12")
    assert result.exit_code == 1
    assert "rate limit of the token in GITHUB_TOKEN is used up" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_names_it_and_loads_neither_github_nor_its_library() -> None:
    check = (
        "import sys; sys.argv = ['x', 'comment', '--help']\n"
        "from execution_engine.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "slow = {'github', 'requests', 'boto3', 'execution_engine.vcs.github'} & set(sys.modules)\n"
        "sys.exit(str(slow) if slow else 0)"
    )
    asked = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=False)
    assert asked.returncode == 0, asked.stderr
    for option in (
        "--pr",
        "--issue",
        "--run",
        "--tag",
        "--token-env",
        "--api-url",
        "--provider",
        "--dry-run",
        "--json",
    ):
        assert option in asked.stdout
