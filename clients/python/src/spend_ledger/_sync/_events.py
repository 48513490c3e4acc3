# Written by scripts/write_sync.py from _async: do not edit.
"""Records spends that were made without a hold, and corrects what is on record."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypedDict

from .. import _types as types
from .._bodies import Basis, correction, cost_body, spend_event
from .._context import current_trace
from .._entry import Entry
from .._errors import BatchPartlyRefused
from .._money import Money
from .._scopes import Scope, scope_of
from .._times import now, written_time
from ._core import Options, SyncCore

BATCH_EVENTS = 1000
BATCH_BYTES = 15 * 2**20


class _Required(TypedDict):
    scope: Scope


class Spend(_Required, total=False):
    """An event for `record_all`: what `record` takes."""

    id: str
    source: str
    time: datetime | str
    amount: Money
    usage: Mapping[str, int]
    model: str
    metadata: Mapping[str, Any]
    basis: Basis
    request_id: str


class SyncEvents:
    def __init__(self, core: SyncCore, options: Options) -> None:
        self._core = core
        self._options = options

    def record(
        self,
        *,
        scope: Scope,
        amount: Money | None = None,
        id: str | None = None,
        source: str | None = None,
        time: datetime | str | None = None,
        usage: Mapping[str, int] | None = None,
        model: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        basis: Basis | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> types.Receipt:
        """Records a spend once, however often it is sent: equal `source` and `id` are the same event.

        `time` is when the money was spent, now unless given. Without an amount and without usage the cost is unknown.
        Raises EventConflict where another event has this id. Raises LedgerUnavailable where the ledger cannot be
        reached; `journaled` then says that the journal sends the event until the ledger has taken it.
        """
        cost = cost_body(amount, usage=usage, model=model, metadata=metadata, basis=basis)
        return self._send(self._entry(scope, cost, id, source, time, request_id), timeout)

    def record_all(
        self, events: Iterable[Spend] | Iterable[Spend], *, timeout: float | None = None
    ) -> list[types.RecordedEntry | types.RefusedEntry]:
        """Records many, 1,000 at a time, and says what became of each, in order.

        Raises BatchPartlyRefused with all `results` where some are refused. The others are recorded.
        """
        self._core.wake()
        results: list[types.RecordedEntry | types.RefusedEntry] = []
        refusal: BatchPartlyRefused | None = None
        for batch in _batches(_each(events)):
            entries = [self._entry_of(**event) for event in batch]
            try:
                answer = self._core.courier.send_batch(
                    entries, timeout=timeout or self._options.timeout, max_retries=self._options.max_retries
                )
                results.extend(answer.results)
            except BatchPartlyRefused as error:
                refusal = error
                results.extend(error.results)
        for result in results:
            if isinstance(result, types.RecordedEntry):
                self._options.remember(result.position)
        if refusal is not None:
            refusal.results = results
            raise refusal
        return results

    def amend(
        self,
        *,
        adjusts: tuple[str, str],
        amount: Money,
        reason: str,
        id: str | None = None,
        source: str | None = None,
        timeout: float | None = None,
    ) -> types.Receipt:
        """Says what the spend `adjusts` (source, id) costs from now on. It gives a call of unknown cost its price."""
        return self._correct("amend", adjusts, amount, reason, id, source, timeout)

    def reverse(
        self,
        *,
        adjusts: tuple[str, str],
        reason: str,
        id: str | None = None,
        source: str | None = None,
        timeout: float | None = None,
    ) -> types.Receipt:
        """Takes all of the spend `adjusts` (source, id) back."""
        return self._correct("reverse", adjusts, None, reason, id, source, timeout)

    def _correct(
        self,
        kind: Any,
        adjusts: tuple[str, str],
        amount: Money | None,
        reason: str,
        id: str | None,
        source: str | None,
        timeout: float | None,
    ) -> types.Receipt:
        event = correction(
            id=id or str(uuid.uuid4()),
            source=source or self._core.source,
            time=now(),
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

    def _entry_of(
        self,
        *,
        scope: Scope,
        id: str | None = None,
        source: str | None = None,
        time: datetime | str | None = None,
        request_id: str | None = None,
        **cost: Any,
    ) -> Entry:
        return self._entry(scope, cost_body(**cost), id, source, time, request_id)

    def _entry(
        self,
        scope: Scope,
        cost: Mapping[str, Any],
        id: str | None,
        source: str | None,
        time: datetime | str | None,
        request_id: str | None,
    ) -> Entry:
        trace = current_trace.get()
        event = spend_event(
            id=str(uuid.uuid4()) if id is None else id,
            source=self._core.source if source is None else source,
            time=now() if time is None else time,
            scope=scope_of(scope),
            cost=cost,
            request_id=request_id or trace.request_id,
            traceparent=trace.traceparent,
        )
        return _entry_for(event, scope_of(scope))


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
