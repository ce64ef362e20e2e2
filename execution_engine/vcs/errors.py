"""What a provider raises. Each names the repository, the number, what was tried and the remedy; none a token.

::

    EngineError
    ├── NotFound               no such repository, pull request, issue or comment, or the token may not see it
    └── VcsError               the provider refused, or can't be reached
        ├── VcsDenied          the token is not accepted, or may not do this
        ├── VcsBusy            the provider's rate limit lasts longer than is waited
        └── VcsUnanswered      no answer came; whether it was done is not known
"""

from __future__ import annotations

from execution_engine.errors import EngineError


class VcsError(EngineError):
    """The provider did not do what it was asked to."""


class VcsDenied(VcsError):
    """The token is refused, or may not do what was tried; nothing was changed."""


class VcsBusy(VcsError):
    """A rate limit that outlasts the engine's patience; nothing was changed. Says when to come back, if known."""


class VcsUnanswered(VcsError):
    """No answer, or none that can be understood: what was tried may have happened, or not."""
