from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from support import DECISION, Answers, client, problem, reply

import spend_ledger as package
from spend_ledger import ApiError, BudgetExceeded, HoldEnded, Invalid, LedgerError, LedgerUnavailable, user

CLASSES = {
    "invalid": "Invalid",
    "unauthenticated": "Unauthenticated",
    "forbidden": "Forbidden",
    "not_found": "NotFound",
    "event_conflict": "EventConflict",
    "hold_ended": "HoldEnded",
    "not_yet_visible": "NotYetVisible",
    "etag_mismatch": "EtagMismatch",
    "unknown_event": "UnknownEvent",
    "idempotency_key_reused": "IdempotencyKeyReused",
    "too_much": "ApiError",
    "a_code_of_later": "ApiError",
}


def refused(answer: httpx.Response, **options: Any) -> LedgerError:
    with client(Answers(answer), max_retries=0, **options) as ledger, pytest.raises(LedgerError) as caught:
        ledger.check(user("alice"))
    return caught.value


@pytest.mark.parametrize("status", [400, 409, 418])
@pytest.mark.parametrize(("code", "name"), CLASSES.items())
def test_the_code_decides_the_class(code: str, name: str, status: int) -> None:
    error = refused(problem(code, status))
    assert type(error) is getattr(package, name)
    assert isinstance(error, ApiError)
    assert (error.code, error.status, error.detail) == (code, status, "No.")


@pytest.mark.parametrize("code", ["overloaded", "unavailable"])
def test_an_outage_is_no_refusal(code: str) -> None:
    error = refused(problem(code, 503))
    assert isinstance(error, LedgerUnavailable)
    assert not isinstance(error, ApiError)


def test_names_the_fields_and_keeps_the_answer() -> None:
    faults = [{"field": "scope.userId", "rule": "required", "message": "is missing"}]
    error = refused(reply({"code": "invalid", "detail": "No.", "errors": faults, "new": 1}, 400, x_request_id="r-1"))
    assert isinstance(error, Invalid)
    assert str(error) == "No. (scope.userId is missing)"
    assert error.errors[0].rule == "required"
    assert (error.request_id, error.raw.status, error.raw.body["new"]) == ("r-1", 400, 1)


def test_a_refusal_has_its_decision() -> None:
    decision = {**DECISION, "allowed": False, "blockedBy": "b-1", "remaining": "0.10", "decisionId": "d-1"}
    error = refused(reply({"code": "budget_exceeded", "detail": "No.", "decision": decision}, 429))
    assert isinstance(error, BudgetExceeded)
    assert (error.blocked_by, error.remaining, error.decision_id) == ("b-1", Decimal("0.10"), "d-1")
    assert error.resets_at is None


def test_messages_have_no_secret() -> None:
    detail = "token the-token-of-a-test is not for sk-0123456789abcdef0"
    error = refused(problem("forbidden", 403, detail), token="the-token-of-a-test")
    assert str(error) == "token (secret) is not for (secret)"


def test_a_proxys_page_is_no_reason_of_the_ledger() -> None:
    error = refused(httpx.Response(404, text="<html>not here</html>"))
    assert type(error) is ApiError
    assert error.code == ""


def test_a_hold_that_ended_says_how() -> None:
    error = refused(problem("hold_ended", 409, state="released", holdId="h-1"))
    assert isinstance(error, HoldEnded)
    assert error.state == "released"
