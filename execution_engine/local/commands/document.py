"""One document, with all its versions."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

from execution_engine.local.commands.content import SCHEMA, Content
from execution_engine.local.commands.errors import Refused

PLATFORMS = ["Linux", "MacOS"]


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    content: str
    form: str
    created: float
    name: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class Document:
    """``default``: the version that is meant when none is named. ``extras``: what it was given only to be shown
    again (``TargetType``, ``DisplayName``)."""

    name: str
    versions: list[Version]
    default: int = 1
    tags: dict[str, str] = field(default_factory=dict)
    extras: dict[str, str] = field(default_factory=dict)

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    def version(self, asked: object, name: object = None) -> Version:
        """``asked``: ``$DEFAULT`` (as None is), ``$LATEST`` or a number; ``name``: a version's, beside or instead.
        Raises ``Refused``."""
        wanted = asked
        if asked == "$DEFAULT" or (asked is None and name is None):
            wanted = self.default
        elif asked == "$LATEST":
            wanted = self.latest.number
        for one in reversed(self.versions):
            if wanted in (None, one.number, str(one.number)) and name in (None, one.name):
                return one
        raise Refused("InvalidDocumentVersion", f"{self.name} has no version {name or asked}")

    def describe(self, version: Version, owner: str) -> dict[str, Any]:
        """SSM's ``DocumentDescription``."""
        content = Content.read(version.content, version.form)
        return {
            **self._identity(version, owner),
            "Hash": version.sha256,
            "HashType": "Sha256",
            "Status": "Active",
            "Description": content.description,
            "Parameters": [one.describe() for one in content.parameters.values()],
            "LatestVersion": str(self.latest.number),
            "DefaultVersion": str(self.default),
        }

    def identify(self, owner: str) -> dict[str, Any]:
        """SSM's ``DocumentIdentifier``, of the default version."""
        return self._identity(self.version(None), owner)

    def _identity(self, version: Version, owner: str) -> dict[str, Any]:
        shown = {
            "Name": self.name,
            "Owner": owner,
            "CreatedDate": version.created,
            "DocumentVersion": str(version.number),
            "PlatformTypes": PLATFORMS,
            "DocumentType": "Command",
            "SchemaVersion": SCHEMA,
            "DocumentFormat": version.form,
            "Tags": tag_list(self.tags),
            **self.extras,
        }
        return shown if version.name is None else {**shown, "VersionName": version.name}

    def record(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Document:
        return cls(**{**record, "versions": [Version(**one) for one in record["versions"]]})


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
