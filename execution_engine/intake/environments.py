"""The variables of orders for instances: each order's are an object of its own, encrypted at rest.

An instance reads it by a presigned URL, and it is deleted once all have it. S3 encrypts it with the engine's own
KMS key, so that whoever may read the bucket reads nothing without that key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from botocore.exceptions import ClientError

from execution_engine.errors import SealingFailed, Unsealable
from execution_engine.jobs.naming import environment_key
from execution_engine.storage.objects import Bucket


class Environments:
    """``kms_key``: its id, ARN or alias; "" in a deployment that has none, where no variables are kept."""

    def __init__(self, bucket: Bucket, kms_key: str) -> None:
        self._bucket = bucket
        self._kms_key = kms_key

    def keep(self, run_id: str, num: str, variables: Mapping[str, str]) -> None:
        """``{"NAME": "value", …}`` at ``environment_key``; of no variables no object.

        Raises ``SealingFailed`` rather than write anything in clear, ``Unsealable`` for text that is not Unicode.
        """
        if not variables:
            return
        if not self._kms_key:
            raise SealingFailed(
                f"the variables of order {num} of run {run_id} can't be encrypted, so they are not kept: "
                "AWS_EXE_SYS_KMS_KEY is not set"
            )
        content = _encoded(variables)
        try:
            self._bucket.write(environment_key(run_id, num), content, "application/json", kms_key=self._kms_key)
        except ClientError as error:
            if (code := str(error.response["Error"]["Code"])).startswith("KMS.") or code.startswith("AccessDenied"):
                raise SealingFailed(
                    f"S3 can't encrypt the variables of order {num} of run {run_id} with {self._kms_key} ({code}); "
                    "check AWS_EXE_SYS_KMS_KEY, the key's state and policy, and the role's kms:GenerateDataKey"
                ) from error
            raise


def _encoded(variables: Mapping[str, str]) -> bytes:
    for name, value in variables.items():
        try:
            f"{name}{value}".encode()
        except UnicodeEncodeError:
            raise Unsealable(f"the variable {name!r} is not Unicode text; encode it, e.g. base64") from None
    return json.dumps(dict(variables), ensure_ascii=False).encode()
