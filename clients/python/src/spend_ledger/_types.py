"""The shapes of the API. Written by scripts/write_types.py from the OpenAPI document: do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from spend_ledger._answers import Answer

Id: TypeAlias = str


@dataclass(frozen=True, kw_only=True)
class KeyScope(Answer):
    type: Literal["key"]
    key_id: str


@dataclass(frozen=True, kw_only=True)
class UserScope(Answer):
    type: Literal["user"]
    user_id: str
    key_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class TeamScope(Answer):
    type: Literal["team"]
    team_id: str
    user_id: str | None = None
    key_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Usage(Answer):
    input: int
    output: int
    cached_input: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


Labels: TypeAlias = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class SpendData(Answer):
    scope: KeyScope | UserScope | TeamScope
    amount: str | None = None
    usage: Usage | None = None
    currency: str | None = None
    basis: Literal["exact", "estimated", "unknown"] | None = None
    request_id: str | None = None
    hold_id: str | None = None
    model: str | None = None
    labels: Labels | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class SpendEvent(Answer):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["spendledger.spend.recorded.v1"]
    time: datetime
    data: SpendData
    datacontenttype: str | None = None


@dataclass(frozen=True, kw_only=True)
class Adjusts(Answer):
    source: str
    id: str


@dataclass(frozen=True, kw_only=True)
class CorrectionData(Answer):
    adjusts: Adjusts
    kind: Literal["reverse", "amend"]
    reason: str
    amount: str | None = None


@dataclass(frozen=True, kw_only=True)
class CorrectionEvent(Answer):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["spendledger.spend.adjusted.v1"]
    time: datetime
    data: CorrectionData
    datacontenttype: str | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt(Answer):
    id: str
    source: str
    position: str
    recorded_at: datetime
    duplicate: bool


@dataclass(frozen=True, kw_only=True)
class RecordedEntry(Answer):
    status: Literal[200, 201]
    id: str
    source: str
    position: str
    recorded_at: datetime
    duplicate: bool


@dataclass(frozen=True, kw_only=True)
class Data(Answer):
    scope: KeyScope | UserScope | TeamScope
    currency: str
    basis: Literal["exact", "estimated", "unknown"]
    amount: Decimal | None = None
    usage: Usage | None = None
    request_id: str | None = None
    hold_id: str | None = None
    model: str | None = None
    labels: Labels | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedEvent(Answer):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["spendledger.spend.recorded.v1"]
    time: datetime
    datacontenttype: Literal["application/json"]
    recordedat: datetime
    knownat: datetime
    position: str
    caller: str
    data: Data
    ledgeramount: Decimal | None = None
    ledgerprices: str | None = None
    ledgerlabels: str | None = None
    effectiveamount: Decimal | None = None
    corrections: int | None = None
    correctedby: str | None = None


@dataclass(frozen=True, kw_only=True)
class Data1(Answer):
    adjusts: Adjusts
    kind: Literal["reverse", "amend"]
    reason: str
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedCorrection(Answer):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["spendledger.spend.adjusted.v1"]
    time: datetime
    datacontenttype: Literal["application/json"]
    recordedat: datetime
    knownat: datetime
    position: str
    caller: str
    data: Data1


@dataclass(frozen=True, kw_only=True)
class EventPage(Answer):
    items: list[RecordedEvent | RecordedCorrection]
    next_page_token: str


@dataclass(frozen=True, kw_only=True)
class SpendSum(Answer):
    spent: Decimal
    calls: int
    unpriced: int
    corrections: int
    account: str | None = None
    team: str | None = None
    member: str | None = None
    user: str | None = None
    key: str | None = None
    model: str | None = None
    source: str | None = None
    day: str | None = None
    month: str | None = None


@dataclass(frozen=True, kw_only=True)
class SpendPage(Answer):
    items: list[SpendSum]
    next_page_token: str


@dataclass(frozen=True, kw_only=True)
class ModelPrice(Answer):
    match: str
    input: Decimal
    output: Decimal
    from_: datetime | None = None
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    per_request: Decimal | None = None
    max_output: int | None = None


@dataclass(frozen=True, kw_only=True)
class PricesHead(Answer):
    version: str
    currency: str
    model_count: int
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class PricesPage(Answer):
    items: list[PricesHead]
    next_page_token: str


@dataclass(frozen=True, kw_only=True)
class Prices(Answer):
    version: str
    currency: str
    models: list[ModelPrice]
    recorded_at: datetime
    caller: str
    position: str


@dataclass(frozen=True, kw_only=True)
class TotalWindow(Answer):
    type: Literal["total"]
    from_: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CalendarWindow(Answer):
    type: Literal["calendar"]
    unit: Literal["day", "week", "month", "quarter", "year"]
    zone: str
    start_month: int | None = None
    start_day: int | None = None
    start_hour: int | None = None


@dataclass(frozen=True, kw_only=True)
class EveryWindow(Answer):
    type: Literal["every"]
    duration: str
    anchor: datetime


@dataclass(frozen=True, kw_only=True)
class Window(Answer):
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, kw_only=True)
class PreviewRequest(Answer):
    window: TotalWindow | CalendarWindow | EveryWindow
    at: datetime | None = None
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class WindowPreview(Answer):
    windows: list[Window]


@dataclass(frozen=True, kw_only=True)
class BudgetSettings(Answer):
    account: str
    limit: str | None
    window: TotalWindow | CalendarWindow | EveryWindow
    budget_id: str | None = None
    warn_at: list[str] | None = None
    enforce: bool | None = None
    outage: Literal["closed", "open"] | None = None
    valid_until: datetime | None = None
    require: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Budget(Answer):
    budget_id: str
    account: str
    limit: Decimal | None
    window: TotalWindow | CalendarWindow | EveryWindow
    warn_at: list[str]
    enforce: bool
    outage: Literal["closed", "open"]
    valid_until: datetime | None = None
    require: bool | None = None


@dataclass(frozen=True, kw_only=True)
class BudgetStatus(Answer):
    budget_id: str
    account: str
    limit: Decimal | None
    spent: Decimal
    held: Decimal
    remaining: Decimal | None
    window: Window
    verdict: Literal["ok", "warned", "exceeded", "insufficient", "missing"]
    enforced: bool
    warning: str | None


@dataclass(frozen=True, kw_only=True)
class ChangedBudget(Answer):
    budget: Budget
    applied: bool
    position: str
    status: BudgetStatus | None = None


@dataclass(frozen=True, kw_only=True)
class RemovedBudget(Answer):
    applied: bool
    position: str


@dataclass(frozen=True, kw_only=True)
class BudgetPage(Answer):
    items: list[Budget]
    next_page_token: str


@dataclass(frozen=True, kw_only=True)
class BudgetRevision(Answer):
    revision: int
    at: datetime
    caller: str
    budget: Budget | None


@dataclass(frozen=True, kw_only=True)
class BudgetRevisionPage(Answer):
    items: list[BudgetRevision]
    next_page_token: str


@dataclass(frozen=True, kw_only=True)
class Delivered(Answer):
    state: Literal["pending", "delivered", "given_up"]
    at: datetime | None
    attempts: int
    last_failure: str | None


@dataclass(frozen=True, kw_only=True)
class Warning(Answer):
    warning_id: str
    budget_id: str
    account: str
    share: str
    limit: Decimal
    spent: Decimal
    window: Window
    warned_at: datetime
    position: str
    delivered: Delivered


@dataclass(frozen=True, kw_only=True)
class WarningPage(Answer):
    items: list[Warning]
    next_page_token: str


@dataclass(frozen=True, kw_only=True)
class CheckRequest(Answer):
    scope: KeyScope | UserScope | TeamScope
    estimate: str | None = None
    labels: Labels | None = None
    model: str | None = None
    min_position: str | None = None


@dataclass(frozen=True, kw_only=True)
class Decision(Answer):
    decision_id: str | None
    allowed: bool
    blocked_by: str | None
    resets_at: datetime | None
    remaining: Decimal | None
    unbudgeted: bool
    message: str
    budgets: list[BudgetStatus]
    position: str
    as_of: datetime
    lag_ms: int
    degraded: bool
    decided_at: datetime
    labels: Labels | None = None


@dataclass(frozen=True, kw_only=True)
class KeptDecision(Decision):
    decision_id: str
    scope: KeyScope | UserScope | TeamScope
    estimate: Decimal | None
    count: int
    last_decided_at: datetime
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class TakenHold(Answer):
    hold_id: str
    amount: Decimal
    expires_at: datetime
    remaining_ttl_ms: int
    state: Literal["active"]
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class HoldSettlement(Answer):
    source: str
    event_id: str
    amount: Decimal | None
    overrun: Decimal
    late: bool


@dataclass(frozen=True, kw_only=True)
class SettleRequest(Answer):
    amount: str | None = None
    usage: Usage | None = None
    time: datetime | None = None
    basis: Literal["exact", "estimated", "unknown"] | None = None
    model: str | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class SettledHold(Answer):
    source: str
    event_id: str
    overrun: Decimal
    late: bool
    position: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReleasedHold(Answer):
    released: Decimal


@dataclass(frozen=True, kw_only=True)
class ExtendRequest(Answer):
    ttl_seconds: int | None = None
    amount: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExtendedHold(Answer):
    amount: Decimal
    expires_at: datetime
    remaining_ttl_ms: int


@dataclass(frozen=True, kw_only=True)
class Error(Answer):
    message: str
    type: Literal["insufficient_quota", "invalid_request_error", "server_error"]
    param: str | None
    code: Literal["budget_exceeded", "scope_unknown", "model_unknown", "invalid", "forbidden", "unavailable"]


@dataclass(frozen=True, kw_only=True)
class CallRefusal(Answer):
    error: Error


@dataclass(frozen=True, kw_only=True)
class CallReport(Answer):
    gateway: str | None = None
    hold_id: str | None = None
    status: int | None = None
    ended: Literal["answered", "not_sent", "upstream_error", "interrupted"] | None = None
    model: str | None = None
    usage: Usage | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReportedCall(Answer):
    outcome: Literal["exact", "estimated", "unknown", "released", "repeated", "ended"]


@dataclass(frozen=True, kw_only=True)
class Balance(Answer):
    account: str
    spent_all_time: Decimal
    held: Decimal
    unpriced: int
    budgets: list[BudgetStatus]
    position: str
    as_of: datetime


@dataclass(frozen=True, kw_only=True)
class FieldError(Answer):
    field: str
    rule: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Problem(Answer):
    type: str
    title: str
    status: int
    code: Literal[
        "invalid",
        "unsupported_media_type",
        "too_large",
        "unauthenticated",
        "forbidden",
        "gateway_unknown",
        "not_found",
        "method_not_allowed",
        "event_conflict",
        "not_yet_visible",
        "hold_ended",
        "etag_mismatch",
        "batch_partly_refused",
        "too_much",
        "unknown_event",
        "idempotency_key_reused",
        "budget_exceeded",
        "overloaded",
        "unavailable",
        "internal",
    ]
    detail: str
    errors: list[FieldError] | None = None
    errors_left_out: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventConflict(Problem):
    code: Literal["event_conflict"]
    recorded_hash: str
    given_hash: str
    on_record: RecordedEvent | RecordedCorrection | None
    differs: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class BudgetExceeded(Problem):
    code: Literal["budget_exceeded"]
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class HoldEnded(Problem):
    code: Literal["hold_ended"]
    hold_id: str
    state: Literal["active", "settling", "settled", "released", "expired"]


@dataclass(frozen=True, kw_only=True)
class Alive(Answer):
    status: Literal["ok"]


@dataclass(frozen=True, kw_only=True)
class Checks(Answer):
    ready: bool
    detail: str | None = None
    facts: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Readiness(Answer):
    status: Literal["ready", "not_ready"]
    checks: dict[str, Checks]


@dataclass(frozen=True, kw_only=True)
class Serving(Answer):
    status: Literal["serving", "not_serving"]
    checks: dict[str, Checks]


@dataclass(frozen=True, kw_only=True)
class RefusedEntry(Answer):
    status: int
    problem: Problem


@dataclass(frozen=True, kw_only=True)
class BatchResults(Answer):
    results: list[RecordedEntry | RefusedEntry]


@dataclass(frozen=True, kw_only=True)
class HoldRequest(Answer):
    scope: KeyScope | UserScope | TeamScope
    amount: str
    ttl_seconds: int
    request_id: str | None = None
    on_expiry: Literal["release", "unknown", "charge"] | None = None
    labels: Labels | None = None
    model: str | None = None
    min_position: str | None = None


@dataclass(frozen=True, kw_only=True)
class Hold(Answer):
    hold_id: str
    scope: KeyScope | UserScope | TeamScope
    amount: Decimal
    state: Literal["active", "settling", "settled", "released", "expired"]
    expires_at: datetime
    remaining_ttl_ms: int
    created_at: datetime
    age_ms: int
    caller: str
    request_id: str | None
    on_expiry: Literal["release", "unknown", "charge"]
    decision_id: str | None
    settled_by: HoldSettlement | None
    labels: Labels | None = None
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class HoldPage(Answer):
    items: list[Hold]
    next_page_token: str


@dataclass(frozen=True, kw_only=True)
class BatchPartlyRefused(Problem):
    code: Literal["batch_partly_refused"]
    results: list[RecordedEntry | RefusedEntry]
