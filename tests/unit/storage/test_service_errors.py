from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from execution_engine.storage.service_errors import code_of


@pytest.mark.parametrize(
    ("answer", "code"), [({"Error": {"Code": "NoSuchKey"}}, "NoSuchKey"), ({"Error": {}}, ""), ({}, "")]
)
def test_a_refusal_has_its_name_or_none(answer: Any, code: str) -> None:
    assert code_of(ClientError(answer, "GetObject")) == code
