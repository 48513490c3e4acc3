# Written by scripts/write_sync.py from _async: do not edit.
"""Records spends that were made without a hold, and corrects what is on record."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from .. import _types as types
from .._bodies import Cost, correction, cost_body, filled, spend_event
from .._context import current_trace
from .._entry import Entry
from .._errors import BatchPartlyRefused, LedgerError, is_last
from .._money import Money
from .._scopes import Scope, scope_of
from .._times import now, written_time
from ._core import Options, SyncCore

if TYPE_CHECKING:
    from typing_extensions import Unpack

BATCH_EVENTS = 1000
BATCH_BYTES = 15 * 2**20


class _Scoped(TypedDict):
    scope: Scope


class Spend(_Scoped, Cost, total=False):
    """An event as `record` and `record_all` take it."""

    amount: Money | None
    id: str | None
    source: str | None
    request_id: str | None
    labels: Mapping[str, str] | None
    """What the call is for, such as `{"project": "search"}`: a budget can be set on each."""


class Who(TypedDict, total=False):
    """Who says a correction, and when: a correction that is sent again has the same."""

    id: str | None
    source: str | None
    time: datetime | str | None


class SyncEvents:
    def __init__(self, core: SyncCore, options: Options) -> None:
        self._core = core
        self._options = options

    def record(self, *, timeout: float | None = None, **spend: Unpack[Spend]) -> types.Receipt:
        """Records a spend once, however often it is sent: equal `source` and `id` are the same event.

        `time` is when the money was spent, now unless given. Without an amount and without usage the cost is unknown.
        Raises EventConflict where another event has this id. Raises LedgerUnavailable where the ledger cannot be
        reached; `journaled` then says that the journal sends the event until the ledger has taken it.
        """
        return self._send(self._entry(spend), timeout)

    def record_all(
        self, events: Iterable[Spend] | Iterable[Spend], *, timeout: float | None = None
    ) -> list[types.RecordedEntry | types.RefusedEntry]:
        """Records many, 1,000 at a time, and says what became of each, in order.

        Raises BatchPartlyRefused with all `results` where some are refused. The others are recorded. Where the error is
        `journaled`, those that the ledger could not take now are sent until it has taken them.
        Raises LedgerUnavailable where the ledger cannot be reached. Its `results` are those of the first events, until
        then. `journaled` then says that the journal has all the others, also those of later batches.
        """
        self._core.wake()
        results: list[types.RecordedEntry | types.RefusedEntry] = []
        refusal: BatchPartlyRefused | None = None
        stop: LedgerError | None = None
        for batch in _batches(_each(events)):
            entries = [self._entry(event) for event in batch]
            if stop is not None:
                stop.journaled &= self._core.courier.send_batch_later(entries)
                continue
            try:
                answer = self._core.courier.send_batch(
                    entries, timeout=timeout or self._options.timeout, max_retries=self._options.max_retries
                )
                results += answer.results
            except BatchPartlyRefused as error:
                error.journaled |= refusal is not None and refusal.journaled
                refusal = error
                results += error.results
            except LedgerError as error:
                stop = error
                if is_last(error):
                    break
        for result in results:
            if isinstance(result, types.RecordedEntry):
                self._options.remember(result.position)
        if (raised := stop or refusal) is not None:
            raised.results = results
            raise raised
        return results

    def amend(
        self, *, adjusts: tuple[str, str], amount: Money, reason: str, timeout: float | None = None, **who: Unpack[Who]
    ) -> types.Receipt:
        """Says what the spend `adjusts` (source, id) costs from now on. It gives a call of unknown cost its price."""
        return self._correct("amend", adjusts, amount, reason, timeout, who)

    def reverse(
        self, *, adjusts: tuple[str, str], reason: str, timeout: float | None = None, **who: Unpack[Who]
    ) -> types.Receipt:
        """Takes all of the spend `adjusts` (source, id) back."""
        return self._correct("reverse", adjusts, None, reason, timeout, who)

    def _correct(
        self,
        kind: Literal["amend", "reverse"],
        adjusts: tuple[str, str],
        amount: Money | None,
        reason: str,
        timeout: float | None,
        who: Who,
    ) -> types.Receipt:
        event = correction(
            **filled(who, id=str(uuid.uuid4()), source=self._core.source, time=now()),
            adjusts=adjusts,
            kind=kind,
            amount=amount,
            reason=reason,
        )
        return self._send(_entry_for(event, {}), timeout)

    def _send(self, entry: Entry, timeout: float | None) -> types.Receipt:
        self._core.wake()
        receipt = self._core.courier.send(
            entry, timeout=timeout or self._options.timeout, max_retries=self._options.max_retries
        )
        if not isinstance(receipt, types.Receipt):
            raise AssertionError("an event is answered with a receipt")
        self._options.remember(receipt.position)
        return receipt

    def _entry(self, spend: Spend) -> Entry:
        trace = current_trace.get()
        given: dict[str, Any] = {**spend}
        scope = scope_of(given.pop("scope", None))
        who = {name: given.pop(name, None) for name in ("id", "source", "time", "request_id", "labels")}
        event = spend_event(
            scope=scope,
            cost=cost_body(**given),
            traceparent=trace.traceparent,
            **filled(
                who,
                id=str(uuid.uuid4()),
                source=self._core.source,
                time=now(),
                request_id=trace.request_id,
                labels=None,
            ),
        )
        return _entry_for(event, scope)


def _entry_for(event: dict[str, Any], scope: dict[str, str]) -> Entry:
    """It has an id of its own: two events with one id are two entries, and the ledger says which of them counts."""
    return Entry(
        id=str(uuid.uuid4()),
        state="due",
        source=event["source"],
        scope=scope,
        time=written_time(event["time"]),
        action="event",
        body=event,
    )


def _each(events: Iterable[Spend] | Iterable[Spend]) -> Iterator[Spend]:
    if isinstance(events, Iterable):
        for event in events:
            yield event
    else:
        for event in events:
            yield event


def _batches(events: Iterator[Spend]) -> Iterator[list[Spend]]:
    batch: list[Spend] = []
    size = 0
    for event in events:
        bytes = len(json.dumps(event, default=str))
        if batch and (len(batch) == BATCH_EVENTS or size + bytes > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += bytes
    if batch:
        yield batch
