"""``aws --empty``: an AWS in which only what its user made is, beside the one with the engine and its runs."""

from __future__ import annotations

import sys
from pathlib import Path

from integration.machine import Machine

LOOK = """
import boto3
for bucket in boto3.client("s3").list_buckets()["Buckets"]:
    print("bucket", bucket["Name"])
for service, list_all, them in ("dynamodb", "list_tables", "TableNames"), ("lambda", "list_functions", "Functions"):
    print(them, getattr(boto3.client(service), list_all)()[them])
"""
MAKE = 'import boto3; boto3.client("s3").create_bucket(Bucket="of-mine")'
NOTHING = b"TableNames []\nFunctions []\n"


def python(machine: Machine, program: str, *options: str) -> bytes:
    at = ("--state", machine.state, "aws", *options, "--", sys.executable, "-c", program)
    output, _ = machine.start(*at, named=False).communicate(timeout=120)
    return bytes(output)


def test_nothing_is_there_but_what_was_made_there(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert python(machine, LOOK, "--empty") == NOTHING
    assert python(machine, MAKE, "--empty") == b""
    assert python(machine, LOOK, "--empty") == b"bucket of-mine\n" + NOTHING
    assert b"of-mine" not in python(machine, LOOK)
