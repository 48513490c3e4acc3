"""What becomes of a report that the ledger does not take as it is."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import RECEIPT, SETTLED, TAKEN, Answers, client, entry, hold, left_behind, problem, reply

from spend_ledger import (
    Conflict,
    EventConflict,
    Forbidden,
    Hold,
    LedgerUnavailable,
    SpendLedger,
    Unauthenticated,
    user,
)
from spend_ledger._journal import Journal

SETTLE = "POST /v1/holds/h-1/settle"
EVENT = "POST /v1/events"
GET = "GET /v1/holds/h-1"
TIME_AHEAD = [{"field": "time", "rule": "range", "message": "must lie before now"}]


def ended(state: str) -> httpx.Response:
    return problem("hold_ended", 409, state=state, holdId="h-1")


def by_another(amount: str | None) -> httpx.Response:
    other = {"source": "ledger/holds", "eventId": "ev-9", "amount": amount, "overrun": "0.00", "late": False}
    return reply(hold("settled", other))


def taken(spend_ledger: SpendLedger) -> Hold:
    return spend_ledger.holds.take(scope=user("alice"), amount="0.40")


@pytest.mark.parametrize("refusal", [ended("released"), problem("not_found", 404)])
def test_a_hold_that_is_gone_makes_the_spend_an_event(tmp_path: Path, refusal: httpx.Response) -> None:
    ledger = Answers(reply(TAKEN, 201), refusal, httpx.ReadError("lost"), reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        taken(spend_ledger).settle("0.31", model="gpt-5")
        assert spend_ledger.journal.counts() == {}
    assert ledger.asked[1:] == [SETTLE, EVENT, EVENT]
    assert ledger.body(2) == ledger.body(3)
    event = ledger.body(2)
    assert event["data"] == {"scope": {"type": "user", "userId": "alice"}, "amount": "0.31", "model": "gpt-5"}
    assert event["time"] == ledger.body(1)["time"]


def test_a_call_that_another_settled_never_becomes_an_event(tmp_path: Path) -> None:
    ledger = Answers(reply(TAKEN, 201), ended("settled"), by_another("0.25"))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(Conflict):
            taken(spend_ledger).settle("0.31")
        (dead,) = spend_ledger.journal.entries("dead")
    assert (dead.body["amount"], "Conflict" in str(dead.reason)) == ("0.31", True)
    assert ledger.asked[1:] == [SETTLE, GET]


@pytest.mark.parametrize(("theirs", "ours"), [("0.31", "0.31"), ("0.310", "0.31"), ("0.25", None), (None, None)])
def test_what_says_the_same_or_less_is_no_conflict(tmp_path: Path, theirs: str | None, ours: str | None) -> None:
    ledger = Answers(reply(TAKEN, 201), ended("settling"), by_another(theirs))
    with client(ledger, tmp_path) as spend_ledger:
        taken(spend_ledger).settle(ours)
        assert spend_ledger.journal.counts() == {}


def test_a_cost_amends_a_call_that_was_settled_as_unknown(tmp_path: Path) -> None:
    ledger = Answers(reply(TAKEN, 201), ended("settled"), by_another(None), reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        taken(spend_ledger).settle("0.31")
    event = ledger.body(3)
    assert event["type"] == "spendledger.spend.adjusted.v1"
    assert event["id"] == "settle-h-1-cost"
    assert event["data"]["adjusts"] == {"source": "ledger/holds", "id": "ev-9"}
    assert (event["data"]["kind"], event["data"]["amount"]) == ("amend", "0.31")


def test_a_time_ahead_of_the_ledgers_clock_is_left_out(tmp_path: Path) -> None:
    ahead = problem("invalid", 400, errors=TIME_AHEAD)
    ledger = Answers(reply(TAKEN, 201), ahead, reply(SETTLED))
    with client(ledger, tmp_path) as spend_ledger:
        taken(spend_ledger).settle("0.31", time="2026-11-30T11:00:00+01:00")
    assert ledger.body(1) == {"amount": "0.31", "time": "2026-11-30T10:00:00Z"}
    assert ledger.body(2) == {"amount": "0.31"}


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (problem("forbidden", 403), Forbidden),
        (problem("event_conflict", 409), EventConflict),
    ],
)
def test_an_understood_refusal_is_kept_as_dead(tmp_path: Path, refusal: httpx.Response, error: Any) -> None:
    ledger = Answers(refusal, reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(error):
            spend_ledger.events.record(id="call-1", scope=user("alice"), amount="0.02")
        assert spend_ledger.journal.counts() == {"dead": 1}
        spend_ledger.send_dead_again()
        assert spend_ledger.drain(within=10)
        assert spend_ledger.journal.counts() == {}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (problem("unauthenticated", 401), Unauthenticated),
        (httpx.Response(404, text="<html>"), Exception),
        (httpx.Response(413, text="<html>"), Exception),
        (problem("overloaded", 503), LedgerUnavailable),
        (httpx.ConnectError("down"), LedgerUnavailable),
    ],
)
def test_what_says_nothing_about_the_report_is_sent_again(tmp_path: Path, answer: Any, error: Any) -> None:
    ledger = Answers(answer, answer, answer, reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(error) as caught:
            spend_ledger.events.record(id="call-1", scope=user("alice"), amount="0.02")
        assert caught.value.journaled
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {}
    assert len({each.content for each in ledger.requests}) == 1


def test_the_courier_goes_on_after_a_report_that_is_refused(tmp_path: Path) -> None:
    down = httpx.ConnectError("down")
    warnings: list[str] = []
    ledger = Answers(down, down, problem("forbidden", 403), reply(RECEIPT, 201))
    with client(ledger, tmp_path, max_retries=0, on_warning=warnings.append) as spend_ledger:
        for id in ("call-1", "call-2"):
            with pytest.raises(LedgerUnavailable):
                spend_ledger.events.record(id=id, scope=user("alice"), amount="0.02")
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {"dead": 1}
    assert len(warnings) == 1


def test_a_session_reads_what_it_has_written() -> None:
    ledger = Answers(
        reply({**RECEIPT, "position": "1:7,2:3"}, 201),
        reply({**RECEIPT, "position": "1:9"}, 201),
        reply({"items": [], "nextPageToken": ""}),
    )
    with client(ledger) as spend_ledger:
        session = spend_ledger.session()
        for _ in range(2):
            session.events.record(scope=user("alice"), amount="0.02")
        for reader in (session, spend_ledger):
            with pytest.raises(LedgerUnavailable, match="Balance lacks"):
                reader.balances.get("user:alice", min_position="3:1")
    assert ledger.requests[2].url.params["minPosition"] == "1:9,2:3,3:1"
    assert ledger.requests[-1].url.params["minPosition"] == "3:1"


@pytest.mark.parametrize("how", ["hold", "spend"])
def test_a_session_reads_what_it_has_settled(how: str) -> None:
    ledger = Answers(reply(TAKEN, 201), reply({**SETTLED, "position": "1:8"}), reply({}))
    with client(ledger, max_retries=0) as spend_ledger:
        session = spend_ledger.session()
        if how == "hold":
            session.holds.take(scope=user("alice"), amount="0.40").settle("0.31")
        else:
            with session.spend(user("alice"), estimate="0.40") as call:
                call.cost("0.31")
        with pytest.raises(LedgerUnavailable):
            session.balances.get("user:alice")
    assert ledger.requests[2].url.params["minPosition"] == "1:8"


def test_lists_go_from_page_to_page() -> None:
    budget: dict[str, Any] = {
        "budgetId": "b-1",
        "account": "team:ml",
        "limit": None,
        "window": {"type": "total"},
        "warnAt": [],
        "enforce": True,
        "outage": "closed",
    }
    ledger = Answers(
        reply({"items": [budget, budget], "nextPageToken": "p2"}), reply({"items": [budget], "nextPageToken": ""})
    )
    with client(ledger) as spend_ledger:
        assert len(list(spend_ledger.budgets.list(account="team:ml"))) == 3
    assert [dict(each.url.params) for each in ledger.requests] == [
        {"account": "team:ml"},
        {"account": "team:ml", "pageToken": "p2"},
    ]


def test_a_drain_sees_what_the_courier_is_adopting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind(tmp_path, entry().spent({"amount": "0.31"}), ledger="ledger.test")
    is_adopting, may_end = threading.Event(), threading.Event()
    adopt = Journal.adopt

    def slowly(journal: Journal) -> list[str]:
        ids = adopt(journal)
        if ids:
            is_adopting.set()
            assert may_end.wait(20)
        return ids

    monkeypatch.setattr(Journal, "adopt", slowly)
    ledger = Answers(reply(SETTLED))
    with client(ledger, tmp_path) as spend_ledger:
        assert is_adopting.wait(20)
        threading.Timer(0.1, may_end.set).start()
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {}
    assert ledger.asked == [SETTLE]
