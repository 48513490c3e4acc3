"""Holds: money set aside before a call, until its cost is known."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from .. import _types as types
from .._bodies import Cost, checked_labels, cost_body, filled
from .._context import current_trace
from .._entry import Entry
from .._ids import checked_id
from .._money import Money, money
from .._requests import extend_request, hold_request, release_request
from .._scopes import Scope, scope_of
from .._times import now, written_time
from ._core import AsyncCore, Options

if TYPE_CHECKING:
    from typing_extensions import Unpack

OnExpiry = Literal["release", "unknown", "charge"]


class AsyncHold:
    """A hold that was taken. The amount and the expiry are those of the newest answer."""

    def __init__(self, core: AsyncCore, options: Options, entry: Entry, taken: types.TakenHold) -> None:
        self._core = core
        self._options = options
        self._answered_at = time.monotonic()
        self._time_then = taken.expires_at - timedelta(milliseconds=taken.remaining_ttl_ms)
        self._entry = entry.admitted(taken.hold_id, written_time(self._time_then))
        self._settled_at: datetime | str | None = None
        """A settle that is repeated is the same report, and says the same time."""
        self.hold_id = taken.hold_id
        self.amount: Decimal = taken.amount
        self.expires_at: datetime = taken.expires_at
        self.decision = taken.decision
        self.raw = taken.raw

    @property
    def position(self) -> str:
        """What the decision included: for `min_position`."""
        return self.decision.position

    @property
    def entry(self) -> Entry:
        """As the journal keeps it while the call runs."""
        return self._entry

    def time_now(self) -> datetime:
        """Now by the ledger's clock, or a little before: never ahead of it, however wrong this machine's clock is."""
        return self._time_then + timedelta(seconds=time.monotonic() - self._answered_at)

    async def extend(
        self, *, ttl: int | None = None, amount: Money | None = None, timeout: float | None = None
    ) -> types.ExtendedHold:
        """Gives it more time from now on, another amount, or both: all or nothing."""
        request = extend_request(self.hold_id, ttl, None if amount is None else money(amount, "amount"))
        extended = await self._core.send(request, self._options, timeout)
        self.amount, self.expires_at = extended.amount, extended.expires_at
        return extended

    async def settle(
        self, amount: Money | None = None, *, timeout: float | None = None, **cost: Unpack[Cost]
    ) -> types.SettledHold | types.Receipt:
        """Reports what the call cost. Without an amount and without usage the cost is unknown, never zero.

        The answer is a Receipt where the hold was released before, so that the spend is an event of its own.
        Raises Conflict where somebody else settled it with another amount. Raises LedgerUnavailable where the ledger
        cannot be reached; `journaled` then says that the journal sends the report until the ledger has taken it.
        """
        time = self._settled_at or self.time_now()
        said = filled(cost, time=time, usage=None, model=None, metadata=None, basis=None)
        body = cost_body(amount, **said)
        self._settled_at = said["time"]
        self._core.wake()
        answer = await self._core.courier.send(
            self._entry.spent(body),
            timeout=timeout or self._options.timeout,
            max_retries=self._options.max_retries,
        )
        if isinstance(answer, types.ReleasedHold):
            raise AssertionError("a settle is not answered as a release")
        self._options.remember(answer.position)
        return answer

    async def release(self, *, timeout: float | None = None) -> types.ReleasedHold:
        """For a call that was not made. It may be repeated."""
        return await self._core.send(release_request(self.hold_id), self._options, timeout)


class AsyncHolds:
    def __init__(self, core: AsyncCore, options: Options) -> None:
        self._core = core
        self._options = options

    async def take(
        self,
        *,
        scope: Scope,
        amount: Money,
        ttl: int = 600,
        key: str | None = None,
        request_id: str | None = None,
        on_expiry: OnExpiry | None = None,
        labels: Mapping[str, str] | None = None,
        model: str | None = None,
        min_position: str | None = None,
        timeout: float | None = None,
    ) -> AsyncHold:
        """Sets money aside for `ttl` seconds. Raises BudgetExceeded where a budget does not allow it.

        `key` is the Idempotency-Key, a new UUID unless given. The same key and the same hold is the same hold.
        `labels` say what the call is for, and `model` which model it is to call.
        """
        entry = new_entry(self._core.source, scope, money(amount, "amount"), request_id, labels, model)
        return await self.take_for(entry, ttl, key, on_expiry, min_position, timeout)

    async def take_for(
        self,
        entry: Entry,
        ttl: int,
        key: str | None = None,
        on_expiry: OnExpiry | None = None,
        min_position: str | None = None,
        timeout: float | None = None,
    ) -> AsyncHold:
        request = hold_request(
            entry.scope,
            str(entry.estimate),
            ttl,
            entry.id if key is None else checked_id(key, "key"),
            entry.request_id,
            on_expiry,
            self._options.min_position(min_position),
            entry.labels,
            entry.model,
        )
        taken = await self._core.send(request, self._options, timeout)
        return AsyncHold(self._core, self._options, entry, taken)


def new_entry(
    source: str,
    scope: Scope,
    estimate: str,
    request_id: str | None,
    labels: Mapping[str, str] | None,
    model: str | None,
) -> Entry:
    request_id = request_id or current_trace.get().request_id
    return Entry(
        id=str(uuid.uuid4()),
        state="asked",
        source=source,
        scope=scope_of(scope),
        time=written_time(now()),
        estimate=estimate,
        request_id=None if request_id is None else checked_id(request_id, "request_id"),
        # {} says as much as nothing.
        labels=checked_labels(labels) if labels else None,
        model=None if model is None else checked_id(model, "model"),
    )
