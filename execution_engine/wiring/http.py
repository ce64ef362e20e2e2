"""Requests to an API over HTTP, as botocore sends its own: proxies, certificates, signatures."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from execution_engine import loopback
from execution_engine.wiring.clients import Clients

_READ_TIMEOUT = 65.0
"""Seconds: API Gateway answers within 30; on one machine a submission may fetch its code meanwhile."""


class HttpSender:
    """``region``: where to sign for (service execute-api), with the credentials that the environment leads to; None:
    unsigned. Raises ``ConnectionError`` if no answer comes, ``PermissionError`` if there are no credentials."""

    def __init__(self, environment: Mapping[str, str], region: str | None) -> None:
        self._environment = environment
        self._region = region

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by lower-case names, body."""
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        where, headers = _reachable(url, headers)
        request = AWSRequest(method=method, url=where, headers=dict(headers), data=body)
        try:
            self._sign(request)
        except BotoCoreError as error:
            raise PermissionError(f"the request can't be signed: {error}") from error
        verify = self._environment.get("AWS_CA_BUNDLE") or self._environment.get("REQUESTS_CA_BUNDLE") or True
        proxies = {} if loopback.is_loopback(urlsplit(url).hostname) else get_environ_proxies(url)
        session = URLLib3Session(verify=verify, proxies=proxies, timeout=(10, _READ_TIMEOUT))
        try:
            answer = session.send(request.prepare())
            return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        except BotoCoreError as error:
            raise ConnectionError(str(error)) from error
        finally:
            session.close()

    def _sign(self, request: object) -> None:
        if self._region is None:
            return
        from botocore.auth import SigV4Auth

        credentials = Clients(self._environment).session.get_credentials()
        if credentials is None:
            raise PermissionError("the request can't be signed: no AWS credentials are found")
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", self._region).add_auth(request)


def _reachable(url: str, headers: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Where to go, and as whom to ask there: no resolver is asked for a name of this machine's own. Pure."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not loopback.is_below_localhost(parts.hostname or ""):
        return url, headers
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=loopback.ADDRESS + port).geturl(), {**headers, "Host": parts.netloc}
