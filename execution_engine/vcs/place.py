"""Where a comment belongs, and by what it is found again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_SEGMENT = r"[A-Za-z0-9_.-]{1,100}"
_PLACE = re.compile(rf"({_SEGMENT}(?:/{_SEGMENT})+)#([1-9]\d{{0,9}})")
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")


class Kind(StrEnum):
    PULL_REQUEST = "pull request"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True)
class Place:
    """A pull request or an issue. ``repo`` as ``org/repo``."""

    repo: str
    number: int
    kind: Kind

    def __str__(self) -> str:
        return f"{self.repo}#{self.number}"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that bears a tag. ``body`` is all of it, the tag included; ``url`` is for people."""

    place: Place
    tag: str
    id: int
    url: str
    body: str


def parse_place(text: str, kind: Kind) -> Place:
    """``org/repo#12``. Raises ``ValueError``."""
    found = _PLACE.fullmatch(text)
    if found is None or any(part in (".", "..") for part in found[1].split("/")):
        raise ValueError(f"must be org/repo#number, such as acme/shop#12, not {text[:200]!r}")
    return Place(found[1], int(found[2]), kind)


def check_tag(tag: str) -> str:
    """The tag itself, if it can be one. Raises ``ValueError``."""
    if not _TAG.fullmatch(tag) or "--" in tag:
        raise ValueError(f"must be 1–100 of the characters A–Z a–z 0–9 . _ : / - without --, not {tag[:200]!r}")
    return tag


def tag_of(label: str) -> str:
    """A tag that says what ``label`` does, whatever is in it."""
    tag = re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9._:/]+", "-", label)).strip("-._:/")[:100]
    return tag or "run"


def marker(tag: str) -> str:
    """The first line of a comment, which readers don't see."""
    return f"<!-- execution-engine:{check_tag(tag)} -->"


def bears(body: str, tag: str) -> bool:
    """Whether a comment's first line is the tag's marker. One that quotes such a comment does not bear its tag."""
    return body.lstrip("\ufeff").partition("\n")[0].strip() == marker(tag)
