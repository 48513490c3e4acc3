"""Settles of a hold that has ended before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from support import EVENT, RECEIPT, SETTLE, SETTLED, TAKEN, Answers, client, hold, problem, reply

from spend_ledger import Conflict, Hold, Invalid, LedgerError, Receipt, SpendLedger, user

GET = "GET /v1/holds/h-1"
ON_TIME = "2026-11-30T09:59:00Z"


def ended(state: str) -> httpx.Response:
    return problem("hold_ended", 409, state=state, holdId="h-1")


def by_another(amount: str | None) -> httpx.Response:
    other = {"source": "ledger/holds", "eventId": "ev-9", "amount": amount, "overrun": "0.00", "late": False}
    return reply(hold("settled", other))


def taken(spend_ledger: SpendLedger) -> Hold:
    return spend_ledger.holds.take(scope=user("alice"), amount="0.40", key="k-1")


def test_each_settle_of_a_released_hold_makes_the_same_event(tmp_path: Path) -> None:
    again = reply({**RECEIPT, "duplicate": True})
    released = ended("released")
    ledger = Answers(reply(TAKEN, 201), released, reply(RECEIPT, 201), released, again, reply(TAKEN), released, again)
    with client(ledger, tmp_path) as spend_ledger:
        first = taken(spend_ledger)
        first.settle("0.31")
        first.settle("0.31")
        taken(spend_ledger).settle("0.31")
    first_event, second_event, of_another_object = (ledger.body(nth) for nth in (2, 4, 7))
    assert first_event == second_event
    assert [each["id"] for each in (first_event, of_another_object)] == ["settle-h-1"] * 2


def test_the_time_that_another_settle_gave_the_event_counts(tmp_path: Path) -> None:
    conflict = problem("event_conflict", 409, differs=["time"], onRecord={"time": ON_TIME})
    ledger = Answers(reply(TAKEN, 201), ended("released"), conflict, reply({**RECEIPT, "duplicate": True}))
    with client(ledger, tmp_path) as spend_ledger:
        receipt = taken(spend_ledger).settle("0.31")
        assert spend_ledger.journal.counts() == {}
    assert isinstance(receipt, Receipt)
    assert receipt.duplicate
    assert ledger.body(3) == {**ledger.body(2), "time": ON_TIME}


@pytest.mark.parametrize("answer", [problem("unauthenticated", 401), httpx.Response(403, text="<html>")])
def test_a_hold_that_cannot_be_read_now_is_no_conflict(tmp_path: Path, answer: httpx.Response) -> None:
    ledger = Answers(reply(TAKEN, 201), ended("settled"), answer, ended("settled"), by_another("0.31"))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(LedgerError) as caught:
            taken(spend_ledger).settle("0.31")
        assert (isinstance(caught.value, Conflict), caught.value.journaled) == (False, True)
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {}
    assert ledger.asked[1:] == [SETTLE, GET, SETTLE, GET]


@pytest.mark.parametrize("theirs", ["0.25", None])
def test_tokens_are_no_unknown_cost(tmp_path: Path, theirs: str | None) -> None:
    with client(Answers(reply(TAKEN, 201), ended("settled"), by_another(theirs)), tmp_path) as spend_ledger:
        with pytest.raises(Conflict):
            taken(spend_ledger).settle(usage={"input": 12}, model="gpt-5")
        assert spend_ledger.journal.counts() == {"dead": 1}


def test_a_refusal_that_contradicts_itself_is_sent_again_after_a_wait(tmp_path: Path) -> None:
    ledger = Answers(reply(TAKEN, 201), ended("active"), ended("expired"), reply(SETTLED))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(LedgerError, match="active") as caught:
            taken(spend_ledger).settle("0.31")
        assert caught.value.journaled
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {}
        assert spend_ledger._core.courier._failures == 0
    assert ledger.asked[1:] == [SETTLE] * 3


def test_refusals_that_lead_in_a_circle_are_no_end_of_the_report(tmp_path: Path) -> None:
    moving = (
        problem("event_conflict", 409, differs=["time"], onRecord={"time": f"2026-11-30T09:59:0{nth}Z"})
        for nth in range(9)
    )
    ledger = Answers(reply(TAKEN, 201), ended("released"), *moving, reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(LedgerError, match="5 ways") as caught:
            taken(spend_ledger).settle("0.31")
        assert caught.value.journaled
        assert spend_ledger.drain(within=20)
    assert ledger.asked[1:] == [SETTLE, *[EVENT] * 10]


METADATA_REFUSED: list[Any] = [
    problem("invalid", 400, errors=[{"field": "metadata", "rule": "size", "message": "must be at most 8 KiB of JSON"}]),
    problem("invalid", 400, errors=[{"field": "metadata.a.b", "rule": "depth", "message": "is too deep"}]),
    problem("too_large", 413),
]


@pytest.mark.parametrize("refusal", METADATA_REFUSED)
def test_refused_metadata_does_not_bury_the_cost(tmp_path: Path, refusal: httpx.Response) -> None:
    warnings: list[str] = []
    ledger = Answers(reply(TAKEN, 201), refusal, reply(SETTLED))
    with client(ledger, tmp_path, on_warning=warnings.append) as spend_ledger:
        taken(spend_ledger).settle("0.31", metadata={"a": {"b": "c"}})
        assert spend_ledger.journal.counts() == {}
    given = ledger.body(1)
    assert given.pop("metadata") == {"a": {"b": "c"}}
    assert (ledger.body(2), len(warnings)) == (given, 1)


@pytest.mark.parametrize("fields", [["data.metadata"], ["data.metadata.a", "time"]])
def test_refused_metadata_does_not_bury_the_cost_of_a_call_without_a_hold(tmp_path: Path, fields: list[str]) -> None:
    refusal = problem("invalid", 400, errors=[{"field": each, "rule": "size", "message": "No."} for each in fields])
    ledger = Answers(httpx.ConnectError("down"), refusal, reply(RECEIPT, 201))
    with client(ledger, tmp_path, outage="open", max_retries=0) as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40", metadata={"a": "b"}) as call:
            call.cost("0.31")
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {}
    assert ledger.body(2)["data"] == {"scope": {"type": "user", "userId": "alice"}, "amount": "0.31"}


def test_metadata_that_a_caller_records_is_the_callers_to_mend(tmp_path: Path) -> None:
    refusal = problem("invalid", 400, errors=[{"field": "data.metadata", "rule": "size", "message": "No."}])
    with client(Answers(refusal), tmp_path) as spend_ledger:
        with pytest.raises(Invalid):
            spend_ledger.events.record(scope=user("alice"), amount="0.02", metadata={"a": "b"})
        assert spend_ledger.journal.counts() == {"dead": 1}


def test_a_cost_that_is_refused_besides_its_metadata_is_kept(tmp_path: Path) -> None:
    fields = ["amount", "metadata"]
    refusal = problem("invalid", 400, errors=[{"field": each, "rule": "size", "message": "No."} for each in fields])
    with client(Answers(reply(TAKEN, 201), refusal), tmp_path) as spend_ledger:
        with pytest.raises(Invalid):
            taken(spend_ledger).settle("0.31", metadata={"a": "b"})
        (dead,) = spend_ledger.journal.entries("dead")
    assert dead.body["metadata"] == {"a": "b"}
