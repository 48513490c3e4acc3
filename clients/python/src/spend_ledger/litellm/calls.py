"""The calls that this process has let through, until their outcome is certain."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .._entry import Entry

MOST_ENDED = 10_000
"""A cost may come after the end of a call; for more calls than these it comes too late."""

End = Literal["released", "unknown", "costed"]


@dataclass
class Call:
    """One call of a client, with all its retries and fallbacks."""

    entry: Entry
    team_id: str | None
    began: float
    attempts: Decimal = Decimal(0)
    """What the provider billed for attempts that failed."""
    reported: Decimal = Decimal(0)
    """How much of it is reported."""
    has_broken: bool = False
    """Its stream broke off after it had begun: something was delivered, whatever LiteLLM says of the cost."""
    failed: float | None = None
    """When the last attempt failed that was billed or has broken."""
    end: End | None = None
    is_given_up: bool = False
    """Only its failed attempts are reported: nothing more was heard of it."""


class Calls:
    """The open ones by their id, and the last that have ended."""

    def __init__(self, on_end: Callable[[Call], None] = lambda call: None, most_ended: int = MOST_ENDED) -> None:
        self._on_end = on_end
        self._open: dict[str, Call] = {}
        self._ended: OrderedDict[str, Call] = OrderedDict()
        self._most_ended = most_ended

    def add(self, call: Call) -> None:
        self._open[call.entry.id] = call

    def is_open(self, call_id: str | None) -> bool:
        return call_id in self._open

    def find(self, call_id: str | None) -> Call | None:
        """None for what is no call of this process: a client may have made the id up."""
        if call_id is None:
            return None
        return self._open.get(call_id) or self._ended.get(call_id)

    def end(self, call: Call, end: End) -> None:
        self._on_end(call)
        call.end = end
        self._open.pop(call.entry.id, None)
        self._ended[call.entry.id] = call
        while len(self._ended) > self._most_ended:
            self._ended.popitem(last=False)

    def all_open(self) -> list[Call]:
        return list(self._open.values())
