"""What everything is called on one machine: the values for the resources' placeholders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from execution_engine.identifiers import Identifiers
from execution_engine.local.state_folder import read_document, write_document

REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
PREFIX = "execution-engine"
FUNCTIONS = ("init_job", "ssm_config", "control", "history", "orchestrator", "watchdog_check", "worker")
KMS_ALIAS = f"alias/{PREFIX}"
"""Of the key that seals kept jobs, whose id is random."""

VALUES: dict[str, object] = {
    "region": REGION,
    "account_id": ACCOUNT_ID,
    "orders_table": f"{PREFIX}-orders",
    "order_events_table": f"{PREFIX}-order-events",
    "locks_table": f"{PREFIX}-locks",
    "internal_bucket": f"{PREFIX}-internal",
    "done_bucket": f"{PREFIX}-done",
    "codebuild_project": f"{PREFIX}-build",
    # A name only: on one machine a build is a process of the interpreter the engine itself runs in.
    "engine_image": PREFIX,
    "watchdog_state_machine": f"{PREFIX}-watchdog",
    "ssm_prefix": f"/{PREFIX}",
    "ssm_document": f"{PREFIX}-run",
    # Nobody is told on one machine, unless AWS_EXE_SYS_EVENT_BUS says so: then it is this bus, if somebody makes it.
    "event_bus": "",
    "event_bus_arn": f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/{PREFIX}",
    # ministack judges a call by the ARN it names, the alias's as well as the key's; AWS by the key's alone.
    "kms_key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:{KMS_ALIAS}",
    # Of parameters it judges no ARN at all where several are asked for (GetParameters).
    "credential_parameter_arns": ["*"],
    "credential_secret_arns": [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:*"],
    "target_role_arns": ["arn:aws:iam::*:role/*"],
    "code_object_arns": [f"arn:aws:s3:::{PREFIX}-internal/tmp/exec/uploads/*"],
    **{f"{function}_function": f"{PREFIX}-{function.replace('_', '-')}" for function in FUNCTIONS},
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The operator's keys, and the path all roles lie under. All random, so that no other user of the
    machine can guess them: ministack derives a function's session keys from its role's ARN."""

    access_key: str
    secret_key: str
    role_path: str

    @classmethod
    def of(cls, path: Path, identifiers: Identifiers) -> Identity:
        """The one kept in the state folder; a new one if there is none yet (or none that can be read)."""
        kept = read_document(path)
        if kept is not None and kept.keys() == {"access_key", "secret_key", "role_path"}:
            return cls(**kept)
        fresh = cls(
            access_key="AKIA" + identifiers.nonce().upper(),
            secret_key=identifiers.trace_id(),
            role_path=f"/{identifiers.nonce()}/",
        )
        write_document(
            path,
            {"access_key": fresh.access_key, "secret_key": fresh.secret_key, "role_path": fresh.role_path},
        )
        return fresh
