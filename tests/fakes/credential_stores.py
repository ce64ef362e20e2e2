"""Parameter Store, Secrets Manager and STS behind real botocore clients: what they hold, and what they deny."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fakes.botocore_service import REGION, FakeService, Refusal

ACCOUNT = "123456789012"


class FakeParameterStore(FakeService):
    """``values`` by name, with a version or label as they are asked for (``/a``, ``/a:3``). ``failing``: the code
    with which a call fails in which one of these is asked for, whatever else is."""

    name = "ssm"

    def __init__(self, values: dict[str, str] | None = None) -> None:
        super().__init__()
        self.values = dict(values or {})
        self.failing: dict[str, str] = {}

    def get_parameters(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["WithDecryption"] is True
        names = asked["Names"]
        assert len(set(names)) == len(names) <= 10
        for name in names:
            if name in self.failing:
                raise Refusal(self.failing[name], f"not authorized on {name}")
        found = [self._parameter(name) for name in sorted(names) if self._plain(name) in self.values]
        return {"Parameters": found, "InvalidParameters": [n for n in names if self._plain(n) not in self.values]}

    def _plain(self, name: str) -> str:
        return name.partition(":parameter")[2] if name.startswith("arn:") else name

    def _parameter(self, name: str) -> dict[str, Any]:
        plain, between, selector = self._plain(name).partition(":")
        answer = {"Name": plain, "ARN": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{plain}", "Version": 3}
        answer |= {"Type": "SecureString", "Value": self.values[self._plain(name)]}
        return answer | ({"Selector": f":{selector}"} if between else {})


class FakeSecretsManager(FakeService):
    """``values`` by name; a name and the ARN that ``arn`` gives are the same secret. ``failing``: which code a secret
    has instead of a value; ``left_out`` is not in a batch's answer at all."""

    name = "secretsmanager"

    def __init__(self, values: dict[str, str | bytes] | None = None) -> None:
        super().__init__()
        self.values = dict(values or {})
        self.failing: dict[str, str] = {}
        self.left_out: set[str] = set()
        self.batches = True

    @staticmethod
    def arn(name: str) -> str:
        return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"

    def batch_get_secret_value(self, asked: dict[str, Any]) -> dict[str, Any]:
        names = asked["SecretIdList"]
        assert len(set(names)) == len(names) <= 20
        if not self.batches:
            raise Refusal("AccessDeniedException", "not authorized: secretsmanager:BatchGetSecretValue")
        found, errors = [], []
        for name in names:
            if name in self.left_out:
                continue
            try:
                found.append(self.get_secret_value({"SecretId": name}))
            except Refusal as refusal:
                errors.append({"SecretId": name, "ErrorCode": refusal.code, "Message": refusal.message})
        return {"SecretValues": found, "Errors": errors}

    def get_secret_value(self, asked: dict[str, Any]) -> dict[str, Any]:
        whole = {self.arn(name): name for name in self.values}
        name = whole.get(asked["SecretId"], asked["SecretId"])
        if name in self.failing:
            raise Refusal(self.failing[name])
        if name not in self.values:
            raise Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        value = self.values[name]
        kind = "SecretString" if isinstance(value, str) else "SecretBinary"
        return {"Name": name, "ARN": self.arn(name), kind: value}


class FakeSts(FakeService):
    """``longest``: the role's MaxSessionDuration. ``shorter``: seconds by which a session ends too soon."""

    name = "sts"

    def __init__(self, now: float, longest: int = 43_200) -> None:
        super().__init__()
        self.now = now
        self.longest = longest
        self.chained = False
        self.shorter = 0
        self.denied: set[str] = set()

    def assume_role(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["RoleArn"] in self.denied:
            raise Refusal("AccessDenied", f"not authorized to perform: sts:AssumeRole on {asked['RoleArn']}", 403)
        seconds = asked["DurationSeconds"]
        assert 900 <= seconds <= 43_200
        if self.chained and seconds > 3_600:
            words = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
            raise Refusal("ValidationError", words)
        if seconds > self.longest:
            words = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            raise Refusal("ValidationError", words)
        number = len(self.requests)
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{number:016d}",
                "SecretAccessKey": f"secret-of-session-{number}",
                "SessionToken": f"token-of-session-{number}",
                "Expiration": datetime.fromtimestamp(self.now + seconds - self.shorter, UTC),
            }
        }
