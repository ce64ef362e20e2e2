"""Data goes to standard output, everything else to standard error; neither may end a run by being closed."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from typing import Any


class Output:
    """``as_json``: whether the command answers with one JSON document instead of text.

    ``about`` is what an error document also says once it is known (``run_id``, ``trace_id``).
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.about: dict[str, Any] = {}
        self.closed = False

    def text(self, text: str) -> None:
        """A line of data, or several."""
        self.raw(f"{text}\n".encode("utf-8", "replace"))

    def document(self, document: Mapping[str, Any]) -> None:
        self.text(json.dumps(document, indent=2))

    def raw(self, data: bytes) -> None:
        """Bytes as they are. When the reader has gone (as ``head`` does), ``closed`` is set."""
        if self.closed:
            return
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            self.closed = True
            _to_nowhere()

    def say(self, text: str) -> None:
        """A line for the person. A terminal that is gone is no reason to leave a run alone."""
        try:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            pass


def _to_nowhere() -> None:
    """What Python still holds for standard output is flushed at exit, where nobody could catch the error."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, io.UnsupportedOperation):
        pass
