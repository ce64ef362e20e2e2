"""What a document says: its parameters, and the one script it runs. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from execution_engine.local.commands.errors import Refused
from execution_engine.local.commands.parameters import Parameter, Value, only, paste

SCHEMA = "2.2"
ACTION = "aws:runShellScript"
LARGEST = 64 * 1024
"""Bytes of a document, SSM's quota."""

_DEFAULT_TIMEOUT = 3_600
_LONGEST_TIMEOUT = 172_800
_KNOWN = {"schemaVersion", "description", "parameters", "mainSteps"}
_STEP = {"action", "name", "inputs", "precondition"}
_INPUTS = {"runCommand", "timeoutSeconds", "workingDirectory"}
_LINUX = {"StringEquals": ["platformType", "Linux"]}


@dataclass(frozen=True, slots=True)
class Script:
    """What an instance runs: ``text``, with ``variables`` in its environment, for ``timeout`` seconds at most.
    ``folder``: where, if the document says it."""

    text: str
    variables: Mapping[str, str]
    timeout: int
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """``step``: its name, which SSM calls the plugin's. ``inputs``: as they stand in the document."""

    description: str
    parameters: Mapping[str, Parameter]
    step: str
    inputs: Mapping[str, Any]

    @classmethod
    def read(cls, text: str, form: str) -> Content:
        """``form``: JSON or YAML. Raises ``Refused``: also for what AWS knows and this does not."""
        document = parse(text, form)
        if document.get("schemaVersion") != SCHEMA:
            raise Refused("InvalidDocumentSchemaVersion", f"on one machine a document has schemaVersion {SCHEMA}")
        parameters, steps = document.get("parameters") or {}, document.get("mainSteps")
        if not isinstance(parameters, dict) or not isinstance(steps, list) or len(steps) != 1:
            raise _unfit("on one machine a document has parameters, which are a mapping, and one step in mainSteps")
        _know(document, _KNOWN, "the document")
        step = _mapping(steps[0], _STEP, "mainSteps[0]")
        inputs = _mapping(step.get("inputs"), _INPUTS, "mainSteps[0].inputs")
        if step.get("action") != ACTION or not isinstance(step.get("name"), str):
            raise _unfit(f"mainSteps[0] needs a name, and on one machine its action is {ACTION}")
        if step.get("precondition", _LINUX) != _LINUX:
            raise _unfit(f"mainSteps[0].precondition: on one machine it can only be {json.dumps(_LINUX)}")
        lines = inputs.get("runCommand")
        if not isinstance(lines, str) and not (isinstance(lines, list) and all(isinstance(one, str) for one in lines)):
            raise _unfit("mainSteps[0].inputs.runCommand must be a list of lines, or a parameter that is one")
        return cls(
            str(document.get("description", "")),
            {name: Parameter.read(name, raw) for name, raw in parameters.items()},
            step["name"],
            inputs,
        )

    def script(self, values: Mapping[str, Value]) -> Script:
        """Every ``{{ name }}`` is pasted, also that of a parameter that goes into the environment: AWS tells apart
        whether a document has braces, not what their parameter's interpolationType is."""
        lines = self.inputs["runCommand"]
        whole = only(lines, values) if isinstance(lines, str) else lines
        listed = whole if isinstance(whole, list) else [lines if whole is None else whole]
        return Script(
            text="".join(f"{paste(line, values)}\n" for line in listed),
            variables={f"SSM_{name}": str(values[name]) for name, one in self.parameters.items() if one.by_environment},
            timeout=timeout_of(paste(str(self.inputs.get("timeoutSeconds", "")), values)),
            folder=paste(str(self.inputs.get("workingDirectory", "")), values),
        )


def timeout_of(text: str) -> int:
    """Seconds. What is no number from 1 to 172,800 counts as 3,600, without a word, as SSM's agent takes it."""
    seconds = int(text) if text.isascii() and text.isdecimal() else 0
    return seconds if 1 <= seconds <= _LONGEST_TIMEOUT else _DEFAULT_TIMEOUT


def parse(text: str, form: str) -> dict[str, Any]:
    """Raises ``Refused``."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise Refused("MaxDocumentSizeExceeded", f"a document has at most {LARGEST} bytes")
    try:
        document = json.loads(text) if form == "JSON" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise _unfit(f"the document is no {form}: {error}") from error
    if not isinstance(document, dict):
        raise _unfit("the document is no mapping")
    return document


def _mapping(value: Any, known: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unfit(f"{where} must be a mapping")
    _know(value, known, where)
    return value


def _know(value: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(map(str, value.keys() - known)):
        raise _unfit(f"{where}: documents on one machine do not know {', '.join(unknown)}")


def _unfit(message: str) -> Refused:
    return Refused("InvalidDocumentContent", message)
