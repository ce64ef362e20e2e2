"""JSON read without the liberties of Python's reader: no key twice, no NaN, no Infinity."""

from __future__ import annotations

import json
import math

from execution_engine.errors import Fault, JobRefused
from execution_engine.jobs.faults import Faults, shown


def read_json(text: str | bytes, where: str = "") -> object:
    """The value of a JSON text (bytes: UTF-8, with or without a byte order mark).

    Raises ``JobRefused``, its faults at ``where``, for what is no JSON, for keys that an object has
    twice, for numbers that are not finite, and for nesting too deep to read.
    """
    faults = Faults()

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made: dict[str, object] = {}
        for key, value in pairs:
            if key in made:
                faults.add(where, f'the key "{shown(key)}" appears twice in one object')
            made[key] = value
        return made

    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        value = json.loads(decoded, object_pairs_hook=unique, parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise JobRefused([Fault(where, f"is not UTF-8 (at byte {error.start})")]) from error
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise JobRefused([Fault(where, f"is no JSON: {error.msg} ({at})")]) from error
    except RecursionError as error:
        raise JobRefused([Fault(where, "is nested too deeply to be read")]) from error
    except ValueError as error:
        raise JobRefused([Fault(where, f"has a number that can't be taken: {shown(str(error), 100)}")]) from error
    faults.raise_if_any()
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("it is too large")
    return number
