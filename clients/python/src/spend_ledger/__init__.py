"""Client of the spend ledger: holds money before an LLM call, and records what the call cost exactly once."""

from ._answers import Raw
from ._async._client import AsyncSpendLedger
from ._async._events import Spend
from ._async._holds import AsyncHold
from ._async._spend import AsyncCall
from ._errors import (
    ApiError,
    BatchPartlyRefused,
    BudgetExceeded,
    Conflict,
    EtagMismatch,
    EventConflict,
    Forbidden,
    HoldEnded,
    IdempotencyKeyReused,
    Invalid,
    JournalUnavailable,
    LedgerError,
    LedgerUnavailable,
    NotFound,
    NotYetVisible,
    Unauthenticated,
    UnknownEvent,
)
from ._money import Money
from ._scopes import Scope, key, team, user
from ._sync._client import SpendLedger
from ._sync._holds import Hold
from ._sync._spend import Call
from ._types import Balance, Budget, BudgetStatus, Decision, Receipt, RecordedEntry, RefusedEntry, SettledHold
from ._version import VERSION as __version__

__all__ = [
    "ApiError",
    "AsyncCall",
    "AsyncHold",
    "AsyncSpendLedger",
    "Balance",
    "BatchPartlyRefused",
    "Budget",
    "BudgetExceeded",
    "BudgetStatus",
    "Call",
    "Conflict",
    "Decision",
    "EtagMismatch",
    "EventConflict",
    "Forbidden",
    "Hold",
    "HoldEnded",
    "IdempotencyKeyReused",
    "Invalid",
    "JournalUnavailable",
    "LedgerError",
    "LedgerUnavailable",
    "Money",
    "NotFound",
    "NotYetVisible",
    "Raw",
    "Receipt",
    "RecordedEntry",
    "RefusedEntry",
    "Scope",
    "SettledHold",
    "Spend",
    "SpendLedger",
    "Unauthenticated",
    "UnknownEvent",
    "__version__",
    "key",
    "team",
    "user",
]
