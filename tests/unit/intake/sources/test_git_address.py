from __future__ import annotations

import pytest

from execution_engine.intake.sources.git_address import GitAddress, GitAddresses
from execution_engine.intake.sources.git_faults import AddressRefused
from execution_engine.intake.sources.git_hosts import GitHosts
from execution_engine.intake.sources.git_providers import GitProviders

HOSTS = ("github.com", "git.example.com", "127.0.0.1:8443", "127.0.0.1:2222", "[::1]:8443")


def resolve(
    written: str, *, provider: str = "github", hosts: tuple[str, ...] = HOSTS, entries: tuple[str, ...] = ()
) -> GitAddress:
    return GitAddresses(GitHosts(hosts), GitProviders(entries)).resolve(written, provider)


def places(written: str, **how: tuple[str, ...]) -> list[str]:
    return [str(place) for place in resolve(written, **how).places]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("org/repo", ["https://github.com/org/repo.git", "ssh://git@github.com/org/repo.git"]),
        ("org/repo.git", ["https://github.com/org/repo.git", "ssh://git@github.com/org/repo.git"]),
        ("https://github.com/org/repo", ["https://github.com/org/repo", "ssh://git@github.com/org/repo"]),
        ("https://GitHub.com:443/org/repo/", ["https://github.com/org/repo", "ssh://git@github.com/org/repo"]),
        (
            "ssh://git@git.example.com/a/b/c.git",
            ["ssh://git@git.example.com/a/b/c.git", "https://git.example.com/a/b/c.git"],
        ),
        ("ssh://git.example.com:22/a/b", ["ssh://git@git.example.com/a/b", "https://git.example.com/a/b"]),
        (
            "me@git.example.com:org/repo.git",
            ["me@git.example.com:org/repo.git", "https://git.example.com/org/repo.git"],
        ),
        ("https://127.0.0.1:8443/org/repo", ["https://127.0.0.1:8443/org/repo"]),
        ("https://[::1]:8443/org/repo", ["https://[::1]:8443/org/repo"]),
        ("ssh://me@127.0.0.1:2222/org/repo", ["ssh://me@127.0.0.1:2222/org/repo"]),
    ],
)
def test_a_repository_is_at_these_places(written: str, found: list[str]) -> None:
    assert places(written) == found


def test_a_setting_moves_the_provider() -> None:
    assert places("org/repo", entries=("github=https://git.example.com",)) == [
        "https://git.example.com/org/repo.git",
        "ssh://git@git.example.com/org/repo.git",
    ]


def test_only_allowed_places_count() -> None:
    assert places("org/repo", hosts=("github.com:443",)) == ["https://github.com/org/repo.git"]
    assert places("https://github.com/org/repo", hosts=("github.com:443",)) == ["https://github.com/org/repo"]
    with pytest.raises(AddressRefused, match="github.com, which is not among"):
        places("org/repo", hosts=("git.example.com",))


def test_spellings_of_one_place_are_one_repository() -> None:
    assert resolve("https://github.com/org/repo.git").places == resolve("https://GITHUB.com:443/org/repo.git/").places
    assert resolve("org/repo").places == resolve("https://github.com/org/repo.git").places


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("http://github.com/org/repo", "https or ssh"),
        ("git://github.com/org/repo", "https or ssh"),
        ("file:///etc/passwd", "https or ssh"),
        ("ext::sh -c touch% pwned", "must be org/repo"),
        ("ext://sh/org", "https or ssh"),
        ("/srv/git/repo.git", "must be org/repo"),
        ("../repo/x", "must be org/repo|does not name"),
        ("-u/repo", "must be org/repo"),
        ("--upload-pack=touch/repo", "must be org/repo"),
        ("https://me:hunter22@github.com/org/repo", "credential in its URL"),
        ("https://hunter22@github.com/org/repo", "credential in its URL"),
        ("ssh://-oProxyCommand=touch/org/repo", "no usable host"),
        ("-oProxyCommand=x@github.com:org/repo", "must be org/repo"),
        ("git@-oProxyCommand:org/repo", "must be org/repo"),
        ("https://github.com/org/repo?x=1", "no query"),
        ("https://github.com/org/repo#x", "no fragment"),
        ("https://github.com/-c/repo", "does not name"),
        ("https://github.com/%2e%2e/repo", "does not name"),
        ("https://gitlab.com/org/repo", "not among the git hosts"),
        ("git@gitlab.com:org/repo", "not among the git hosts"),
        ("https://169.254.169.254/latest/meta-data", "addresses of single machines"),
        ("https://127.0.0.1/org/repo", "addresses of single machines"),
        ("https://127.0.0.1:8444/org/repo", "addresses of single machines"),
        ("https://localhost/org/repo", "addresses of single machines"),
        ("https://2130706433/org/repo", "addresses of single machines"),
        ("https://[::1]/org/repo", "addresses of single machines"),
        ("https://github.com@169.254.169.254/org/repo", "credential in its URL"),
        ("https://github.com:0/org/repo", "port 0"),
        ("https://github.com:99999/org/repo", "no URL"),
    ],
)
def test_what_is_not_allowed_is_refused_in_words(written: str, why: str) -> None:
    with pytest.raises(AddressRefused, match=why) as refused:
        resolve(written)
    assert "hunter22" not in str(refused.value)
