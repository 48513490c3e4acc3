from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import Any

import httpx
import pytest
from support import DECISION, RECEIPT, SETTLED, TAKEN, Answers, client, problem, reply

from spend_ledger import BudgetExceeded, LedgerUnavailable, user
from spend_ledger._retry import seconds_of, wait_before_retry
from spend_ledger._time_left import TimeLeft

CUT = httpx.ReadError("cut")
LATE = httpx.ReadTimeout("late")


def test_waits_twice_as_long_each_time_and_spreads_the_waits() -> None:
    assert [wait_before_retry(tries, None, 0.5) for tries in range(1, 8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 8.0]
    assert wait_before_retry(1, None, 0.0) == pytest.approx(0.15)
    assert wait_before_retry(1, None, 0.999999) == pytest.approx(0.25, rel=1e-5)
    assert wait_before_retry(1000, None, 0.999) == 8.0


def test_obeys_retry_after_for_a_minute_at_most() -> None:
    assert wait_before_retry(1, 60.0, 0.5) == 60.0
    assert wait_before_retry(1, 60.5, 0.5) is None


def test_reads_retry_after_as_seconds_and_as_a_date() -> None:
    now = datetime(2026, 11, 30, 10, 0, tzinfo=timezone.utc)
    assert seconds_of("3") == 3.0
    assert seconds_of("Mon, 30 Nov 2026 10:00:05 GMT", now) == 5.0
    assert seconds_of("Mon, 30 Nov 2026 09:00:00 GMT", now) == 0.0
    assert seconds_of("soon") is None


@pytest.mark.parametrize(
    "fault",
    [CUT, LATE, *(problem("internal", status) for status in (408, 500, 502, 503, 504)), reply("<html>"), reply({})],
)
def test_sends_the_same_identity_again_after_a_fault(fault: Any) -> None:
    ledger = Answers(fault, reply(TAKEN, 201))
    with client(ledger) as spend_ledger:
        spend_ledger.holds.take(scope=user("alice"), amount="0.40")
    keys = {each.headers["idempotency-key"] for each in ledger.requests}
    assert (len(ledger.requests), len(keys)) == (2, 1)
    assert ledger.body(0) == ledger.body(1)


@pytest.mark.parametrize(("max_retries", "tries"), [(0, 1), (2, 3), (5, 6)])
def test_gives_up_after_max_retries(max_retries: int, tries: int) -> None:
    ledger = Answers(problem("overloaded", 503))
    with client(ledger) as spend_ledger, pytest.raises(LedgerUnavailable) as caught:
        spend_ledger.with_options(max_retries=max_retries).check(user("alice"))
    assert (len(ledger.requests), caught.value.code, caught.value.status) == (tries, "overloaded", 503)


def test_asks_for_a_late_hold_once_more_only() -> None:
    ledger = Answers(LATE)
    with client(ledger, max_retries=5) as spend_ledger, pytest.raises(LedgerUnavailable):
        spend_ledger.holds.take(scope=user("alice"), amount="0.40")
    assert len(ledger.requests) == 2


@pytest.mark.parametrize(
    ("said", "status", "tries"), [("true", 409, 3), ("false", 503, 1), ("true", 429, 3), ("maybe", 503, 3)]
)
def test_x_should_retry_decides(said: str, status: int, tries: int) -> None:
    ledger = Answers(reply({"code": "strange", "detail": "No."}, status, x_should_retry=said))
    with client(ledger) as spend_ledger, pytest.raises(Exception, match="No"):
        spend_ledger.check(user("alice"))
    assert len(ledger.requests) == tries


def test_throws_where_retry_after_is_more_than_a_minute() -> None:
    ledger = Answers(reply({"code": "unavailable", "detail": "Later."}, 503, retry_after="61"))
    with client(ledger) as spend_ledger, pytest.raises(LedgerUnavailable) as caught:
        spend_ledger.check(user("alice"))
    assert (len(ledger.requests), caught.value.retry_after) == (1, 61.0)


@pytest.mark.parametrize("said", [{}, {"x_should_retry": "false"}, {"x_should_retry": "true"}])
def test_never_sends_a_refusal_again(said: dict[str, str]) -> None:
    refusal = {"code": "budget_exceeded", "detail": "No.", "decision": {**DECISION, "allowed": False}}
    ledger = Answers(reply(refusal, 429, retry_after="1", **said))
    with client(ledger) as spend_ledger, pytest.raises(BudgetExceeded) as caught:
        spend_ledger.holds.take(scope=user("alice"), amount="0.40")
    assert len(ledger.requests) == 1
    assert caught.value.decision.allowed is False


def test_a_page_in_place_of_an_answer_is_never_success() -> None:
    ledger = Answers(reply(TAKEN, 201), httpx.Response(200, text="<html>"), reply(SETTLED))
    with client(ledger) as spend_ledger:
        hold = spend_ledger.holds.take(scope=user("alice"), amount="0.40")
        assert hold.settle("0.31").raw is not None
    assert ledger.body(1) == ledger.body(2)


def test_an_event_without_an_id_gets_one_before_the_first_try() -> None:
    ledger = Answers(CUT, CUT, reply(RECEIPT, 201))
    with client(ledger) as spend_ledger:
        spend_ledger.events.record(scope=user("alice"), amount="0.02")
    assert ledger.body(0) == ledger.body(1) == ledger.body(2)
    assert len(ledger.body(0)["id"]) == 36


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_each_phase_may_take_what_is_left_of_the_deadline() -> None:
    clock = Clock()
    left = TimeLeft(2.0, clock)
    assert dict(left) == {"pool": 2.0, "connect": 1.0, "write": 2.0, "read": 2.0}
    clock.now += 1.5
    assert dict(left) == {"pool": 0.5, "connect": 0.5, "write": 0.5, "read": 0.5}
    clock.now += 1.5
    assert 0 < left["read"] < 0.01


def test_the_transport_is_told_what_is_left() -> None:
    clock = Clock()
    left: list[float] = []

    def slow(request: httpx.Request) -> httpx.Response:
        timeout = request.extensions["timeout"]
        for phase in ("pool", "connect", "write", "read"):
            left.append(timeout[phase])
            clock.now += 0.5
        return reply(TAKEN, 201)

    with client(Answers(slow)) as spend_ledger:
        spend_ledger._core.http._clock = clock
        spend_ledger.holds.take(scope=user("alice"), amount="0.40", timeout=3.0)
    assert left == [3.0, 1.0, 2.0, 1.5]


def test_headers_that_come_after_the_deadline_are_late() -> None:
    clock = Clock()

    def late(request: httpx.Request) -> httpx.Response:
        clock.now += 2.5
        return httpx.Response(204)

    with client(Answers(late)) as spend_ledger:
        spend_ledger._core.http._clock = clock
        with pytest.raises(LedgerUnavailable, match="within 2 s"):
            spend_ledger.holds.take(scope=user("alice"), amount="0.40")


def test_writes_a_line_for_each_try(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "spend_ledger"), client(Answers(CUT, reply(DECISION))) as spend_ledger:
        spend_ledger.check(user("alice"))
    assert caplog.messages == ["POST /v1/check, try 1: LedgerUnavailable", "POST /v1/check, try 2: Decision"]


@pytest.mark.parametrize("fault", [httpx.DecodingError("no gzip"), httpx.TooManyRedirects("a circle"), CUT])
def test_an_answer_that_cannot_be_read_says_nothing(fault: httpx.RequestError) -> None:
    ledger = Answers(fault)
    with client(ledger) as spend_ledger, pytest.raises(LedgerUnavailable, match=type(fault).__name__):
        spend_ledger.check(user("alice"))
    assert len(ledger.requests) == 3
