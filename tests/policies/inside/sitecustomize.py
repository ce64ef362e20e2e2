"""Comes first in the process of the embedded AWS: writes down what each role asked for and whether it was let in.

Python imports it by itself in every process that has this folder on its path; in all but that one it does nothing.
There it also does what AWS does and the embedded AWS does not, as far as statements are about that: objects that are
not there are denied to whoever may not list their bucket; and while the file ``lost`` is there, of each claim the first
answer gets lost.
"""

import importlib.abc
import importlib.machinery
import json
import os
import sys

FOLDER = os.environ.get("DECISIONS", "")


def decisions(evaluator):
    """Around the one function that judges a request by its caller's policies."""
    enforce = evaluator.enforce
    log = os.open(os.path.join(FOLDER, "decisions"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def enforced(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        answer = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if answer is None and iam_action == "s3:GetObject" and is_missing(resource_arn):
            # Whoever may not list the bucket is denied what is not there (Amazon S3 API Reference, GetObject).
            iam_action, resource_arn = "s3:ListBucket", resource_arn.partition("/")[0]
            answer = enforce(access_key_id, iam_action, service, region, resource_arn)
        caller = evaluator.caller_arn()
        if ":assumed-role/" in caller and not isinstance(answer, evaluator.AuthError):
            role = caller.split("/")[1]
            line = {"role": role, "action": iam_action, "resource": resource_arn, "allowed": answer is None}
            os.write(log, json.dumps(line).encode() + b"\n")
        return answer

    evaluator.enforce = enforced


def is_missing(arn):
    from ministack.services import s3

    bucket, _, key = arn.rpartition(":")[2].partition("/")
    found = s3._buckets.get(bucket)
    return found is not None and key not in found["objects"]


def losing(gateway):
    """Around the application: the claim is there, and who wrote it does not learn it."""
    whole, lost = gateway.app, set()

    async def app(scope, receive, send):
        path = scope.get("path", "")
        loses = scope.get("method") == "PUT" and path.endswith("/claim.json") and path not in lost
        if not loses or not os.path.exists(os.path.join(FOLDER, "lost")):
            return await whole(scope, receive, send)
        lost.add(path)

        async def told(message):
            await send({**message, "status": 503} if message["type"] == "http.response.start" else message)

        await whole(scope, receive, told)

    gateway.app = app


AROUND = {"ministack.core.iam_evaluator": decisions, "ministack.app": losing}


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name not in AROUND:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            AROUND[name](module)

        spec.loader.exec_module = exec_module
        return spec


if FOLDER and "execution_engine.local.aws_process" in sys.orig_argv:
    sys.meta_path.insert(0, Finder())
