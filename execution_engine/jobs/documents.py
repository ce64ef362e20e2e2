"""The fields of a job and of an order as callers write them (contract section 1): checks and defaults.

Each field is checked by itself here; what fields mean together is in ``order_rules`` and
``specification``. A field that is null counts as not given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema

from execution_engine.jobs import checks, git_rules, list_checks, targets
from execution_engine.jobs.faults import Faults, FaultyParts, kind, nearest, place, shown
from execution_engine.jobs.job import SsmTargets

Text = Annotated[str, Field(min_length=1)]
_Targets = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "instance_ids": {"type": ["array", "null"], "items": {"type": "string"}, "minItems": 1},
                "tags": {
                    "type": ["object", "null"],
                    "minProperties": 1,
                    "maxProperties": targets.MAX_TAGS,
                    "additionalProperties": {"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1},
                },
            },
        }
    ),
]


def _checked(check: Callable[[object], object], schema: Any = Text) -> PlainValidator:
    """The one validator of a field; ``schema`` is the type a caller writes, for JSON schemas: it takes at least what
    ``check`` takes."""
    return PlainValidator(check, json_schema_input_type=schema)


def _like(pattern: str) -> Any:
    """Text of a form that JSON schemas (ECMA 262) write alike."""
    return Annotated[str, Field(pattern=f"^{pattern}$")]


def _number(least: int, most: int) -> Any:
    return Annotated[int, Field(ge=least, le=most)]


Seconds = Annotated[
    float,
    _checked(checks.seconds(checks.MAX_SECONDS), Annotated[float, Field(ge=checks.MIN_SECONDS, le=checks.MAX_SECONDS)]),
]
GitRepo = Annotated[str | None, _checked(checks.reworked(git_rules.git_repo))]
GitFolder = Annotated[str | None, _checked(checks.reworked(git_rules.git_folder))]
Commit = Annotated[str | None, _checked(checks.reworked(git_rules.commit_hash))]
Credential = Annotated[str | None, _checked(checks.credential)]
Names = Annotated[tuple[str, ...], _checked(list_checks.list_of(checks.text, "names"), list[Text])]
Number = Annotated[int | None, _checked(checks.whole_number(1, 2**53), _number(1, 2**53))]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OrderDocument(_Document):
    cmds: Annotated[tuple[str, ...], _checked(list_checks.cmds, Annotated[list[Text], Field(min_length=1)])]
    timeout: Seconds
    order_name: Annotated[str | None, _checked(checks.order_name, _like("[A-Za-z0-9._-]{1,128}"))] = None
    execution_target: Annotated[str | None, _checked(checks.text)] = None
    git_repo: GitRepo = None
    git_folder: GitFolder = None
    commit_hash: Commit = None
    s3_location: Annotated[
        str | None,
        _checked(
            checks.matching(
                r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\x00-\x1f\x7f]{1,1020}(?<!/)\.zip",
                "must be s3://bucket/key.zip",
            )
        ),
    ] = None
    env_vars: Annotated[Mapping[str, str], _checked(list_checks.env_vars, dict[str, str])] = Field(default_factory=dict)
    ssm_paths: Annotated[tuple[str, ...], _checked(list_checks.credentials("ssm"), list[Text])] = ()
    secret_manager_paths: Annotated[
        tuple[str, ...], _checked(list_checks.credentials("secretsmanager"), list[Text])
    ] = ()
    target_role_arn: Annotated[
        str | None,
        _checked(
            checks.matching(
                r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}",
                "must be arn:aws:iam::<12 digits>:role/<name>",
            )
        ),
    ] = None
    sops_key: Annotated[
        str | None,
        _checked(checks.matching(r"age1[02-9ac-hj-np-z]{6,200}", "must be an age public key (age1…)")),
    ] = None
    queue_id: Annotated[str | None, _checked(checks.printable(128))] = None
    dependencies: Names = ()
    must_succeed: Annotated[bool, _checked(checks.boolean, bool)] = True
    retries: Annotated[int, _checked(checks.whole_number(0, 10), _number(0, 10))] = 0
    ssm_targets: Annotated[SsmTargets | None, _checked(targets.ssm_targets, _Targets)] = None
    ssm_document_name: Annotated[
        str | None,
        _checked(checks.matching(r"[A-Za-z0-9_.:/-]{3,128}", "must be the name or the ARN of an SSM document")),
    ] = None


class JobDocument(_Document):
    """A job without its ``orders``, which are read one by one."""

    username: Annotated[str, _checked(checks.printable(128, without=":"))]
    git_repo: GitRepo = None
    git_provider: Annotated[
        str,
        _checked(
            checks.matching(r"[a-z0-9_-]{1,64}", "must be a name of a–z 0–9 _ - such as github"),
            _like("[a-z0-9_-]{1,64}"),
        ),
    ] = "github"
    git_token_location: Credential = None
    git_ssh_key_location: Credential = None
    commit_hash: Commit = None
    flow_label: Annotated[
        str | None,
        _checked(
            checks.matching(r"[A-Za-z0-9._-]{1,64}", "must be 1–64 of the characters A–Z a–z 0–9 . _ -"),
            _like("[A-Za-z0-9._-]{1,64}"),
        ),
    ] = None
    job_timeout: Annotated[
        float | None, _checked(checks.job_timeout, Annotated[float, Field(ge=1, le=checks.MAX_SECONDS)])
    ] = None
    presign_expiry: Annotated[
        float | None,
        _checked(
            checks.seconds(checks.MAX_PRESIGN_SECONDS),
            Annotated[float, Field(ge=checks.MIN_SECONDS, le=checks.MAX_PRESIGN_SECONDS)],
        ),
    ] = None
    sops_key_ssm_path: Annotated[str | None, _checked(checks.ssm_path)] = None
    pr_number: Number = None
    issue_number: Number = None


_Read = TypeVar("_Read", bound=_Document)


def read(
    model: type[_Read],
    raw: object,
    where: str,
    faults: Faults,
    *,
    stand_ins: Mapping[str, object],
    apart: frozenset[str] = frozenset(),
) -> tuple[_Read, frozenset[str]]:
    """Check what lies at ``where`` field by field, and report every fault.

    Also gives the fields that were wrong. In the model these are as if not given, required ones take
    their stand-in: so the rules that come later see all that was right. Fields ``apart`` are known but
    not read here.
    """
    known = model.model_fields.keys() | apart
    what = "the job" if model is JobDocument else "an order"
    if not isinstance(raw, dict):
        faults.add(
            where,
            f"must be an object, not {kind(raw)}" if where else f"the job must be an object, not {kind(raw)}",
        )
        return model.model_validate(dict(stand_ins)), frozenset(model.model_fields)
    for name in raw:
        if name not in known:
            hint = "" if faults.full else nearest(name, known)
            faults.add(place(where, shown(name)), f"is no field of {what}{hint}")
    given = {name: raw[name] for name in model.model_fields if raw.get(name) is not None}
    try:
        return model.model_validate(given), frozenset()
    except ValidationError as error:
        bad = {str(each["loc"][0]): each for each in error.errors(include_url=False, include_input=False)}
    for name, each in bad.items():
        cause = each.get("ctx", {}).get("error")
        if isinstance(cause, FaultyParts):
            faults.extend(place(where, name), cause.faults)
        else:
            faults.add(place(where, name), "is missing" if each["type"] == "missing" else str(cause or each["msg"]))
    usable = {name: value for name, value in given.items() if name not in bad}
    return model.model_validate({**stand_ins, **usable}), frozenset(bad)
