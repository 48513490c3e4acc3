"""A ledger that answers from a list, for the rules of the client. clients/recovery.json has the real one."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from spend_ledger import SpendLedger
from spend_ledger._entry import Entry
from spend_ledger._journal import Journal

LEDGER = "ledger.test"
HOLD = "POST /v1/holds"
SETTLE = "POST /v1/holds/h-1/settle"
RELEASE = "POST /v1/holds/h-1/release"
EVENT = "POST /v1/events"

Reply: TypeAlias = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]
DECISION: dict[str, Any] = {
    "decisionId": None,
    "allowed": True,
    "blockedBy": None,
    "resetsAt": None,
    "remaining": "9.50",
    "unbudgeted": False,
    "message": "",
    "budgets": [],
    "position": "1:4",
    "asOf": "2026-11-30T10:00:00.25Z",
    "lagMs": 3,
    "degraded": False,
    "decidedAt": "2026-11-30T10:00:00Z",
}
TAKEN: dict[str, Any] = {
    "holdId": "h-1",
    "amount": "0.40",
    "expiresAt": "2026-11-30T10:10:01Z",
    "remainingTtlMs": 600_500,
    "state": "active",
    "decision": DECISION,
}
SETTLED: dict[str, Any] = {"source": "ledger/holds", "eventId": "h-1", "overrun": "0.00", "late": False}
RECEIPT: dict[str, Any] = {
    "id": "call-1",
    "source": "gw",
    "position": "1:7",
    "recordedAt": "2026-11-30T10:00:00Z",
    "duplicate": False,
}


class Answers(httpx.BaseTransport):
    """Gives one reply after the other, and the last one again and again."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else reply(request)

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path}" for each in self.requests]

    def body(self, nth: int) -> Any:
        return json.loads(self.requests[nth].content)


class AsyncAnswers(httpx.AsyncBaseTransport):
    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._answers.handle_request(request)


def granting(*more: Any) -> Answers:
    return Answers(reply(TAKEN, 201), *more)


def reply(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def problem(code: str, status: int, detail: str = "No.", **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "status": status, "detail": detail, **more})


def client(transport: httpx.BaseTransport, folder: Path | None = None, **options: Any) -> SpendLedger:
    """It does not wait between tries."""
    ledger = SpendLedger("http://ledger.test", journal=folder or False, transport=transport, **options)
    ledger._core.http._sleep = lambda seconds: None
    return ledger


def entry(id: str = "e-1", **members: Any) -> Entry:
    given: dict[str, Any] = {
        "id": id,
        "state": "admitted",
        "source": "gw",
        "scope": {"type": "user", "userId": "alice"},
        "time": "2026-11-30T10:00:00Z",
        "estimate": "0.40",
        "hold_id": "h-1",
        **members,
    }
    return Entry(**given)


def journal(folder: Path | None, ledger: str = LEDGER, **options: Any) -> Journal:
    return Journal(folder, ledger, **options)


def hold(state: str, settled_by: Any) -> dict[str, Any]:
    taken = {name: TAKEN[name] for name in ("holdId", "amount", "expiresAt", "remainingTtlMs")}
    return {
        **taken,
        "scope": {"type": "user", "userId": "alice"},
        "state": state,
        "createdAt": "2026-11-30T10:00:00Z",
        "ageMs": 1,
        "caller": "gw",
        "requestId": None,
        "onExpiry": "release",
        "decisionId": None,
        "settledBy": settled_by,
    }


def in_child(check: Callable[[], bool]) -> bool:
    """Whether it holds in a process that was forked from this one."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if check() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def left_behind(folder: Path, *entries: Entry, ledger: str = LEDGER) -> Path:
    """The file of a process that was killed."""
    before = set(folder.glob("*.sqlite"))
    child = os.fork()
    if child == 0:
        journal(folder, ledger).put(*entries)
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    (path,) = set(folder.glob("*.sqlite")) - before
    return path
