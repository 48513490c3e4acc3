"""One call, from the hold to the report of its cost."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from contextvars import Token
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypedDict, get_args

from .. import _types as types
from .._bodies import Cost, checked_labels, cost_body, filled, one_of
from .._context import Trace, current_trace, trace_headers
from .._entry import Entry
from .._errors import LedgerError, LedgerUnavailable, is_last
from .._money import Money, money
from .._policies import Outage
from .._requests import release_request
from .._scopes import Scope
from .._times import now
from ._core import AsyncCore, Options
from ._holds import AsyncHold, AsyncHolds, new_entry

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Terms(TypedDict, total=False):
    """What a `spend` may say of its call besides the estimate."""

    model: str | None
    labels: Mapping[str, str] | None
    """What the call is for: one value for each name. A budget can be set on each."""
    metadata: Mapping[str, Any] | None
    ttl: int | None
    """Seconds that the hold lives without a heartbeat, 600 unless given."""
    request_id: str | None
    traceparent: str | None
    outage: Outage | None
    timeout: float | None


class AsyncCall:
    """The call that runs inside a `spend`."""

    def __init__(self, core: AsyncCore, terms: Mapping[str, Any], entry: Entry, hold: AsyncHold | None) -> None:
        self._core = core
        self._terms = terms
        self._hold = hold
        self.entry = entry
        """As the journal has it."""
        self.is_costed = False
        self.is_begun = False
        """Something came of it, so it may have cost something."""
        self.is_reported = False

    @property
    def hold_id(self) -> str | None:
        """None: the ledger is down, and the call runs without a hold (`outage="open"`)."""
        return self.entry.hold_id

    @property
    def remaining(self) -> Decimal | None:
        """What the tightest budget had left before the hold. None: no limit, or no hold."""
        return None if self._hold is None else self._hold.decision.remaining

    @property
    def headers(self) -> dict[str, str]:
        """For the request to the model: the trace passes through."""
        return trace_headers()

    @property
    def survives_crash(self) -> bool:
        """Whether the report outlives the process. False without a journal."""
        return self._core.journal.folder is not None

    def cost(self, amount: Money | None = None, **cost: Unpack[Cost]) -> None:
        """Says what the call cost. When it returns, the journal has it. The last one counts. "0" is a free call.

        Raises RuntimeError after the end of the `spend`: its report is made.
        """
        if self.is_reported:
            raise RuntimeError("The spend has ended, and its report is made. Say cost() inside of it, or amend it.")
        self.is_begun = True
        time = now() if self._hold is None else self._hold.time_now()
        model, metadata = self._terms["model"], self._terms["metadata"]
        more = filled(cost, time=time, usage=None, model=model, metadata=metadata, basis=None)
        body = cost_body(amount, **more)
        self.entry = self.entry.spent(body)
        self.is_costed = True
        self._core.journal.try_put(self.entry)


class AsyncSpend:
    """Takes the hold on its way in, and reports the cost on its way out."""

    def __init__(self, core: AsyncCore, options: Options, scope: Scope, estimate: Money, terms: Terms) -> None:
        self._core = core
        self._options = options
        self._scope = scope
        self._estimate = estimate
        self._terms = filled(
            terms,
            model=None,
            labels=None,
            metadata=None,
            ttl=600,
            request_id=None,
            traceparent=None,
            outage=core.outage,
            timeout=None,
        )
        one_of(self._terms["outage"], get_args(Outage), "outage")
        # Now, since it would be too late when the call is reported. Copied: the caller may change it meanwhile.
        said = cost_body(model=self._terms["model"], metadata=self._terms["metadata"])
        self._terms["metadata"] = said.get("metadata")
        labels = self._terms["labels"]
        self._terms["labels"] = None if labels is None else checked_labels(labels)
        self._outer: Token[Trace] | None = None

    async def __aenter__(self) -> AsyncCall:
        terms, outer = self._terms, current_trace.get()
        trace = Trace(terms["request_id"] or outer.request_id, terms["traceparent"] or outer.traceparent)
        estimate = money(self._estimate, "estimate")
        labels, model = terms["labels"], terms["model"]
        entry = new_entry(self._core.source, self._scope, estimate, trace.request_id, labels, model)
        self._outer = current_trace.set(trace)
        try:
            self._call = await self._admitted(entry)
        except BaseException:
            self._leave_trace()
            raise
        return self._call

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        call = self._call
        try:
            if call.hold_id is not None:
                self._core.heartbeat.unwatch(call.hold_id)
            if not call.is_costed and (error is None or call.is_begun):
                call.cost()
            call.is_reported = True
            await self._report(call, error)
        finally:
            self._leave_trace()

    async def _admitted(self, entry: Entry) -> AsyncCall:
        hold: AsyncHold | None = None
        ttl = self._terms["ttl"]
        try:
            hold = await AsyncHolds(self._core, self._options).take_for(entry, ttl, timeout=self._terms["timeout"])
            self._core.journal.put(hold.entry)
        except LedgerUnavailable:
            if self._terms["outage"] != "open":
                await self._give_back(hold)
                raise
        if hold is None:
            entry = entry.admitted(None)
            self._core.journal.try_put(entry)
            return AsyncCall(self._core, self._terms, entry, None)
        self._core.heartbeat.watch(hold.hold_id, ttl)
        return AsyncCall(self._core, self._terms, hold.entry, hold)

    async def _give_back(self, hold: AsyncHold | None) -> None:
        if hold is not None:
            try:
                await self._core.http.send(release_request(hold.hold_id), max_retries=0)
            except LedgerError as error:
                self._core.warn(f"A hold stays until it expires. {error}")

    async def _report(self, call: AsyncCall, error: BaseException | None) -> None:
        if call.hold_id is None:
            self._report_later(call)
            return
        entry = call.entry if call.is_costed else call.entry.released()
        try:
            answer = await self._core.courier.send(
                entry, timeout=self._options.timeout, max_retries=self._options.max_retries
            )
            if not isinstance(answer, types.ReleasedHold):
                self._options.remember(answer.position)
        except LedgerError as refusal:
            if entry.action == "release" or refusal.journaled or self._goes_on(entry, refusal):
                return
            if error is None:
                raise
            self._core.warn(f"The report of a call was not taken. {refusal}")

    def _goes_on(self, entry: Entry, error: LedgerError) -> bool:
        """The journal takes nothing. Unless the report is refused for good, it is sent out of memory."""
        return not is_last(error) and self._core.courier.send_soon(entry)

    def _report_later(self, call: AsyncCall) -> None:
        """The ledger was down when the call began. The journal sends the cost as an event."""
        if call.is_costed:
            self._core.courier.send_soon(call.entry)
        else:
            self._core.journal.forget(call.entry.id)
            # At once: of a call that is left in the file, an adopter would say that its cost is unknown.
            self._core.journal.flush()

    def _leave_trace(self) -> None:
        if self._outer is not None:
            # A generator that has the `with` may end in another context. There is nothing to set back there.
            with suppress(ValueError):
                current_trace.reset(self._outer)
