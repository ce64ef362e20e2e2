"""What every provider of version control can do, and how one comment stays one comment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from execution_engine.clock import Clock
from execution_engine.errors import NotFound
from execution_engine.vcs.errors import VcsDenied, VcsUnanswered
from execution_engine.vcs.length import fit
from execution_engine.vcs.place import Comment, Place, bears, marker

PAUSES = (2.0, 5.0)
"""Seconds before a comment whose creation was not answered is looked for, and created if it is not there."""


def _nothing(text: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class VcsContext:
    """What a provider is made of. ``token_name``: where the token is from, as errors name it. ``api_url``: of a
    provider of one's own; None for the public one. ``tell`` hears why something takes long."""

    clock: Clock
    token: str | None = field(default=None, repr=False)
    token_name: str = "the token"
    api_url: str | None = None
    tell: Callable[[str], None] = _nothing


@dataclass(frozen=True, slots=True)
class Posted:
    """``created``: whether there was none to update."""

    comment: Comment
    created: bool


class VcsProvider(ABC):
    """Comments are found by a tag, which is their first line and which readers don't see (``place.marker``).

    Raises ``NotFound``, or ``VcsError`` and those below it.
    """

    limit: int
    """Characters (code points) of a comment, its tag included."""

    def __init__(self, context: VcsContext) -> None:
        self._context = context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ignored: object) -> None:
        self.close()

    def close(self) -> None:
        """Leaves the provider. Safe to repeat; a later call enters it again."""
        return

    @abstractmethod
    def clone_address(self, repo: str, *, ssh: bool = False) -> str:
        """What git clones ``org/repo`` from: an https URL, or the ssh one. It holds no credential, and no call is
        made for it. Raises ``ValueError`` if no repository here can be called so."""

    @abstractmethod
    def comments(self, place: Place) -> Iterator[tuple[int, str, str]]:
        """Every comment there, oldest first: its id, its URL for people, its text."""

    @abstractmethod
    def _create(self, place: Place, tag: str, body: str) -> Comment:
        """Raises ``VcsUnanswered`` at once where it can't be told whether the comment was made."""

    @abstractmethod
    def _update(self, comment: Comment, body: str) -> Comment: ...

    @abstractmethod
    def _delete(self, comment: Comment) -> None: ...

    def find(self, place: Place, tag: str) -> Comment | None:
        """The oldest comment that bears the tag."""
        return next(self._tagged(place, tag), None)

    def create(self, place: Place, tag: str, text: str) -> Comment:
        """Another comment with the tag, even if there is one."""
        return self._create(place, tag, self.body(tag, text))

    def update(self, comment: Comment, text: str) -> Comment:
        """The same comment, with its tag and another text."""
        return self._update(comment, self.body(comment.tag, text))

    def delete(self, comment: Comment) -> bool:
        """Whether it was still there."""
        try:
            self._delete(comment)
        except NotFound:
            return False
        return True

    def upsert(self, place: Place, tag: str, text: str) -> Posted:
        """Updates the comment that bears the tag, or creates it.

        One that may not be written is somebody else's who copied the tag, and is left alone. A creation that was
        not answered is looked for before it is tried again, so that it is no second comment.
        """
        tried = False
        for pause in (*PAUSES, None):
            for comment in list(self._tagged(place, tag)):
                try:
                    return Posted(self.update(comment, text), created=tried)
                except (VcsDenied, NotFound):
                    continue
            try:
                return Posted(self.create(place, tag, text), created=True)
            except VcsUnanswered:
                if pause is None:
                    raise
            tried = True
            self._context.clock.sleep(pause)
        raise AssertionError("the last pause is none")

    def body(self, tag: str, text: str) -> str:
        """A comment as it is sent: the tag's marker, then the text, cut in its middle if it is too long."""
        first = marker(tag) + "\n"
        clean = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
        return first + fit(clean, self.limit - len(first))

    def _tagged(self, place: Place, tag: str) -> Iterator[Comment]:
        for number, url, body in self.comments(place):
            if bears(body, tag):
                yield Comment(place, tag, number, url, body)
