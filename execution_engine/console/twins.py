"""Orders that stand at the same place of a graph, drawn as one block; and joints, through which whole groups need
whole groups. Both make a picture out of what would be a carpet of lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

BLOCK = 5
"""So many orders that need the same and are needed by the same become a block."""

JOINT = "joint:"
Needs = Mapping[str, Sequence[str]]


def blocks(needs: Needs) -> dict[str, list[str]]:
    """For each block its members, in the order of the job, under the key of the first."""
    needed_by: dict[str, list[str]] = {key: [] for key in needs}
    for key, all_needed in needs.items():
        for needed in all_needed:
            needed_by[needed].append(key)
    groups: dict[tuple[frozenset[str], frozenset[str]], list[str]] = {}
    for key in needs:
        groups.setdefault((frozenset(needs[key]), frozenset(needed_by[key])), []).append(key)
    return {members[0]: members for members in groups.values() if len(members) >= BLOCK}


def folded(needs: Needs, found: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The same graph with each block as one thing, under its first member's key."""
    block_of = {member: first for first, members in found.items() for member in members}
    return {
        key: list(dict.fromkeys(block_of.get(needed, needed) for needed in needs[key]))
        for key in needs
        if block_of.get(key, key) == key
    }


def joined(needs: Needs) -> dict[str, list[str]]:
    """The same graph where several that need the same several things do so through one joint, whose key begins with
    ``joint:``."""
    groups: dict[frozenset[str], list[str]] = {}
    for key, all_needed in needs.items():
        if len(all_needed) > 1:
            groups.setdefault(frozenset(all_needed), []).append(key)
    graph = {key: list(all_needed) for key, all_needed in needs.items()}
    for members in groups.values():
        if len(members) > 1:
            joint = JOINT + members[0]
            graph[joint] = list(needs[members[0]])
            graph |= {member: [joint] for member in members}
    return graph
