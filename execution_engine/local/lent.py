"""Credentials that lie in the embedded AWS while a submission reads them, and not a moment longer.

Whoever lends them takes them back when the submission was answered. Who is killed meanwhile can't: so each carries a
tag, and an embedded AWS that stops forgets all that do before it writes anything down.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from execution_engine.errors import EngineError
from execution_engine.local.clients import unless
from execution_engine.local.file_lock import FileLock

_TAG = {"Key": "execution-engine", "Value": "lent"}


class NotLent(EngineError):
    """A credential that can't be put there. ``store`` and ``name`` say which; the message, as the end of a
    sentence, why. Holds no value."""

    def __init__(self, store: str, name: str, why: str) -> None:
        self.store = store
        self.name = name
        super().__init__(why)


@contextmanager
def lent(
    client: Callable[[str], Any], lock: Path, parameters: Mapping[str, str], secrets: Mapping[str, str]
) -> Iterator[None]:
    """SecureStrings and secrets by name. ``lock``: a file; one submission at a time, since two may name the same.

    Raises ``NotLent``; none of them is there then. What is there already and was not lent is left alone.
    """
    with FileLock(lock), ExitStack() as put:
        for name, value in parameters.items():
            _lend(put, _Parameter(client("ssm"), name), value)
        for name, value in secrets.items():
            _lend(put, _Secret(client("secretsmanager"), name), value)
        yield


class _Parameter:
    store = "ssm"
    exists, gone = "ParameterAlreadyExists", "ParameterNotFound"

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def put(self, value: str) -> None:
        self._client.put_parameter(Name=self.name, Value=value, Type="SecureString", Tags=[_TAG])

    def delete(self) -> None:
        self._client.delete_parameter(Name=self.name)

    def tags(self) -> list[dict[str, str]]:
        answer = self._client.list_tags_for_resource(ResourceType="Parameter", ResourceId=self.name)
        return list(answer["TagList"])


class _Secret:
    store = "secretsmanager"
    exists, gone = "ResourceExistsException", "ResourceNotFoundException"

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def put(self, value: str) -> None:
        self._client.create_secret(Name=self.name, SecretString=value, Tags=[_TAG])

    def delete(self) -> None:
        self._client.delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)

    def tags(self) -> list[dict[str, str]]:
        return list(self._client.describe_secret(SecretId=self.name).get("Tags", ()))


def _lend(put: ExitStack, one: _Parameter | _Secret, value: str) -> None:
    try:
        try:
            one.put(value)
        except ClientError as error:
            if _code(error) != one.exists:
                raise
            if _TAG not in one.tags():
                raise NotLent(
                    one.store,
                    one.name,
                    "is in this machine's own AWS already, put there by `execution-engine aws`: leave it out here, or "
                    "delete it there",
                ) from None
            one.delete()  # whoever lent it was killed before it could take it back
            one.put(value)
    except ClientError as error:
        raise NotLent(one.store, one.name, f"is not taken ({_code(error)}); is it a proper name?") from None
    except ParamValidationError:  # its words may quote what was given
        raise NotLent(one.store, one.name, "is not taken: a name or a value is empty, or too long") from None
    put.callback(_take_back, one)


def _take_back(one: _Parameter | _Secret) -> None:
    try:
        one.delete()
    except ClientError as error:
        unless(error, one.gone)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def forget_lent() -> None:
    """In the embedded AWS's own process, when nobody uses it any more: what nobody took back is gone."""
    ssm: Any = importlib.import_module("ministack.services.ssm")
    secrets: Any = importlib.import_module("ministack.services.secretsmanager")
    own = (_TAG["Key"], _TAG["Value"])
    lent_arns = {key[-1] for key, tags in ssm._tags._data.items() if own in tags.items()}
    for key, parameter in list(ssm._parameters._data.items()):
        if parameter["ARN"] in lent_arns:
            for kept in (ssm._parameters, ssm._parameter_history):
                kept._data.pop(key, None)
    for key, secret in list(secrets._secrets._data.items()):
        if _TAG in secret["Tags"]:
            del secrets._secrets._data[key]
