"""Why code from git can't be had: one class for each cause, so that whoever asked is told where to look.

::

    CodeUnusable
    └── GitRefused
        ├── AddressRefused      no repository of a form, protocol or host that is allowed
        ├── RepositoryMissing   the server has no such repository, or says so
        ├── AccessRefused       the token or key is refused, or one is needed
        ├── HostKeyRefused      the SSH server can't prove to be the one that is known
        ├── Unreachable         no connection, no TLS, or a redirection, which is not followed
        ├── RefMissing          no such commit, tag or branch
        ├── FolderUnusable      the folder can't be packed: too large, a link that leads out of it
        │   └── FolderMissing   the commit has no such folder
        ├── TooLarge            more bytes than this deployment takes
        ├── TooSlow             not done in the time there is
        └── GitFailed           git is missing, or ended for a reason that has no name here

What a message quotes of git is redacted and cut (`git_messages.quoted`).
"""

from __future__ import annotations

from typing import ClassVar

from execution_engine.errors import CodeUnusable


class GitRefused(CodeUnusable):
    """``field``: the order's field that is to blame. ``elsewhere``: going by another protocol or with another
    credential may help."""

    field: ClassVar[str] = "git_repo"
    elsewhere: ClassVar[bool] = False


class AddressRefused(GitRefused):
    """No repository of a form, protocol or host that is allowed; nobody was asked."""


class RepositoryMissing(GitRefused):
    """The server has no such repository, or says so to who may not see it."""

    elsewhere = True


class AccessRefused(GitRefused):
    """The token or key is refused, or one is needed and there is none."""

    elsewhere = True


class HostKeyRefused(GitRefused):
    """The SSH server's key is unknown, or another than is known. No key of the caller was shown to it."""


class Unreachable(GitRefused):
    """No connection, no TLS, or a redirection, which is never followed."""

    elsewhere = True


class RefMissing(GitRefused):
    """No such commit, tag or branch, or not one only."""

    field = "commit_hash"


class FolderUnusable(GitRefused):
    """The folder can't be packed; the member at fault is named."""

    field = "git_folder"


class FolderMissing(FolderUnusable):
    """The commit has no such folder."""


class TooLarge(GitRefused):
    """More bytes than this deployment takes; git was ended when they were reached."""


class TooSlow(GitRefused):
    """Not done in the time there is; git was ended."""


class GitFailed(GitRefused):
    """git is missing, or ended for a reason that has no name here."""
