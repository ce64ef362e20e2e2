"""Where in git an order's code is."""

from __future__ import annotations

from dataclasses import dataclass

from execution_engine.jobs.job import Order


@dataclass(frozen=True, slots=True)
class GitPlace:
    """As the job says it: equal for orders that share their code."""

    repo: str
    commit: str | None
    folder: str | None

    @classmethod
    def of(cls, order: Order) -> GitPlace | None:
        """None for an order whose code does not come from git."""
        return cls(order.git_repo, order.commit_hash, order.git_folder) if order.git_repo else None

    def __str__(self) -> str:
        return f"{self.repo}@{self.commit or 'HEAD'}:{self.folder or '.'}"
