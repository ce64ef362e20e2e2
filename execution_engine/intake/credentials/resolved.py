"""What a job's credentials came to. Holds secrets: never logged, dropped when the bundles are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from execution_engine.jobs.faults import Faults
from execution_engine.jobs.job import Order


@dataclass(frozen=True, slots=True)
class Variables:
    """An order's variables. ``secret_names``: those whose values were fetched, to be masked."""

    values: Mapping[str, str] = field(repr=False)
    secret_names: frozenset[str]


@dataclass(frozen=True, slots=True)
class GitSecrets:
    """What git may use; None: the job names none, or no order's code comes from git."""

    token: str | None = field(default=None, repr=False)
    ssh_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Resolved:
    """``layers``: what was fetched for an order by its number, later ones win; orders share what they share.
    ``age_keys``: callers' own, the private ones by the public.

    Usable only if there are no ``faults``.
    """

    faults: Faults
    git: GitSecrets
    layers: Mapping[str, Sequence[Mapping[str, str]]] = field(repr=False)
    age_keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def secrets(self) -> frozenset[str]:
        """Everything that was fetched."""
        found = {value for layers in self.layers.values() for layer in layers for value in layer.values()}
        return frozenset(found.union(filter(None, (self.git.token, self.git.ssh_key)), self.age_keys.values()))

    def of(self, order: Order) -> Variables:
        """``env_vars``, then Parameter Store's, then Secrets Manager's, then the target account's session."""
        layers = self.layers.get(order.order_num, ())
        fetched = {name: value for layer in layers for name, value in layer.items()}
        return Variables({**order.env_vars, **fetched}, frozenset(fetched))
