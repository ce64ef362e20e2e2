from __future__ import annotations

import pytest

from execution_engine.vcs.github_address import github_address


@pytest.mark.parametrize(
    ("url", "api", "https", "ssh"),
    [
        (None, "https://api.github.com", "https://github.com", "ssh://git@github.com"),
        ("https://api.github.com/", "https://api.github.com", "https://github.com", "ssh://git@github.com"),
        ("https://git.acme.example", "https://git.acme.example/api/v3", "https://git.acme.example", None),
        ("https://git.acme.example/api/v3/", "https://git.acme.example/api/v3", "https://git.acme.example", None),
        (
            "https://git.acme.example:8443/api/v3",
            "https://git.acme.example:8443/api/v3",
            "https://git.acme.example:8443",
            "ssh://git@git.acme.example",
        ),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com", "https://acme.ghe.com", "ssh://git@acme.ghe.com"),
        ("http://127.0.0.1:1234", "http://127.0.0.1:1234", "https://127.0.0.1:1234", None),
    ],
)
def test_addresses(url: str | None, api: str, https: str, ssh: str | None) -> None:
    address = github_address(url)
    assert address.api == api
    assert address.clone_address("acme/shop", ssh=False) == f"{https}/acme/shop.git"
    assert address.clone_address("acme/shop.git", ssh=False) == f"{https}/acme/shop.git"
    if ssh is not None:
        assert address.clone_address("acme/shop", ssh=True) == f"{ssh}/acme/shop.git"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://git.acme.example/api/v3", "must use https"),
        ("http://127.0.0.1.evil.example", "must use https"),
        ("ftp://127.0.0.1", "must use https"),
        ("git.acme.example", "must use https"),
        ("https:///api/v3", "names no host"),
        ("https://[broken", "is no URL"),
        ("https://git.acme.example:port", "is no URL"),
        ("https://me:s3cret@git.acme.example", "may hold no credential"),
        ("https://git.acme.example/?token=s3cret", "may hold no credential"),
        ("https://git.acme.example/#s3cret", "may hold no credential"),
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        github_address(url)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "repo", ["shop", "acme/shop/x", "-acme/shop", "acme/..", "acme/", "https://github.com/a/b", "a/b c"]
)
def test_what_is_no_repository(repo: str) -> None:
    with pytest.raises(ValueError, match="is no GitHub repository"):
        github_address(None).clone_address(repo, ssh=False)
