"""Before a call: asks the ledger whether it may be made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from .. import _types as types
from .._async._http import AsyncHttp
from .._entry import Entry
from .._errors import BudgetExceeded, LedgerError, LedgerUnavailable
from .._journal import Journal
from .._requests import A, Request, authorize_request, hold_request, release_request
from .._times import now, written_time
from .settings import HookSettings

Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True)
class Refused(Exception):
    """A budget does not allow the call."""

    decision: Mapping[str, object]
    headers: Mapping[str, str]


class Gate:
    """Takes a hold for each call, or only asks, as the settings say."""

    def __init__(self, http: AsyncHttp, journal: Journal, settings: HookSettings, sleep: Sleep = asyncio.sleep) -> None:
        self._http = http
        self._journal = journal
        self._settings = settings
        self._sleep = sleep

    async def admit(self, entry: Entry) -> Entry:
        """Journals the call once it is allowed. A process that dies before it has made no call, and the hold expires.

        :raises Refused: by a budget
        :raises LedgerError: if the ledger or the journal cannot be used
        """
        if self._settings.mode != "hold":
            await self._ask(authorize_request(entry.scope, entry.estimate, entry.labels))
            return self.admit_unasked(entry)
        taken = await self._ask(self._hold(entry))
        admitted = entry.admitted(taken.hold_id, written_time(now()))
        try:
            self._journal.put(admitted)
        except LedgerError:
            # Without a row nothing would settle it.
            with suppress(LedgerError):
                await self._http.send(release_request(taken.hold_id), max_retries=0)
            raise
        return admitted

    def admit_unasked(self, entry: Entry) -> Entry:
        """Journals a call that has no hold: its spend becomes an event."""
        admitted = entry.admitted(None, written_time(now()))
        self._journal.put(admitted)
        return admitted

    def _hold(self, entry: Entry) -> Request[types.TakenHold]:
        ttl = self._settings.hold_ttl
        return hold_request(entry.scope, entry.estimate or "0", ttl, entry.id, entry.request_id, labels=entry.labels)

    async def _ask(self, request: Request[A]) -> A:
        try:
            return await self._ask_once_more_if_lost(request)
        except BudgetExceeded as refusal:
            if not _is_held_back(_decision_of(refusal)):
                raise _refused(refusal) from None
        # LiteLLM logs an answer after the client has it: what is held may be the client's own call before this one.
        await self._sleep(self._settings.settle_wait)
        try:
            return await self._ask_once_more_if_lost(request)
        except BudgetExceeded as refusal:
            raise _refused(refusal) from None

    async def _ask_once_more_if_lost(self, request: Request[A]) -> A:
        try:
            return await self._http.send(request, max_retries=0)
        except LedgerUnavailable as error:
            if error.status is not None:
                raise
        return await self._http.send(request, max_retries=0)


def _refused(refusal: BudgetExceeded) -> Refused:
    return Refused(_decision_of(refusal), refusal.raw.headers)


def _decision_of(refusal: BudgetExceeded) -> Mapping[str, object]:
    body = refusal.raw.body
    decision = body.get("decision") if isinstance(body, Mapping) else None
    if not isinstance(decision, Mapping):
        raise LedgerError("The ledger refused without a decision.")
    return decision


def _is_held_back(decision: Mapping[str, object]) -> bool:
    """Whether the budget that blocks has money held."""
    budgets = decision.get("budgets")
    blocking = [
        budget
        for budget in (budgets if isinstance(budgets, list) else [])
        if isinstance(budget, Mapping) and budget.get("budgetId") == decision.get("blockedBy")
    ]
    return any(Decimal(str(budget.get("held", "0"))) > 0 for budget in blocking)
