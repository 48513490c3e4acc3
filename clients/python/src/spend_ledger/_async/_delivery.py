"""Delivers one report. The ledger's refusals say what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, TypeAlias

from .. import _types as types
from .._entry import Entry
from .._errors import (
    ApiError,
    BatchPartlyRefused,
    Conflict,
    HoldEnded,
    JournalUnavailable,
    LedgerUnavailable,
    NoReport,
    NotFound,
    is_final,
)
from .._journal import Journal
from .._refused_event import instead_of
from .._refused_members import METADATA, refused_members, without
from .._requests import batch_request, event_request, get_hold_request, release_request, settle_request
from ._http import AsyncHttp

MOST_TURNS = 5
BatchResult: TypeAlias = types.RecordedEntry | types.RefusedEntry
Delivered: TypeAlias = types.SettledHold | types.ReleasedHold | types.Receipt


def may_come_later(result: BatchResult) -> bool:
    """Whether the ledger may take the event when it is sent again. True also for a result of an unknown kind."""
    if isinstance(result, types.RecordedEntry):
        return False
    return not isinstance(result, types.RefusedEntry) or not is_final(result.problem)


class AsyncDelivery:
    def __init__(self, http: AsyncHttp, journal: Journal, warn: Callable[[str], None]) -> None:
        self._http = http
        self._journal = journal
        self._warn = warn

    async def deliver(self, entry: Entry, *, timeout: float | None = None, max_retries: int | None = None) -> Delivered:
        """Sends a due entry. What the ledger takes leaves the journal; what it refuses for good is dead in it.

        Raises LedgerUnavailable, or an ApiError that is not final, where it is to be sent again later. Raises NoReport
        for what can never be sent: it is dead, too.
        """
        try:
            return await self._delivered(entry, timeout, max_retries)
        except NoReport as error:
            self._journal.try_put(entry.buried(str(error)))
            raise

    async def deliver_batch(
        self, entries: Sequence[Entry], *, timeout: float | None = None, max_retries: int | None = None
    ) -> types.BatchResults:
        """Sends due events together. Raises BatchPartlyRefused where some are refused.

        What is refused for good is dead in the journal. What the ledger may take later stays due.
        """
        request = batch_request([entry.body for entry in entries])
        try:
            answer = await self._http.send(
                request, timeout=timeout, max_retries=max_retries, on_retry_after=self._pause
            )
        except BatchPartlyRefused as error:
            self._note(entries, error.results)
            raise
        except ApiError as error:
            if is_final(error):
                self._journal.try_put(*(entry.buried(f"{error.code}: {error}") for entry in entries))
            raise
        self._note(entries, answer.results)
        return answer

    def _note(self, entries: Sequence[Entry], results: Sequence[BatchResult]) -> None:
        if len(results) != len(entries):
            raise LedgerUnavailable(
                f"The ledger gave {len(results)} results for {len(entries)} events: which are whose is not known."
            )
        for entry, result in zip(entries, results, strict=True):
            if isinstance(result, types.RecordedEntry):
                self._journal.done(entry)
            elif not may_come_later(result):
                self._journal.try_put(entry.buried(f"{result.problem.code}: {result.problem.detail}"))

    async def _delivered(self, entry: Entry, timeout: float | None, max_retries: int | None) -> Delivered:
        for _ in range(MOST_TURNS):
            try:
                answer = await self._send(entry, timeout, max_retries)
            except ApiError as error:
                turn = await self._turn(entry, error)
                if isinstance(turn, Entry):
                    if turn != entry:
                        self._journal.try_put(turn)
                    entry = turn
                    continue
                answer = turn
            self._journal.done(entry)
            return answer
        raise LedgerUnavailable(f"The ledger refuses each of {MOST_TURNS} ways to report a call. It is tried again.")

    async def _send(self, entry: Entry, timeout: float | None, max_retries: int | None) -> Delivered:
        how: dict[str, Any] = {
            "timeout": timeout,
            "max_retries": max_retries,
            "on_retry_after": self._pause,
        }
        if entry.action == "event":
            return await self._http.send(event_request(entry.body), **how)
        if entry.hold_id is None:
            raise NoReport("An entry without a hold can only be sent as an event.")
        if entry.action == "release":
            return await self._http.send(release_request(entry.hold_id), **how)
        return await self._http.send(settle_request(entry.hold_id, entry.body), **how)

    async def _turn(self, entry: Entry, error: ApiError) -> Entry | Delivered:
        """What to send instead, or the answer that is on record already. Raises the error where neither is."""
        if not is_final(error):
            raise error
        if entry.action == "release":
            self._journal.done(entry)
            raise error
        if entry.is_of_a_call and (members := refused_members(entry, error)):
            if METADATA in members:
                self._warn(f"The ledger refuses the metadata of a report. The cost is sent without them. {error}")
            return without(entry, members)
        turn = await self._settled_otherwise(entry, error) if entry.action == "settle" else instead_of(entry, error)
        if turn is not None:
            return turn
        raise self._buried(entry, error)

    async def _settled_otherwise(self, entry: Entry, error: ApiError) -> Entry | types.SettledHold | None:
        if isinstance(error, NotFound) or (isinstance(error, HoldEnded) and error.state == "released"):
            return entry.as_event()
        if not isinstance(error, HoldEnded):
            return None
        if error.state in ("active", "expired"):
            raise LedgerUnavailable(f"The ledger refuses to settle a hold that is {error.state}.", status=error.status)
        return await self._beside_another_settle(entry)

    async def _beside_another_settle(self, entry: Entry) -> Entry | types.SettledHold | None:
        """Somebody else has settled the hold. An event of ours would count the call twice."""
        try:
            hold = await self._http.send(get_hold_request(str(entry.hold_id)))
        except ApiError as error:
            if not is_final(error):
                raise
            return None
        theirs, ours = hold.settled_by, entry.body.get("amount")
        if theirs is None:
            return None
        is_unknown = entry.body.get("basis") == "unknown"
        if is_unknown or (ours is not None and theirs.amount == Decimal(ours)):
            return types.SettledHold(
                source=theirs.source, event_id=theirs.event_id, overrun=theirs.overrun, late=theirs.late
            )
        if ours is None or theirs.amount is not None:
            return None
        return entry.amending((theirs.source, theirs.event_id), str(ours))

    def _buried(self, entry: Entry, error: ApiError) -> ApiError:
        if entry.action == "settle" and isinstance(error, HoldEnded):
            error = Conflict(error.raw)
        self._journal.try_put(entry.buried(f"{type(error).__name__}: {error}"))
        return error

    def _pause(self, seconds: float) -> None:
        with suppress(JournalUnavailable):
            self._journal.pause(seconds)
