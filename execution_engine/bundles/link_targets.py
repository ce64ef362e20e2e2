"""Where symbolic links lead, decided from the links alone, before any of them exists on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from execution_engine.bundles.member_names import Parts

_MOST_HOPS = 40
"""Linux follows no more than 40 links for one path (ELOOP): a longer way, or a circle, leads nowhere.
Programs that take paths apart by their letters see a plain name there, so from then on links count as such."""

_MOST_STEPS = 2_000_000
"""For all links of an archive together: seconds of work that only an attack would ask for."""


@dataclass(frozen=True, slots=True)
class LinkFault:
    link: Parts
    why: str


def first_fault(links: Mapping[Parts, str], most_bytes: int) -> LinkFault | None:
    """The first link, by name, that must not be: its target is absolute, outside, empty or too long.

    Links are followed through each other as the kernel would: ``here -> .`` and ``out -> here/../x`` look
    harmless one by one and lead outside together. A link to something that does not exist is fine.
    """
    steps_left = _MOST_STEPS
    for link in sorted(links):
        target = links[link]
        if not target or "\0" in target:
            return LinkFault(link, "is a symbolic link without a usable target")
        if len(target.encode(errors="surrogateescape")) > most_bytes:
            return LinkFault(link, f"is a symbolic link with a target longer than {most_bytes} bytes")
        if target.startswith("/"):
            return LinkFault(link, f"is a symbolic link to the absolute path {target!r}")
        inside, steps = _stays_inside(link, links, steps_left)
        if not inside:
            return LinkFault(link, f"is a symbolic link to {target!r}, outside the code's folder")
        steps_left -= steps
        if steps_left <= 0:
            return LinkFault(link, "is a symbolic link, and the links are too entangled to follow")
    return None


def _stays_inside(link: Parts, links: Mapping[Parts, str], most_steps: int) -> tuple[bool, int]:
    """Whether following ``link`` never climbs above the root, and how many steps it took to know."""
    here = list(link[:-1])
    ahead = links[link].split("/")[::-1]
    hops = steps = 0
    while ahead and steps < most_steps:
        steps += 1
        part = ahead.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not here:
                return False, steps
            here.pop()
            continue
        here.append(part)
        onward = links.get(tuple(here)) if hops < _MOST_HOPS else None
        if onward is None:
            continue
        hops += 1
        if onward.startswith("/"):
            return False, steps
        here.pop()
        ahead.extend(onward.split("/")[::-1])
    return True, steps
