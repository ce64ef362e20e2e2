"""All documents of one machine, on disk as soon as they change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from execution_engine.local.commands.content import Content
from execution_engine.local.commands.document import Document, Version
from execution_engine.local.commands.errors import Refused
from execution_engine.local.state_folder import read_document, write_document


class Documents:
    """``now``: seconds since the epoch. Callers come on threads of their own. All raise ``Refused``."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._path = path
        self._now = now
        self._lock = threading.Lock()
        kept = (read_document(path) or {}).get("documents", ())
        self._known = {one["name"]: Document.of_record(one) for one in kept}

    def find(self, name: str) -> Document:
        """By its name or its ARN."""
        document = self._known.get(name.rpartition(":document/")[2] if name.startswith("arn:") else name)
        if document is None:
            raise Refused("InvalidDocument", f"Document with name {name} does not exist.")
        return document

    def all(self) -> list[Document]:
        """By their names."""
        return [document for _, document in sorted(self._known.items())]

    def create(
        self, name: str, content: str, form: str, version_name: str | None, tags: dict[str, str], extras: dict[str, str]
    ) -> Document:
        Content.read(content, form)
        with self._lock:
            if name in self._known:
                raise Refused("DocumentAlreadyExists", f"Document with name {name} already exists.")
            first = Version(1, content, form, self._now(), version_name)
            self._known[name] = Document(name, [first], tags=tags, extras=extras)
            self._write()
            return self._known[name]

    def update(self, name: str, asked: object, content: str, form: str, version_name: str | None) -> Version:
        """A new version, which is not the default one; ``asked``: the one it comes after, the latest."""
        Content.read(content, form)
        with self._lock:
            document = self.find(name)
            if asked not in (None, "$LATEST", str(document.latest.number)):
                raise Refused("InvalidDocumentVersion", f"only the latest version of {name} can be updated")
            fresh = Version(document.latest.number + 1, content, form, self._now(), version_name)
            if fresh.sha256 == document.latest.sha256:
                raise Refused("DuplicateDocumentContent", f"{name} has this content already")
            if version_name is not None and any(one.name == version_name for one in document.versions):
                raise Refused("DuplicateDocumentVersionName", f"{name} has a version {version_name} already")
            document.versions.append(fresh)
            self._write()
            return fresh

    def make_default(self, name: str, asked: object) -> Version:
        with self._lock:
            version = self.find(name).version(asked)
            self.find(name).default = version.number
            self._write()
            return version

    def delete(self, name: str, asked: object = None, version_name: object = None) -> None:
        """All of it, or a version that is not the default one."""
        with self._lock:
            document = self.find(name)
            if asked is None and version_name is None:
                del self._known[document.name]
            else:
                version = document.version(asked, version_name)
                if version.number == document.default:
                    raise Refused("InvalidDocumentOperation", f"version {version.number} of {name} is the default one")
                document.versions.remove(version)
            self._write()

    def tag(self, name: str, tags: dict[str, str], gone: list[str]) -> None:
        with self._lock:
            document = self.find(name)
            document.tags = {key: value for key, value in {**document.tags, **tags}.items() if key not in gone}
            self._write()

    def _write(self) -> None:
        write_document(self._path, {"documents": [one.record() for one in self._known.values()]})
