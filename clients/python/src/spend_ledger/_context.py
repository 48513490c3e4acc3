"""What calls inside a `spend` inherit: the request they belong to, and the trace. Never the hold."""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple


class Trace(NamedTuple):
    request_id: str | None = None
    traceparent: str | None = None


current_trace: ContextVar[Trace] = ContextVar("spend_ledger_trace", default=Trace())  # noqa: B039


def trace_headers() -> dict[str, str]:
    traceparent = current_trace.get().traceparent
    return {} if traceparent is None else {"traceparent": traceparent}
