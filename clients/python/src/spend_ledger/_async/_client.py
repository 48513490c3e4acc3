"""The client."""

from __future__ import annotations

import copy
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, get_args

import httpx

from .. import _types as types
from .._answers import Answer, Raw
from .._bodies import checked_labels, one_of
from .._ids import checked_id
from .._journal import Journal
from .._log import telling
from .._money import Money, money
from .._policies import OnInterrupted, Outage, Synchronous
from .._positions import Positions
from .._requests import Request, check_request
from .._scopes import Scope, scope_of
from .._synchronization import async_closing
from .._urls import ledger_name, ledger_url
from ._core import AsyncCore, Options
from ._events import AsyncEvents
from ._holds import AsyncHolds
from ._http import AsyncHttp
from ._reads import AsyncBalances, AsyncBudgets
from ._spend import AsyncCall, AsyncSpend, Terms

if TYPE_CHECKING:
    from typing_extensions import Unpack

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class AsyncSpendLedger:
    """A client of one ledger. Make one for each process, and close it: `close` sends what the journal still has.

    `journal` is a folder, which processes may share. False keeps reports in memory: a crash may lose some of them.
    `ledger` names the ledger in the journal, by its address unless given: what dead processes left for another ledger
    is left alone. Give it where the address of one ledger changes, or differs from process to process.
    `outage` says what `spend` does while the ledger is down: "closed" raises LedgerUnavailable before the call; "open"
    lets it run, and the journal sends its cost later.
    """

    def __init__(
        self,
        url: str,
        *,
        journal: str | Path | Literal[False],
        token: str | None = None,
        ingest_url: str | None = None,
        ledger: str | None = None,
        source: str = "spend-ledger-python",
        outage: Outage = "closed",
        on_interrupted: OnInterrupted = "unknown",
        synchronous: Synchronous = "normal",
        max_journal_entries: int = 100_000,
        max_retries: int = 2,
        timeout: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        url = ledger_url(url, "url")
        one_of(outage, get_args(Outage), "outage")
        warn = telling(on_warning)
        http = AsyncHttp(
            url,
            ingest_url=None if ingest_url is None else ledger_url(ingest_url, "ingest_url"),
            token=token,
            transport=transport,
            max_retries=max_retries,
        )
        self.journal = Journal(
            None if journal is False else journal,
            ledger or ledger_name(url),
            on_interrupted=on_interrupted,
            synchronous=synchronous,
            max_entries=max_journal_entries,
            warn=warn,
        )
        self._core = AsyncCore(http, self.journal, source=checked_id(source, "source"), outage=outage, warn=warn)
        self._options = Options(timeout=timeout)
        self._core.wake_soon()

    @property
    def holds(self) -> AsyncHolds:
        return AsyncHolds(self._core, self._options)

    @property
    def events(self) -> AsyncEvents:
        return AsyncEvents(self._core, self._options)

    @property
    def balances(self) -> AsyncBalances:
        return AsyncBalances(self._core, self._options)

    @property
    def budgets(self) -> AsyncBudgets:
        return AsyncBudgets(self._core, self._options)

    def spend(self, scope: Scope, *, estimate: Money, **terms: Unpack[Terms]) -> AsyncSpend:
        """Holds the estimate while the block runs, then reports what `call.cost` said.

        A block that raises before `cost` gives the hold back. One that ends without `cost` is reported as a call of
        unknown cost, never as free. Raises BudgetExceeded or LedgerUnavailable before the block runs.
        """
        return AsyncSpend(self._core, self._options, scope, estimate, terms)

    async def stream(
        self, scope: Scope, start: Callable[[AsyncCall], AsyncIterator[T]], *, estimate: Money, **terms: Unpack[Terms]
    ) -> AsyncIterator[T]:
        """Passes on what `start` yields, and reports the cost when it ends: also on a break, and on an error after the
        first part, when some of it has been paid for. `terms` are those of `spend`.
        """
        async with self.spend(scope, estimate=estimate, **terms) as call, async_closing(start(call)) as parts:
            async for part in parts:
                call.is_begun = True
                yield part

    def metered(
        self,
        *,
        scope: Callable[..., Scope],
        estimate: Callable[..., Money],
        cost: Callable[[Any], Money | None],
        **terms: Unpack[Terms],
    ) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
        """Makes each call of a function a `spend`. `scope` and `estimate` get its arguments, `cost` its result."""

        def decorate(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
            @functools.wraps(function)
            async def metered(*args: P.args, **kwargs: P.kwargs) -> R:
                of = scope(*args, **kwargs)
                async with self.spend(of, estimate=estimate(*args, **kwargs), **terms) as call:
                    result = await function(*args, **kwargs)
                    call.is_begun = True
                    call.cost(cost(result))
                    return result

            return metered

        return decorate

    async def check(
        self,
        scope: Scope,
        *,
        estimate: Money | None = None,
        labels: Mapping[str, str] | None = None,
        model: str | None = None,
        min_position: str | None = None,
        timeout: float | None = None,
    ) -> types.Decision:
        """Whether the scope may spend. It promises nothing about calls that run at the same time: a hold does.

        `labels` say what the call is for, and `model` which model it is to call.
        """
        amount = None if estimate is None else money(estimate, "estimate")
        request = check_request(
            scope_of(scope),
            amount,
            self._options.min_position(min_position),
            None if labels is None else checked_labels(labels),
            None if model is None else checked_id(model, "model"),
        )
        return await self._core.send(request, self._options, timeout)

    async def raw(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        door: Literal["auth", "ingest"] = "auth",
        timeout: float | None = None,
    ) -> Raw:
        """Any request of the API: status, headers and body of its answer. Raises as the others do."""
        request = Request(method, path, Answer, body, door, dict(headers or {}), dict(params or {}))
        answer = await self._core.send(request, self._options, timeout)
        assert answer.raw is not None
        return answer.raw

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> AsyncSpendLedger:
        """The same client with other defaults. It shares connections and journal: close only one of them."""
        return self._view(
            Options(
                self._options.timeout if timeout is None else timeout,
                self._options.max_retries if max_retries is None else max_retries,
                self._options.positions,
            )
        )

    def session(self) -> AsyncSpendLedger:
        """The same client, whose reads, checks and holds include the events that it has recorded before."""
        return self._view(Options(self._options.timeout, self._options.max_retries, Positions()))

    async def drain(self, *, within: float) -> bool:
        """Sends what the journal has. False: some of it is left after so many seconds."""
        self._core.wake()
        return await self._core.courier.drain(within)

    def send_dead_again(self) -> None:
        """Has the reports sent once more that the ledger has refused for good: say after a role was mended."""
        entries = [replace(entry, state="due", reason=None) for entry in self.journal.entries("dead")]
        self.journal.put(*entries)
        self._core.courier.hand_over(*(entry.id for entry in entries))

    async def close(self, *, within: float = 5.0) -> None:
        """Sends what the journal has, for at most so many seconds. What is left is sent by the next start."""
        await self._core.close(within)

    async def __aenter__(self) -> AsyncSpendLedger:
        self._core.wake()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _view(self, options: Options) -> AsyncSpendLedger:
        view = copy.copy(self)
        view._options = options
        return view
