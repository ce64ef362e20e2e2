"""What SSM says of a command on an instance, in the engine's words. Pure.

The states are those of "Understanding command statuses" in the AWS Systems Manager User Guide (monitor-commands),
"Detailed status for command plugins and invocations"; the API writes them without spaces (``DeliveryTimedOut``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """``on_its_way``: it may begin, or go on; ``never``: it will not begin, as far as SSM knows; ``left``: its script
    ended well; ``died``: the script ran and ended otherwise."""

    ON_ITS_WAY = "on_its_way"
    NEVER = "never"
    LEFT = "left"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Invocation:
    """``words``: SSM's own, in one line."""

    state: State
    words: str


_STATES = {
    # The instance may not exist, or not respond. Whoever claimed got it all the same, so this says nothing of them:
    # where no final word comes from an agent, the delivery counts as timed out.
    "undeliverable": (State.NEVER, "the instance may not exist, or does not respond"),
    "deliverytimedout": (State.NEVER, "its agent did not take the command, or did not answer, in time"),
    "terminated": (State.NEVER, "too many other instances had failed"),
    "invalidplatform": (State.NEVER, "the document is not for the instance's platform"),
    "accessdenied": (State.NEVER, "the engine's role may not send commands to this instance"),
    "noinstancesintag": (State.NEVER, "no instance has the tags"),
    "rateexceeded": (State.NEVER, "more invocations are pending than the account may have"),
    "limitexceeded": (State.NEVER, "more invocations are pending than the account may have"),
    "success": (State.LEFT, "the script ended with exit code 0"),
    "failed": (State.DIED, "the script ended with another exit code than 0"),
    "executiontimedout": (State.DIED, "SSM ended the script, whose time was up"),
    "cancelled": (State.DIED, "the command was cancelled"),
    "canceled": (State.DIED, "the command was cancelled"),
}

_COARSE = {"success": State.LEFT, "failed": State.DIED, "timedout": State.NEVER, "cancelled": State.DIED}
"""By ``Status``, where the details say something that nobody knew of when this was written."""

_WEIGHT = (State.ON_ITS_WAY, State.DIED, State.LEFT, State.NEVER)
_LONGEST = 400


def invocation(document: Mapping[str, Any]) -> Invocation:
    """``document``: one of ``ListCommandInvocations``."""
    status = str(document.get("Status") or "")
    details = str(document.get("StatusDetails") or status)
    state, meaning = _STATES.get(_word(details), (_COARSE.get(_word(status), State.ON_ITS_WAY), ""))
    told = f"SSM: {details}" + (f" ({meaning})" if meaning else "")
    trace = str(document.get("TraceOutput") or "")
    return Invocation(state, one_line(f"{told}: {trace}" if trace else told))


def of_all(invocations: Iterable[Invocation]) -> Invocation | None:
    """Of one instance that was sent several commands: nothing has ended while one is on its way, and of those that
    ended the one that ran counts. None: SSM knows none."""
    return min(invocations, key=lambda one: _WEIGHT.index(one.state), default=None)


def one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _word(text: str) -> str:
    return "".join(text.split()).lower()
