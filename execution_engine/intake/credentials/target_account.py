"""Sessions of target accounts: intake assumes the role that an order names, and the order gets what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from execution_engine.clock import Clock
from execution_engine.errors import SettingsError
from execution_engine.intake.credentials.fetcher import Unreadable
from execution_engine.intake.credentials.service_errors import DENIED, AwsError, can_not_tell, code_of, message_of
from execution_engine.intake.credentials.session_length import ALWAYS_ALLOWED, LONGEST

_SKEW = 60.0
"""Seconds by which STS's clock and ours may differ."""

_OTHERWISE = (
    "shorten the order's timeout or the job_timeout, or give credentials of the account by secret_manager_paths"
)
_SETTINGS_FAULTS = ("MalformedPolicyDocument", "PackedPolicyTooLarge")

TOO_LONG = f"can be assumed for {LONGEST:,} seconds at most, and the order may still run after that; {_OTHERWISE}"


@dataclass(frozen=True, slots=True)
class Session:
    variables: Mapping[str, str] = field(repr=False)


class TargetAccounts:
    """``external_id``: what the roles' trust policies ask for, so that nobody else's jobs get in by this deployment.
    ``policy``: JSON that narrows every session further. ``client`` makes (or finds) that of STS when it is first
    needed. Threads may share it."""

    def __init__(self, client: Callable[[], Any], clock: Clock, *, external_id: str = "", policy: str = "") -> None:
        self._client = client
        self._clock = clock
        self._options = {"ExternalId": external_id, "Policy": policy}

    def assume(self, role_arn: str, seconds: int, needed: float, name: str) -> Session | Unreadable:
        """A session of so many ``seconds``, of which ``needed`` are not to be missed.

        ``name`` as ``session_name`` makes it. Raises ``StoreError`` if STS can't tell for now, and ``SettingsError``
        for an external id or a session policy that STS does not take.
        """
        until = self._clock.now() + needed
        options = {option: value for option, value in self._options.items() if value}
        try:
            answer = self._client().assume_role(
                RoleArn=role_arn, RoleSessionName=name, DurationSeconds=seconds, **options
            )
        except AwsError as error:
            return self._refused(error, seconds)
        given = answer["Credentials"]
        if given["Expiration"].timestamp() < until - _SKEW:
            return Unreadable(f"gives a session that ends before the order may; {_OTHERWISE}")
        return Session(
            {
                "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
                "AWS_SESSION_TOKEN": given["SessionToken"],
            }
        )

    def _refused(self, error: Exception, seconds: int) -> Unreadable:
        code, message = code_of(error), message_of(error)
        if code in DENIED:
            with_id = " with this deployment's external id" if self._options["ExternalId"] else ""
            return Unreadable(
                f"can't be assumed: denied ({code}); the role must exist, its trust policy must let in the engine's "
                f"intake role{with_id}, and that needs sts:AssumeRole on it"
            )
        if code == "ValidationError" and "DurationSeconds" in message:
            if "chaining" in message:
                limit = f"AWS ends a session that is assumed with another role's after {ALWAYS_ALLOWED:,} seconds"
            else:
                limit = f"raise the role's MaxSessionDuration (it may be {LONGEST:,})"
            return Unreadable(
                f"can't be assumed for the {seconds:,} seconds that the order needs: {limit}; {_OTHERWISE}"
            )
        if code.startswith(_SETTINGS_FAULTS) or (code == "ValidationError" and "externalId" in message):
            raise SettingsError(
                f"STS does not take the external id or the session policy of this deployment ({code}); mend the setting"
            )
        if code == "ValidationError":
            return Unreadable("can't be assumed (ValidationError); is it the ARN of a role?")
        if code.startswith("RegionDisabled"):
            return Unreadable(f"can't be assumed ({code}); activate STS in this region for the role's account")
        raise can_not_tell("STS", error) from error


def session_name(run_id: str) -> str:
    """What the target account's CloudTrail calls the session: 2 to 64 of the characters STS takes."""
    return re.sub(r"[^A-Za-z0-9_+=,.@-]", "-", f"execution-engine-{run_id}")[:64]
