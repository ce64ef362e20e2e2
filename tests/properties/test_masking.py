"""Masking does not depend on where a stream is cut, and lets no secret through."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from execution_engine.worker.masking import MASK, Secrets
from execution_engine.worker.secret_forms import forms_of

# Few characters, so that secrets overlap, repeat and begin one another.
values = st.lists(st.text("abA=\n", min_size=6, max_size=14), min_size=1, max_size=4)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[str], list[bytes]]:
    """Secrets, and a stream made of them, their forms, parts of those and other bytes, cut anywhere."""
    secrets = draw(values)
    forms = forms_of(secrets) or (b"aaaaaa",)
    pieces = st.one_of(
        st.sampled_from(forms),
        st.builds(lambda form, cut: form[:cut], st.sampled_from(forms), st.integers(1, 10)),
        st.builds(lambda form, cut: form[cut:], st.sampled_from(forms), st.integers(1, 10)),
        st.binary(max_size=6),
    )
    whole = b"".join(draw(st.lists(pieces, max_size=12)))
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=30)))
    edges = [0, *cuts, len(whole)]
    return secrets, [whole[a:b] for a, b in pairwise(edges)]


@given(streams())
def test_cutting_changes_nothing_and_nothing_leaks(case: tuple[list[str], list[bytes]]) -> None:
    values, parts = case
    forms = forms_of(values)
    expected = b"".join(parts)
    if forms:
        expected = re.sub(b"|".join(map(re.escape, forms)), lambda match: MASK, expected)
    secrets = Secrets(values)
    stream = secrets.stream()
    shown = b""
    for part in parts:
        shown += stream.feed(part)
        assert expected.startswith(shown)
        assert stream.held < max(secrets.longest, 1)
    assert shown + stream.flush() == expected
    assert secrets.mask(b"".join(parts)) == expected
    assert not [form for form in forms if form in expected]
