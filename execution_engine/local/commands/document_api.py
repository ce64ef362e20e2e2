"""Systems Manager's API for documents: enough for whoever provisions one, Terraform's provider among them."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from execution_engine.local.api import Caller, Operation
from execution_engine.local.commands.content import parse
from execution_engine.local.commands.document import Document, Version, tag_list
from execution_engine.local.commands.documents import Documents
from execution_engine.local.commands.errors import Malformed, Refused
from execution_engine.local.commands.pages import page
from execution_engine.local.commands.requests import know, pairs, text, text_or_none, texts

Asked = dict[str, Any]

TAGGING = ("ListTagsForResource", "AddTagsToResource", "RemoveTagsFromResource")
"""Of documents only; of anything else they are ministack's."""

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,128}")
_RESERVED = ("aws", "amazon", "amzn")
_EXTRAS = ("TargetType", "DisplayName")


class DocumentApi:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.operations: dict[str, Operation] = {
            "CreateDocument": self._create,
            "UpdateDocument": self._update,
            "UpdateDocumentDefaultVersion": self._make_default,
            "GetDocument": self._get,
            "DescribeDocument": self._describe,
            "DescribeDocumentPermission": self._permission,
            "ListDocuments": self._list,
            "DeleteDocument": self._delete,
            "ListTagsForResource": self._tags,
            "AddTagsToResource": self._add_tags,
            "RemoveTagsFromResource": self._remove_tags,
        }

    def _create(self, asked: Asked, caller: Caller) -> Asked:
        know(asked, "Name", "Content", "DocumentType", "DocumentFormat", "VersionName", "Tags", *_EXTRAS)
        name = text(asked, "Name")
        if not _NAME.fullmatch(name) or name.lower().startswith(_RESERVED):
            raise Malformed(f"{name!r} can't be a document's name")
        if asked.get("DocumentType", "Command") != "Command":
            raise Malformed("on one machine a document's type is Command")
        extras = {one: text(asked, one) for one in _EXTRAS if one in asked}
        document = self._documents.create(
            name, text(asked, "Content"), _form(asked), text_or_none(asked, "VersionName"), _tags(asked), extras
        )
        return {"DocumentDescription": document.describe(document.latest, caller.account)}

    def _update(self, asked: Asked, caller: Caller) -> Asked:
        know(asked, "Name", "Content", "DocumentVersion", "DocumentFormat", "VersionName", *_EXTRAS)
        name = text(asked, "Name")
        version = self._documents.update(
            name, asked.get("DocumentVersion"), text(asked, "Content"), _form(asked), text_or_none(asked, "VersionName")
        )
        return {"DocumentDescription": self._documents.find(name).describe(version, caller.account)}

    def _make_default(self, asked: Asked, caller: Caller) -> Asked:
        version = self._documents.make_default(text(asked, "Name"), text(asked, "DocumentVersion"))
        named = {} if version.name is None else {"DefaultVersionName": version.name}
        return {"Description": {"Name": asked["Name"], "DefaultVersion": str(version.number), **named}}

    def _get(self, asked: Asked, caller: Caller) -> Asked:
        document, version = self._named(asked)
        form = _form(asked, version.form)
        named = {} if version.name is None else {"VersionName": version.name}
        return {
            "Name": document.name,
            "CreatedDate": version.created,
            "DocumentVersion": str(version.number),
            "Status": "Active",
            "Content": version.content if form == version.form else _in_other_form(version, form),
            "DocumentType": "Command",
            "DocumentFormat": form,
            **named,
        }

    def _describe(self, asked: Asked, caller: Caller) -> Asked:
        document, version = self._named(asked)
        return {"Document": document.describe(version, caller.account)}

    def _permission(self, asked: Asked, caller: Caller) -> Asked:
        """None is shared with anybody."""
        self._documents.find(text(asked, "Name"))
        return {"AccountIds": [], "AccountSharingInfoList": []}

    def _list(self, asked: Asked, caller: Caller) -> Asked:
        found = self._documents.all()
        for key, values in pairs(asked, "Filters", "Key", "Values"):
            if key == "Name":
                found = [one for one in found if one.name.startswith(tuple(map(str, values)))]
            elif key == "Owner":
                found = found if {"Self", "All", "Private"} & set(values) else []
            else:
                raise Refused("InvalidFilterKey", f"on one machine documents are not filtered by {key}")
        return page([one.identify(caller.account) for one in found], asked, "DocumentIdentifiers")

    def _delete(self, asked: Asked, caller: Caller) -> Asked:
        self._documents.delete(text(asked, "Name"), asked.get("DocumentVersion"), asked.get("VersionName"))
        return {}

    def _tags(self, asked: Asked, caller: Caller) -> Asked:
        return {"TagList": tag_list(self._tagged(asked).tags)}

    def _add_tags(self, asked: Asked, caller: Caller) -> Asked:
        self._documents.tag(self._tagged(asked).name, _tags(asked), [])
        return {}

    def _remove_tags(self, asked: Asked, caller: Caller) -> Asked:
        self._documents.tag(self._tagged(asked).name, {}, texts(asked, "TagKeys"))
        return {}

    def _named(self, asked: Asked) -> tuple[Document, Version]:
        document = self._documents.find(text(asked, "Name"))
        return document, document.version(asked.get("DocumentVersion"), asked.get("VersionName"))

    def _tagged(self, asked: Asked) -> Document:
        try:
            return self._documents.find(text(asked, "ResourceId"))
        except Refused as error:
            raise Refused("InvalidResourceId", str(error)) from error


def _form(asked: Asked, otherwise: str = "JSON") -> str:
    form = asked.get("DocumentFormat", otherwise)
    if form not in ("JSON", "YAML"):
        raise Malformed("on one machine DocumentFormat is JSON or YAML")
    return str(form)


def _in_other_form(version: Version, form: str) -> str:
    document = parse(version.content, version.form)
    return json.dumps(document) if form == "JSON" else yaml.safe_dump(document, sort_keys=False)


def _tags(asked: Asked) -> dict[str, str]:
    return {key: str(value) for key, value in pairs(asked, "Tags", "Key", "Value")}
