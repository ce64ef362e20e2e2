"""The courier of a worker that has urllib3: it keeps its connections."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import urllib3

from execution_engine.worker.courier import Courier, NoAnswer


class PooledCourier(Courier):
    def __init__(self, pool: urllib3.PoolManager | None = None) -> None:
        # Even its warnings name URLs in full.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self._pool = pool or urllib3.PoolManager(num_pools=4, maxsize=4)

    def _exchange(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> tuple[int, bytes]:
        try:
            answer = self._pool.request(
                method, url, body=body, headers=headers, timeout=timeout, retries=False, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise NoAnswer(error) from None
        return answer.status, answer.data
