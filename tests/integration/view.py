"""What a run left in the embedded AWS, seen with plain boto3 and the names of the contract."""

from __future__ import annotations

import json
from functools import cache, cached_property
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key
from botocore.config import Config

Item = dict[str, Any]


class View:
    """``settings``: the environment that plain boto3 and the engine need (keys, endpoint, names)."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._settings = settings
        self.client = cache(self._client)
        self.table = cache(self._table)

    def name(self, setting: str) -> str:
        return self._settings[f"AWS_EXE_SYS_{setting}"]

    def _client(self, service: str) -> Any:
        return self._session.client(service, **self._options("s3v4" if service == "s3" else None))

    @cached_property
    def _session(self) -> boto3.Session:
        get = self._settings.__getitem__
        return boto3.Session(get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"), region_name=get("AWS_REGION"))

    def _options(self, signature: str | None = None) -> Item:
        config = Config(signature_version=signature, s3={"addressing_style": "path"}, proxies={})
        return {"endpoint_url": self._settings["AWS_ENDPOINT_URL"], "config": config}

    # Tables

    def _table(self, setting: str) -> Any:
        return self._session.resource("dynamodb", **self._options()).Table(self.name(setting))

    def item(self, pk: str, table: str = "ORDERS_TABLE") -> Item | None:
        found: Item | None = self.table(table).get_item(Key={"pk": pk}, ConsistentRead=True).get("Item")
        return found

    def items(self, table: str) -> list[Item]:
        return _all(self.table(table).scan, "Items", "LastEvaluatedKey", "ExclusiveStartKey")

    def orders(self, run_id: str) -> list[Item]:
        return self._query("ORDERS_TABLE", "run_id-order_num-index", Key("run_id").eq(run_id))

    def events(self, trace_id: str) -> list[Item]:
        return self._query("ORDER_EVENTS_TABLE", "trace_id-epoch-index", Key("trace_id").eq(trace_id))

    def _query(self, table: str, index: str, condition: Any) -> list[Item]:
        query = self.table(table).query
        return _all(
            lambda **more: query(IndexName=index, KeyConditionExpression=condition, **more),
            "Items",
            "LastEvaluatedKey",
            "ExclusiveStartKey",
        )

    # Buckets

    def keys(self, bucket: str = "INTERNAL_BUCKET", prefix: str = "") -> list[str]:
        listed = _all(
            lambda **more: self.client("s3").list_objects_v2(Bucket=self.name(bucket), Prefix=prefix, **more),
            "Contents",
            "NextContinuationToken",
            "ContinuationToken",
        )
        return [found["Key"] for found in listed]

    def read(self, key: str, bucket: str = "INTERNAL_BUCKET") -> bytes:
        return bytes(self.client("s3").get_object(Bucket=self.name(bucket), Key=key)["Body"].read())

    def document(self, key: str, bucket: str = "INTERNAL_BUCKET") -> Item:
        found: Item = json.loads(self.read(key, bucket))
        return found

    # The rest

    def parameters(self) -> dict[str, str]:
        ssm = self.client("ssm")
        found = _all(
            lambda **more: ssm.get_parameters_by_path(Path="/", Recursive=True, WithDecryption=True, **more),
            "Parameters",
            "NextToken",
            "NextToken",
        )
        return {one["Name"]: one["Value"] for one in found}

    def watchdogs(self) -> list[Item]:
        """The executions of the state machine, as they are listed."""
        listed = self.client("stepfunctions").list_executions
        return _all(
            lambda **more: listed(stateMachineArn=self.name("WATCHDOG_SFN"), **more),
            "executions",
            "nextToken",
            "nextToken",
        )

    def execution(self, arn: str) -> Item:
        """With its input and output."""
        found: Item = self.client("stepfunctions").describe_execution(executionArn=arn)
        return found

    def invoke(self, function: str, event: Item) -> Any:
        """The answer of ``execution-engine-<function>``; an error of the function's own is one of the test."""
        answer = self.client("lambda").invoke(
            FunctionName=f"execution-engine-{function}", Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return payload

    def snapshot(self) -> Item:
        """All that a submission could leave behind."""
        return {
            "rows": sorted(
                (table, item.get("pk") or (item["trace_id"], item["sk"]))
                for table in ("ORDERS_TABLE", "ORDER_EVENTS_TABLE", "LOCKS_TABLE")
                for item in self.items(table)
            ),
            "objects": [(bucket, key) for bucket in ("INTERNAL_BUCKET", "DONE_BUCKET") for key in self.keys(bucket)],
            "parameters": sorted(self.parameters()),
            "watchdogs": sorted(one["name"] for one in self.watchdogs()),
        }


def _all(call: Any, what: str, following: str, asked: str) -> list[Item]:
    """Every page of it."""
    answer = call()
    found = list(answer.get(what, ()))
    while answer.get(following):
        answer = call(**{asked: answer[following]})
        found += answer.get(what, ())
    return found
