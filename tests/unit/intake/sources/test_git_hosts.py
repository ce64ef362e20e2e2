from __future__ import annotations

import pytest

from execution_engine.errors import SettingsError
from execution_engine.intake.sources.git_faults import AddressRefused
from execution_engine.intake.sources.git_hosts import GitHosts, is_address_of_a_machine

MACHINES = (
    "127.0.0.1", "169.254.169.254", "10.1.2.3", "[::1]", "[fe80::1]", "127.1", "2130706433", "0x7f000001",
    "0x7f.0.0.1", "0177.0.0.1", "localhost", "localhost.", "a.localhost", "[::ffff:127.0.0.1]",
)  # fmt: skip


@pytest.mark.parametrize("host", MACHINES)
def test_a_machines_address_is_known_in_every_spelling(host: str) -> None:
    assert is_address_of_a_machine(host)


@pytest.mark.parametrize("host", ["github.com", "10.example.com", "localhost.example.com", "0x.example", "beef.cafe"])
def test_a_name_is_no_machines_address(host: str) -> None:
    assert not is_address_of_a_machine(host)


@pytest.mark.parametrize(
    ("entries", "protocol", "host", "port"),
    [
        (["github.com"], "https", "github.com", None),
        (["github.com"], "ssh", "github.com", 2222),
        ([" GitHub.com "], "https", "github.com", None),
        (["git.example.com:22"], "ssh", "git.example.com", None),
        (["git.example.com:8443"], "https", "git.example.com", 8443),
        (["127.0.0.1:443"], "https", "127.0.0.1", None),
        (["[::1]:8443"], "https", "[::1]", 8443),
        (["localhost:8443"], "https", "localhost", 8443),
        (["127.0.0.1"], "https", "127.0.0.1", 8443),
    ],
)
def test_what_is_on_the_list_is_allowed(entries: list[str], protocol: str, host: str, port: int | None) -> None:
    GitHosts(entries).check(protocol, host, port)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("gitlab.com", None),
        ("github.com.example.com", None),
        ("evilgithub.com", None),
        ("github.com.", None),
        ("git.example.com", None),
        ("git.example.com", 8444),
    ],
)
def test_what_is_not_on_the_list_is_refused_with_the_list(host: str, port: int | None) -> None:
    with pytest.raises(AddressRefused, match=r"not among the git hosts.*\(github.com, git.example.com:8443\)"):
        GitHosts(["github.com", "git.example.com:8443"]).check("https", host, port)


@pytest.mark.parametrize("host", MACHINES)
def test_a_machines_address_must_be_listed_as_it_is_written(host: str) -> None:
    others = [one for one in MACHINES if one != host and one[-1] != "."]
    with pytest.raises(AddressRefused, match=r"add .*:8443 to AWS_EXE_SYS_GIT_HOSTS"):
        GitHosts([*others, "github.com"]).check("https", host, 8443)


@pytest.mark.parametrize(
    "entry", ["", "https://github.com", "github.com/org", "a:b", "*.com", "a:0", "a:65536", "-o.com"]
)
def test_an_entry_that_is_none_is_named(entry: str) -> None:
    with pytest.raises(SettingsError, match="AWS_EXE_SYS_GIT_HOSTS"):
        GitHosts([entry])
