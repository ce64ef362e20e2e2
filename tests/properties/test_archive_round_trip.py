"""Any folder that packs comes back as it was, and packs into the same bytes again."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.bundles.zips import Tree, read_tree

from execution_engine.bundles.archive import pack_folder
from execution_engine.bundles.unpacking import check_archive, unpack

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\\\0:"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..", ".git")
)
MODES = st.integers(0, 0o777)
FILES = st.tuples(st.just("file"), MODES.map(lambda mode: mode | 0o400), st.binary(max_size=2_000))
FOLDERS = st.tuples(st.just("folder"), MODES.map(lambda mode: mode | 0o700), st.just(b""))
SAME_FOLDER = st.tuples(st.just("link"), st.just(0), NAMES.map(str.encode))


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Folders grow out of folders; then files, and links to a neighbour that may or may not exist."""
    tree: Tree = {}
    places = [""]
    for kind in draw(st.lists(st.one_of(FOLDERS, FILES, SAME_FOLDER), max_size=12)):
        path = draw(st.sampled_from(places)) + draw(NAMES)
        if path not in tree:
            tree[path] = kind
            if kind[0] == "folder":
                places.append(path + "/")
    return tree


def build(tree: Tree, root: Path) -> None:
    for name, (kind, mode, content) in tree.items():
        path = root / name
        if kind == "folder":
            path.mkdir()
            path.chmod(mode)
        elif kind == "file":
            path.write_bytes(content)
            path.chmod(mode)
        else:
            path.symlink_to(content.decode())


@given(trees())
@settings(max_examples=60)
def test_a_folder_survives_the_journey(tree: Tree) -> None:
    with tempfile.TemporaryDirectory() as place:
        code, path = Path(place, "code"), Path(place, "code.zip")
        code.mkdir()
        build(tree, code)
        with path.open("wb") as into:
            packed = pack_folder(code, into)
        data = path.read_bytes()
        assert (packed.sha256, packed.size) == (hashlib.sha256(data).hexdigest(), len(data))

        again = io.BytesIO()
        assert pack_folder(code, again) == packed
        assert again.getvalue() == data

        summary = check_archive(path)
        assert summary.files + summary.links == packed.files
        assert unpack(path, Path(place, "into")) == summary
        assert read_tree(Path(place, "into")) == tree
