"""What becomes of the events of a batch, each by its own result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from support import EVENT, RECEIPT, Answers, client, problem, reply

from spend_ledger import BatchPartlyRefused, Forbidden, LedgerError, LedgerUnavailable, Spend, user

RECORDED = {"status": 201, **RECEIPT}


def refused(code: str, status: int) -> dict[str, Any]:
    return {
        "status": status,
        "problem": {"type": "urn:x", "title": "x", "status": status, "code": code, "detail": "No."},
    }


def partly(status: int, *results: dict[str, Any]) -> httpx.Response:
    return problem("batch_partly_refused", status, results=list(results))


def spends(count: int) -> list[Spend]:
    return [{"scope": user("alice"), "amount": "0.02", "id": f"call-{nth}"} for nth in range(count)]


def test_says_what_became_of_each_event(tmp_path: Path) -> None:
    ledger = Answers(reply({"results": [RECORDED] * 1000}), partly(422, RECORDED, refused("invalid", 400)))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(BatchPartlyRefused) as caught:
            spend_ledger.events.record_all(spends(1002))
        assert [each.status for each in caught.value.results] == [201] * 1001 + [400]
        assert not caught.value.journaled
        assert spend_ledger.journal.counts() == {"dead": 1}
    assert [len(ledger.body(nth)) for nth in (0, 1)] == [1000, 2]
    assert ledger.requests[0].headers["content-type"] == "application/cloudevents-batch+json"


@pytest.mark.parametrize(("code", "status"), [("unavailable", 503), ("internal", 500), ("overloaded", 429)])
def test_what_is_not_taken_now_is_sent_later(tmp_path: Path, code: str, status: int) -> None:
    answer = partly(503, RECORDED, refused(code, status), refused("invalid", 400))
    ledger = Answers(answer, reply({**RECEIPT, "id": "call-1"}, 201))
    with client(ledger, tmp_path, max_retries=0) as spend_ledger:
        with pytest.raises(BatchPartlyRefused) as caught:
            spend_ledger.events.record_all(spends(3))
        assert caught.value.journaled
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {"dead": 1}
    assert (ledger.asked, ledger.body(1)["id"]) == ([EVENT, EVENT], "call-1")


def test_a_later_batch_does_not_hide_that_some_are_journaled(tmp_path: Path) -> None:
    first = partly(503, *[refused("unavailable", 503)] * 1000)
    with client(Answers(first, partly(422, refused("invalid", 400))), tmp_path, max_retries=0) as spend_ledger:
        with pytest.raises(BatchPartlyRefused) as caught:
            spend_ledger.events.record_all(spends(1001))
        assert caught.value.journaled
        spend_ledger.close(within=0)


@pytest.mark.parametrize(
    "answer", [reply({"results": [RECORDED]}), reply({"results": []}), partly(422, refused("invalid", 400))]
)
def test_results_that_do_not_fit_the_events_say_nothing(tmp_path: Path, answer: httpx.Response) -> None:
    ledger = Answers(answer, reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(LedgerUnavailable, match="for 2 events") as caught:
            spend_ledger.events.record_all(spends(2))
        assert caught.value.journaled
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {}
    assert ledger.asked == [EVENT] * 3


def test_a_result_of_an_unknown_kind_is_no_success(tmp_path: Path) -> None:
    ledger = Answers(partly(422, {"status": 299}), reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(BatchPartlyRefused) as caught:
            spend_ledger.events.record_all(spends(1))
        assert caught.value.journaled
        assert spend_ledger.drain(within=20)
    assert ledger.asked == [EVENT] * 2


def down(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("down")


@pytest.mark.parametrize("fault", [down, problem("unavailable", 503), problem("unauthenticated", 401)])
def test_an_outage_in_the_middle_journals_all_that_is_left(tmp_path: Path, fault: Any) -> None:
    first = partly(422, *[RECORDED] * 999, refused("invalid", 400))
    ledger = Answers(first, fault, reply(RECEIPT, 201))
    with client(ledger, tmp_path, max_retries=0) as spend_ledger:
        with pytest.raises(LedgerError) as caught:
            spend_ledger.events.record_all(spends(2001))
        assert not isinstance(caught.value, BatchPartlyRefused)
        assert caught.value.journaled
        assert [each.status for each in caught.value.results] == [201] * 999 + [400]
        assert spend_ledger.drain(within=60)
        assert spend_ledger.journal.counts() == {"dead": 1}
    assert [len(ledger.body(nth)) for nth in (0, 1)] == [1000, 1000]
    assert {each["id"] for each in map(ledger.body, range(2, 1003))} == {f"call-{nth}" for nth in range(1000, 2001)}


def test_what_the_journal_does_not_take_in_an_outage_is_not_said_to_be_there(tmp_path: Path) -> None:
    with client(Answers(down), tmp_path, max_retries=0, max_journal_entries=1000) as spend_ledger:
        with pytest.raises(LedgerUnavailable) as caught:
            spend_ledger.events.record_all(spends(1001))
        assert not caught.value.journaled
        assert spend_ledger.journal.counts() == {"due": 1000}
        spend_ledger.close(within=0)


def test_a_refusal_of_a_whole_batch_has_the_results_before_it(tmp_path: Path) -> None:
    ledger = Answers(reply({"results": [RECORDED] * 1000}), problem("forbidden", 403))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(Forbidden) as caught:
            spend_ledger.events.record_all(spends(2001))
        assert [each.status for each in caught.value.results] == [201] * 1000
        assert spend_ledger.journal.counts() == {"dead": 1000}
    assert len(ledger.requests) == 2


def test_a_session_remembers_what_was_recorded_before_an_outage(tmp_path: Path) -> None:
    with client(Answers(reply({"results": [RECORDED] * 1000}), down), tmp_path, max_retries=0) as spend_ledger:
        session = spend_ledger.session()
        with pytest.raises(LedgerUnavailable):
            session.events.record_all(spends(1001))
        assert session._options.min_position(None) == RECEIPT["position"]
        spend_ledger.close(within=0)
