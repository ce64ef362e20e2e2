"""Which environment variables a caller may set. The same law holds for names that come from credentials.

What steers the shell, the loader, Python, git or the engine itself is not the caller's to set; AWS
variables are welcome as credentials of a target account and as nothing else.
"""

from __future__ import annotations

import re

ENGINE_NAMES = frozenset({"TRACE_ID", "RUN_ID", "ORDER_ID", "ORDER_NUM", "FLOW_ID"})
AWS_ALLOWED = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
)

MAX_VARIABLE_BYTES = 131_071
"""``NAME=value`` in bytes; Linux starts no command with a longer one (MAX_ARG_STRLEN, less the final NUL)."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEERS_A_SHELL = frozenset({"PATH", "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "IFS", "PS4"})
_STEERING_PREFIXES = ("LD_", "BASH_FUNC_", "PYTHON", "GIT_")


def name_refusal(name: str) -> str | None:
    """Why a variable of this name may not be set, or None if it may."""
    if not _NAME.fullmatch(name):
        return "is no name of a variable: letters, digits and _ only, and no digit first"
    if name in ENGINE_NAMES or name.startswith("AWS_EXE_SYS_"):
        return "is set by the engine itself"
    if name == "sops" or name.startswith("SOPS_"):
        return "is reserved by SOPS, which seals the variables"
    if name in _STEERS_A_SHELL or name.startswith(_STEERING_PREFIXES):
        return "may not be set: it would change what runs, not what the commands see"
    if name.startswith("AWS_") and name not in AWS_ALLOWED:
        return f"may not be set: of AWS_* only {', '.join(AWS_ALLOWED)}"
    return None


def value_refusal(name: str, value: object) -> str | None:
    """Why a variable may not have this value, or None if it may. Never repeats the value."""
    if not isinstance(value, str):
        return "must have text as its value (put numbers, true and false in quotes)"
    if "\0" in value:
        return "has a NUL byte in its value, which no environment can hold"
    try:
        size = len(name) + 1 + len(value.encode("utf-8"))
    except UnicodeEncodeError:
        return "has a value that can't be written as UTF-8 (half a surrogate pair)"
    if size > MAX_VARIABLE_BYTES:
        return f"is {size:,} bytes long with its value; no command starts with more than {MAX_VARIABLE_BYTES:,}"
    return None
