"""Credentials out of Parameter Store: ten names a call, SecureStrings decrypted, ``path:3`` and ``path:label`` too.

Back-off is the client's. About 40 reads a second are allowed in all, so nothing is gained by asking on threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from execution_engine.intake.credentials.fetcher import Answer, Fetched, FetcherContext, Unreadable
from execution_engine.intake.credentials.service_errors import AwsError, can_not_tell, code_of, region_of
from execution_engine.jobs.naming import age_key_path

_OWN = Unreadable("is the engine's own, the key of a run; no job may read it")
_FINAL = {
    "AccessDeniedException": "can't be read: denied (AccessDeniedException); the engine's intake role needs "
    "ssm:GetParameters on it and, if it is a SecureString, kms:Decrypt on its key",
    "InvalidKeyId": "can't be decrypted (InvalidKeyId); is its KMS key there, and enabled?",
    "ParameterNotFound": "does not exist",
    "ParameterVersionNotFound": "has no such version or label",
    "ValidationException": "is no name that Parameter Store takes (ValidationException)",
}


class ParameterStore:
    """Implements ``Fetcher``. ``ssm_prefix``: below which the engine keeps the keys of runs, which no job may read,
    since they open the bundles of others."""

    at_once = 10
    """The most that GetParameters takes."""

    def __init__(self, client: Any, ssm_prefix: str = "") -> None:
        self._client = client
        self._ssm_prefix = ssm_prefix

    def fetch(self, names: Sequence[str]) -> Mapping[str, Answer]:
        own: dict[str, Answer] = dict.fromkeys(filter(self._is_age_key, names), _OWN)
        others = [name for name in names if name not in own]
        return {**own, **(self._fetch(others) if others else {})}

    def _fetch(self, names: Sequence[str]) -> dict[str, Answer]:
        try:
            answer = self._client.get_parameters(Names=list(names), WithDecryption=True)
        except AwsError as error:
            why = _FINAL.get(code_of(error))
            if why is None:
                raise can_not_tell("Parameter Store", error) from error
            # One that is denied, or no name, fails all that are asked for with it.
            return {names[0]: Unreadable(why)} if len(names) == 1 else self._one_by_one(names)
        absent = Unreadable(f"does not exist (or has expired) in Parameter Store, {region_of(self._client)}")
        parameters = answer.get("Parameters", ())
        if len(names) == 1:
            return {names[0]: _fetched(parameters[0]) if parameters else absent}
        found: dict[str, Answer] = {}
        for parameter in parameters:
            found.update((called, _fetched(parameter)) for called in _called(parameter) if called in names)
        found.update((name, absent) for name in answer.get("InvalidParameters", ()) if name in names)
        return {**found, **self._one_by_one([name for name in names if name not in found])}

    def _one_by_one(self, names: Sequence[str]) -> dict[str, Answer]:
        return {name: self._fetch([name])[name] for name in names}

    def _is_age_key(self, name: str) -> bool:
        path = (name.partition(":parameter")[2] if name.startswith("arn:") else name).partition(":")[0]
        run_id = f"//{path}".split("/")[-2]
        return bool(self._ssm_prefix) and path.strip("/") == age_key_path(self._ssm_prefix, run_id).strip("/")


def parameter_store(context: FetcherContext) -> ParameterStore:
    return ParameterStore(context.client("ssm"), context.settings.ssm_prefix)


def _fetched(parameter: Mapping[str, Any]) -> Fetched:
    return Fetched(parameter["Name"], parameter["Value"])


def _called(parameter: Mapping[str, Any]) -> tuple[str, str]:
    """What it may have been asked for as. The answer's name is without the version or label, which stands apart
    (``Selector``, as in ``:3``)."""
    selector = parameter.get("Selector") or ""
    after = f":{selector.removeprefix(':')}" if selector else ""
    return parameter["Name"] + after, parameter.get("ARN", parameter["Name"]) + after
