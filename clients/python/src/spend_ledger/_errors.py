"""What can go wrong, as classes. The ledger's `code` decides the class, not the status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import _types as types
from ._answers import Raw, read_answer
from ._retry import seconds_of
from ._secrets import without_secrets


class LedgerError(Exception):
    """Everything that this package raises about the ledger."""

    journaled: bool = False
    """The journal has the report, and sends it until the ledger has taken it."""
    results: Sequence[types.RecordedEntry | types.RefusedEntry] = ()
    """What became of the events of a batch, in order, as far as the ledger has said it."""


class LedgerUnavailable(LedgerError):
    """No answer that says what the ledger did: no connection, a time-out, overloaded, unavailable."""

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        """Seconds that the ledger asked to wait."""


class JournalUnavailable(LedgerUnavailable):
    """The journal cannot be written, which is as bad as a ledger that is down: a report could be lost."""


class NoReport(LedgerError):
    """An entry that cannot become a report. A journal may have one that another version has written."""


class ApiError(LedgerError):
    """The ledger refused. `errors` names each field and the rule that it breaks."""

    def __init__(self, raw: Raw, *secrets: str | None) -> None:
        body = raw.body if isinstance(raw.body, Mapping) else {}
        self.raw = raw
        self.status = raw.status
        self.code = str(body.get("code", ""))
        self.detail = without_secrets(str(body.get("detail", "")), *secrets)
        self.errors = [_field_error(each) for each in body.get("errors") or [] if isinstance(each, Mapping)]
        self.request_id = raw.headers.get("x-request-id")
        self.retry_after = seconds_of(raw.headers.get("retry-after"))
        said = self.detail or f"HTTP {self.status} without a reason that a ledger gives: is url a ledger's address?"
        faults = "; ".join(f"{each.field} {without_secrets(each.message, *secrets)}" for each in self.errors)
        super().__init__(f"{said} ({faults})" if faults else said)


class Invalid(ApiError):
    pass


class Unauthenticated(ApiError):
    pass


class Forbidden(ApiError):
    pass


class NotFound(ApiError):
    pass


class EventConflict(ApiError):
    """Another event is on record under this source and id."""


class NotYetVisible(ApiError):
    """The answer cannot include `min_position` yet. Ask again after `retry_after`."""


class EtagMismatch(ApiError):
    pass


class UnknownEvent(ApiError):
    """A correction of a spend that is not on record."""


class IdempotencyKeyReused(ApiError):
    """The key came with another hold before."""


class HoldEnded(ApiError):
    """The hold was settled or released before. `state` says which."""

    @property
    def state(self) -> str:
        return str(self.raw.body.get("state", ""))


class Conflict(HoldEnded):
    """Somebody else settled the hold with another amount. That one counts. Ours is kept in the journal as dead."""


class BatchPartlyRefused(ApiError):
    """Some events of a batch are refused. The others are recorded. `results` has them all, in order.

    `journaled`: some were not taken now. The journal sends them until the ledger has taken them.
    """

    def __init__(self, raw: Raw, *secrets: str | None) -> None:
        super().__init__(raw, *secrets)
        self.results = read_answer(types.BatchResults, raw).results


class BudgetExceeded(ApiError):
    """A budget does not allow the call."""

    @property
    def decision(self) -> types.Decision:
        return read_answer(types.Decision, self.raw._replace(body=self.raw.body.get("decision")))

    @property
    def decision_id(self) -> str | None:
        return self.decision.decision_id

    @property
    def blocked_by(self) -> str | None:
        return self.decision.blocked_by

    @property
    def resets_at(self) -> datetime | None:
        return self.decision.resets_at

    @property
    def remaining(self) -> Decimal | None:
        return self.decision.remaining


CLASSES: dict[str, type[ApiError]] = {
    "invalid": Invalid,
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "event_conflict": EventConflict,
    "hold_ended": HoldEnded,
    "not_yet_visible": NotYetVisible,
    "etag_mismatch": EtagMismatch,
    "batch_partly_refused": BatchPartlyRefused,
    "unknown_event": UnknownEvent,
    "idempotency_key_reused": IdempotencyKeyReused,
    "budget_exceeded": BudgetExceeded,
}
_OUTAGES = ("overloaded", "unavailable", "internal")


def refusal(raw: Raw, *secrets: str | None) -> ApiError | LedgerUnavailable:
    """The error of an answer that is no 2xx."""
    code = raw.body.get("code") if isinstance(raw.body, Mapping) else None
    if code in CLASSES:
        return CLASSES[code](raw, *secrets)
    if 400 <= raw.status < 500 and code not in _OUTAGES:
        return ApiError(raw, *secrets)
    detail = raw.body.get("detail") if code is not None else f"HTTP {raw.status} from the ledger or a proxy before it."
    return LedgerUnavailable(
        without_secrets(str(detail), *secrets),
        status=raw.status,
        code=code,
        retry_after=seconds_of(raw.headers.get("retry-after")),
    )


def _field_error(body: Mapping[str, Any]) -> types.FieldError:
    field, rule, message = (str(body.get(name, "")) for name in ("field", "rule", "message"))
    return types.FieldError(field=field, rule=rule, message=message)


def is_final(refused: ApiError | types.Problem) -> bool:
    """Whether the ledger will never take this. A wrong token, or the page of a proxy, says nothing about the report."""
    is_passing = refused.status >= 500 or refused.status in (408, 429)
    return not is_passing and refused.code not in ("", "unauthenticated")


def is_last(error: BaseException) -> bool:
    """Whether it is of no use to send the report again."""
    return isinstance(error, NoReport) or (isinstance(error, ApiError) and is_final(error))
