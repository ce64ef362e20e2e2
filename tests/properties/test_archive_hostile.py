"""No archive, however made, writes outside its folder or ends in an error that is not ours."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from unit.bundles.zips import Entry, link, read_tree, write_zip

from execution_engine.bundles.limits import Limits
from execution_engine.bundles.link_targets import first_fault
from execution_engine.bundles.unpacking import check_archive, unpack
from execution_engine.errors import BundleUnreadable, CodeUnusable

PARTS = st.sampled_from(["a", "b", "c", ".", "..", "", "C:", "x\\y"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
MODES = st.sampled_from([0, stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, stat.S_IFIFO | 0o644, stat.S_IFREG | 0o7777])
ENTRIES = st.one_of(
    st.builds(Entry, PATHS, st.binary(max_size=20), MODES),
    st.builds(Entry, PATHS.map(lambda path: path + "/"), st.just(b""), MODES),
    st.builds(link, PATHS, PATHS),
)
LINKS = st.dictionaries(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple),
    st.lists(st.sampled_from(["a", "b", "c", ".", ".."]), min_size=1, max_size=5).map("/".join),
    max_size=5,
)


def below_another(parts: tuple[str, ...], links: Mapping[tuple[str, ...], str]) -> bool:
    return any(parts[:depth] in links for depth in range(1, len(parts)))


def leads_inside(path: Path, root: Path) -> bool:
    """By the kernel's own judgement; where it says that links lead in a circle, they lead nowhere."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return True
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def try_out(path: Path, place: Path) -> bool:
    """Whether it was unpacked. Checks agree with unpacking, and what is there lies inside."""
    into = place / "deep" / "into"
    try:
        check_archive(path)
        accepted = True
    except CodeUnusable:
        accepted = False
    try:
        unpack(path, into, Limits(size=10_000_000))
        unpacked = True
    except BundleUnreadable:
        unpacked = False
    assert accepted or not unpacked
    assert sorted(os.listdir(place)) in (["deep", "x.zip"], ["x.zip"])
    assert not (place / "deep").exists() or os.listdir(place / "deep") == ["into"]
    for name, (_, mode, _) in read_tree(into).items() if into.exists() else ():
        assert mode & 0o7000 == 0
        assert leads_inside(into / name, into)
    return unpacked


@given(st.lists(ENTRIES, max_size=5))
@settings(max_examples=200)
def test_made_up_members_stay_inside(entries: list[Entry]) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        try_out(write_zip(place / "x.zip", *entries), place)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
@example([(0, 0)])
@settings(max_examples=300)
def test_damaged_archives_end_in_our_errors(changes: list[tuple[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        path = write_zip(place / "x.zip", Entry("d/f", b"content" * 9), link("d/l", "f"), Entry("ü", b""))
        data = bytearray(path.read_bytes())
        for at, value in changes:
            data[at % len(data)] = value
        path.write_bytes(data)
        try_out(path, place)


@given(LINKS)
@settings(max_examples=300)
def test_links_that_pass_never_lead_outside_in_fact(links: dict[tuple[str, ...], str]) -> None:
    """What is decided from letters is compared with what the kernel does with real links."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(os.path.realpath(name), "outer", "root")
        root.mkdir(parents=True)
        taken = {parts: target for parts, target in links.items() if not below_another(parts, links)}
        for parts, target in taken.items():
            root.joinpath(*parts[:-1]).mkdir(parents=True, exist_ok=True)
            root.joinpath(*parts).symlink_to(target)
        if first_fault(taken, 1024) is None:
            for parts in taken:
                assert leads_inside(root.joinpath(*parts), root)
