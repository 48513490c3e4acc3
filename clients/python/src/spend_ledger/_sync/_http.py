# Written by scripts/write_sync.py from _async: do not edit.
"""Sends requests until there is an answer that says what the ledger did, or no more tries are left."""

from __future__ import annotations

import json
import logging
import platform
import random
import time
from collections.abc import Callable
from typing import Any

import httpx

from .._answers import A, Misfit, Raw, read_answer
from .._context import trace_headers
from .._errors import BudgetExceeded, LedgerUnavailable, refusal
from .._requests import Request
from .._retry import is_retried, wait_before_retry
from .._synchronization import sync_sleep
from .._time_left import TimeLeft
from .._version import VERSION

USER_AGENT = (
    f"spend-ledger-python/{VERSION} "
    f"({platform.python_implementation()} {platform.python_version()}; {platform.system()}; httpx/{httpx.__version__})"
)
log = logging.getLogger("spend_ledger")


class SyncHttp:
    """Two doors of one ledger. `ingest_url` is only given where ingest is a process of its own."""

    def __init__(
        self,
        url: str,
        *,
        ingest_url: str | None = None,
        token: str | None = None,
        transport: httpx.BaseTransport | None = None,
        max_retries: int = 2,
        max_answer_bytes: int = 8 * 2**20,
        sleep: Callable[[float], Any] = sync_sleep,
        dice: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._urls = {"auth": url.rstrip("/"), "ingest": (ingest_url or url).rstrip("/")}
        self._token = token
        self._transport = transport
        self.max_retries = max_retries
        self._max_answer_bytes = max_answer_bytes
        self._sleep = sleep
        self._dice = dice
        self._clock = clock
        self._client: httpx.Client | None = None

    def send(
        self,
        request: Request[A],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        on_retry_after: Callable[[float], None] | None = None,
    ) -> A:
        """Raises an ApiError for a refusal, LedgerUnavailable where no try was answered.

        `on_retry_after` is called before the wait that the ledger has asked for.
        """
        most = 1 + (self.max_retries if max_retries is None else max_retries)
        timeouts = 0
        for tries in range(1, most + 1):
            error, may_retry, is_late = self._try(request, timeout or request.timeout)
            log.debug("%s %s, try %d: %s", request.method, request.path, tries, type(error).__name__)
            if not isinstance(error, Exception):
                return error
            timeouts += is_late
            retry_after = getattr(error, "retry_after", None)
            if may_retry and retry_after is not None and on_retry_after is not None:
                on_retry_after(retry_after)
            wait = wait_before_retry(tries, retry_after, self._dice())
            if not may_retry or tries == most or wait is None or timeouts == request.most_timeouts:
                raise error
            self._sleep(wait)
        raise AssertionError("max_retries is below zero")

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def forget_connections(self) -> None:
        """After a fork, and in another event loop: connections belong to the process and the loop that opened them."""
        self._client = None

    def _try(self, request: Request[A], timeout: float) -> tuple[A | Exception, bool, bool]:
        """The answer, or an error; whether it may be sent again; whether it was late."""
        try:
            raw = self._exchange(request, timeout)
        except httpx.TimeoutException:
            return LedgerUnavailable(f"The ledger did not answer within {timeout:g} s."), True, True
        except httpx.RequestError as failure:
            return LedgerUnavailable(f"The ledger cannot be reached ({type(failure).__name__})."), True, False
        try:
            if not 200 <= raw.status < 300:
                error = refusal(raw, self._token)
                may_retry = is_retried(raw.status, raw.headers) and not isinstance(error, BudgetExceeded)
                return error, may_retry, False
            return read_answer(request.answer, raw), False, False
        except Misfit as misfit:
            message = f"HTTP {raw.status} with an answer that is not a ledger's ({misfit}): what it did is not known."
            return LedgerUnavailable(message, status=raw.status), True, False

    def _exchange(self, request: Request[Any], timeout: float) -> Raw:
        left = TimeLeft(timeout, self._clock)
        content = b""
        with self._connections().stream(
            request.method,
            self._urls[request.door] + request.path,
            content=None if request.body is None else json.dumps(request.body, ensure_ascii=False).encode(),
            headers={**trace_headers(), **request.headers},
            params=request.params,
            extensions={"timeout": left},
        ) as response:
            _raise_if_late(left)
            for part in response.iter_bytes():
                content += part
                _raise_if_late(left)
                if len(content) > self._max_answer_bytes:
                    raise httpx.ReadError("the answer is too large")
        return Raw(response.status_code, response.headers, _parsed(content))

    def _connections(self) -> httpx.Client:
        if self._client is None:
            headers = {"user-agent": USER_AGENT, "accept": "application/json", "content-type": "application/json"}
            if self._token:
                headers["authorization"] = f"Bearer {self._token}"
            self._client = httpx.Client(transport=self._transport, headers=headers)
        return self._client


def _raise_if_late(left: TimeLeft) -> None:
    if left.seconds < 0:
        raise httpx.ReadTimeout("the answer came too slowly")


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
