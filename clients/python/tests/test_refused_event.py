"""What becomes of a call's report that is an event, where the ledger does not take it as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from support import RECEIPT, Answers, client, entry, left_behind, problem, reply

DATE = "Mon, 30 Nov 2026 09:59:58 GMT"


def of_a_call(**body: Any) -> Any:
    return entry(hold_id=None).spent({"time": "2026-11-30T10:00:00Z", **body})


def ahead(date: str = DATE) -> httpx.Response:
    fault = {"field": "time", "rule": "range", "message": "must lie before now"}
    return httpx.Response(400, json={"code": "invalid", "status": 400, "errors": [fault]}, headers={"date": date})


def conflict(**members: Any) -> httpx.Response:
    return problem("event_conflict", 409, **members)


def on_record(**cost: str) -> httpx.Response:
    return conflict(recordedHash="a", givenHash="b", onRecord={"id": "e-1", "source": "gw", "data": cost})


def sent(folder: Path, report: Any, ledger: Answers) -> dict[str, int]:
    """What is left once a process has sent what another has left."""
    left_behind(folder, report)
    with client(ledger, folder) as spend_ledger:
        assert spend_ledger.drain(within=20)
        return spend_ledger.journal.counts()


def test_a_cost_after_an_unknown_one_corrects_it(tmp_path: Path) -> None:
    ledger = Answers(on_record(basis="unknown"), httpx.ReadError("lost"), reply(RECEIPT, 201))
    assert sent(tmp_path, of_a_call(amount="0.31"), ledger) == {}
    event = ledger.body(1)
    assert (event["type"], event["id"]) == ("spendledger.spend.adjusted.v1", "e-1-cost")
    assert event["data"]["adjusts"] == {"source": "gw", "id": "e-1"}
    assert (event["data"]["kind"], event["data"]["amount"]) == ("amend", "0.31")
    assert ledger.body(2) == event


def test_it_waits_while_the_ledger_cannot_say_what_is_on_record(tmp_path: Path) -> None:
    not_yet = conflict(recordedHash="a", givenHash="b", onRecord=None)
    ledger = Answers(not_yet, on_record(basis="unknown"), reply(RECEIPT, 201))
    assert sent(tmp_path, of_a_call(amount="0.31"), ledger) == {}
    assert ledger.body(2)["data"]["kind"] == "amend"


@pytest.mark.parametrize(
    ("report", "refusal"),
    [
        (of_a_call(amount="0.31"), on_record(amount="0.25")),
        (of_a_call(basis="unknown"), on_record(amount="0.25")),
        (of_a_call(amount="0.31"), conflict(givenHash="b")),
        (of_a_call(amount="0.31").sending({"id": "another", "data": {"amount": "0.31"}}), on_record(basis="unknown")),
        (of_a_call(amount="0.31").sending({"id": "another", "time": "2026-11-30T10:00:00Z"}), ahead()),
        (of_a_call(amount="0.31"), ahead("no date")),
    ],
)
def test_what_is_on_record_with_a_cost_and_what_callers_named_stays_refused(
    tmp_path: Path, report: Any, refusal: httpx.Response
) -> None:
    ledger = Answers(refusal, reply(RECEIPT, 201))
    assert sent(tmp_path, report, ledger) == {"dead": 1}
    assert len(ledger.requests) == 1


def test_a_time_ahead_of_the_ledgers_clock_becomes_that_of_its_answer(tmp_path: Path) -> None:
    ledger = Answers(ahead(), reply(RECEIPT, 201))
    assert sent(tmp_path, of_a_call(amount="0.31"), ledger) == {}
    assert [ledger.body(nth)["time"] for nth in (0, 1)] == ["2026-11-30T10:00:00Z", "2026-11-30T09:59:58Z"]
    assert ledger.body(1) == {**ledger.body(0), "time": "2026-11-30T09:59:58Z"}


def test_a_ledger_that_refuses_its_own_time_has_the_last_word(tmp_path: Path) -> None:
    ledger = Answers(ahead())
    assert sent(tmp_path, of_a_call(amount="0.31"), ledger) == {"dead": 1}
    assert len(ledger.requests) == 2
