"""Reads balances and budgets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from .. import _types as types
from .._requests import read_request
from .._times import written_time
from ._core import AsyncCore, Options


class AsyncBalances:
    def __init__(self, core: AsyncCore, options: Options) -> None:
        self._core = core
        self._options = options

    async def get(
        self,
        account: str,
        *,
        at: datetime | str | None = None,
        known_at: datetime | str | None = None,
        min_position: str | None = None,
        timeout: float | None = None,
    ) -> types.Balance:
        """What an account such as "user:alice" has spent, with its budgets."""
        request = read_request(
            "/v1/balances",
            types.Balance,
            account=account,
            at=None if at is None else written_time(at, "at"),
            knownAt=None if known_at is None else written_time(known_at, "known_at"),
            minPosition=self._options.min_position(min_position),
        )
        return await self._core.send(request, self._options, timeout)


class AsyncBudgets:
    def __init__(self, core: AsyncCore, options: Options) -> None:
        self._core = core
        self._options = options

    async def list(
        self, *, account: str | None = None, page_size: int | None = None, timeout: float | None = None
    ) -> AsyncIterator[types.Budget]:
        """All budgets, or those of one account, page by page."""
        token: str | None = None
        while token != "":
            request = read_request(
                "/v1/budgets",
                types.BudgetPage,
                account=account,
                pageSize=None if page_size is None else str(page_size),
                pageToken=token,
            )
            page = await self._core.send(request, self._options, timeout)
            for budget in page.items:
                yield budget
            token = page.next_page_token
