"""Services → where a job's code and credentials come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from execution_engine.wiring.threads import on_threads

if TYPE_CHECKING:
    from execution_engine.bundles.limits import Limits
    from execution_engine.intake.materials import Supply
    from execution_engine.intake.sources.git_code import GitCode
    from execution_engine.wiring.services import Services


def supply(services: Services) -> Supply:
    """Asks nobody yet, and makes no client before one is needed."""
    from execution_engine.bundles.limits import Limits
    from execution_engine.intake.credentials.credentials import Credentials
    from execution_engine.intake.credentials.fetcher import FetcherContext
    from execution_engine.intake.credentials.registry import Fetchers
    from execution_engine.intake.credentials.session_length import Waiting
    from execution_engine.intake.credentials.target_account import TargetAccounts
    from execution_engine.intake.materials import Supply
    from execution_engine.intake.s3_code import S3Code
    from execution_engine.redaction import hide
    from execution_engine.worker.masking import Secrets

    settings, environment = services.settings, services.client.environment
    limits = Limits(size=settings.code_limit)

    def patient(service: str) -> Any:
        return services.client(service, patient=True)

    return Supply(
        s3=S3Code(services.client("s3"), limits),
        git=_git(services, limits),
        credentials=Credentials(
            Fetchers(FetcherContext(settings, environment, patient, services.clock)),
            TargetAccounts(
                lambda: patient("sts"),
                services.clock,
                external_id=settings.target_external_id,
                policy=settings.target_session_policy,
            ),
            Waiting(settings.start_limit, settings.max_in_flight),
            on_threads,
        ),
        hide=lambda secrets: hide(Secrets(secrets).mask_text),
    )


def _git(services: Services, limits: Limits) -> Callable[[], GitCode]:
    """Its settings are read at once, as all are; what asks git, a fiftieth of a cold start, is loaded by a job that
    has code there."""
    import time

    from execution_engine.intake.sources.git_hosts import GitHosts
    from execution_engine.intake.sources.git_providers import GitProviders
    from execution_engine.intake.sources.known_hosts import known_hosts

    settings = services.settings
    keys = known_hosts(settings.git_known_hosts)
    hosts, providers = GitHosts(settings.git_hosts), GitProviders(settings.git_providers)

    def made() -> GitCode:
        from execution_engine.intake.sources.git_address import GitAddresses
        from execution_engine.intake.sources.git_code import GitCode
        from execution_engine.intake.sources.git_process import Bounds
        from execution_engine.intake.sources.git_source import GitSource

        source = GitSource(
            known_hosts=keys,
            host=services.client.environment,
            bounds=Bounds(settings.git_timeout, settings.git_limit),
            now=time.monotonic,
        )
        return GitCode(source, GitAddresses(hosts, providers), limits, on_threads)

    return made
