"""A hook before a ledger that answers from a list. test/litellm-hook has the real ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from support import DECISION, TAKEN, Reply, reply

from spend_ledger import JournalUnavailable
from spend_ledger._entry import Entry
from spend_ledger.litellm.hook import Hook
from spend_ledger.litellm.settings import HookSettings
from spend_ledger.litellm.worker import Worker

KEY = SimpleNamespace(token="k" * 64, user_id="alice", team_id=None)
LOST = httpx.ReadError("lost")
REFUSED = {
    **DECISION,
    "allowed": False,
    "blockedBy": "own",
    "remaining": "0.10",
    "message": "Budget has been exceeded!",
}
EXTENDED = {"amount": "0.01", "expiresAt": "2026-11-30T10:10:01Z", "remainingTtlMs": 1000}


class Ledger(httpx.AsyncBaseTransport):
    """Gives one reply after the other to each path, and the last one again and again."""

    def __init__(self, **replies: list[Reply]) -> None:
        self._replies = replies
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        left = self._replies[request.url.path.rpartition("/")[2]]
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, Exception):
            raise said
        # An answer can be read once.
        given = said if isinstance(said, httpx.Response) else said(request)
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    @property
    def asked(self) -> list[str]:
        return [each.url.path.rpartition("/")[2] for each in self.requests]


class Bench:
    """A hook and its ledger."""

    def __init__(self, folder: Path, ledger: Ledger, **settings: Any) -> None:
        self.ledger = ledger
        self.now = 0.0
        given = HookSettings("http://ledger.test", "http://ledger.test", journal=folder, settle_wait=0.0, **settings)
        self.worker = Worker(given, transport=ledger, monotonic=lambda: self.now)
        self.hook = Hook(given, self.worker)

    async def before(self, **members: Any) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": "gpt-5",
            "metadata": {"user_api_key": "k"},
            "litellm_call_id": "of the client",
            **members,
        }
        await self.hook.before(KEY, request, "acompletion")
        return request

    async def answered(self, request: dict[str, Any], cost: float | None, model: str = "gpt-5") -> None:
        logged = {"response_cost": cost, "total_tokens": 3, "model_group": model}
        await self.hook.answered({**request, "standard_logging_object": logged})

    def fill_the_disk(self) -> None:
        """From now on the journal takes nothing."""

        def put(*entries: Entry) -> None:
            raise JournalUnavailable("The disk is full.")

        self.worker.journal.put = put  # type: ignore[method-assign]

    async def settled(self) -> list[str]:
        """What the ledger was asked for, once nothing is due."""
        assert await self.worker.drain(5.0)
        return self.ledger.asked


def taken(request: httpx.Request) -> httpx.Response:
    return reply(TAKEN, 201)


async def until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < ends
        await asyncio.sleep(0.01)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)
