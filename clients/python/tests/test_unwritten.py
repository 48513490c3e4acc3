"""Reports that the journal does not take wait in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from support import (
    EVENT,
    HOLD,
    RECEIPT,
    SETTLE,
    SETTLED,
    Answers,
    client,
    entry,
    granting,
    in_child,
    journal,
    problem,
    reply,
)

from spend_ledger import JournalUnavailable, SpendLedger, user
from spend_ledger._entry import Entry
from spend_ledger._journal import Journal
from spend_ledger._unwritten import Unwritten

UNKNOWN = entry().spent({"basis": "unknown"})
COSTED = entry().spent({"amount": "0.31"})


def without_due_entries(own: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    put = own.put

    def put_others(*entries: Entry) -> None:
        if any(each.state == "due" for each in entries):
            raise JournalUnavailable("The disk is full.")
        put(*entries)

    monkeypatch.setattr(own, "put", put_others)


def costed(spend_ledger: SpendLedger) -> None:
    with spend_ledger.spend(user("alice"), estimate="0.40") as call:
        call.cost("0.31")


def test_a_newer_report_of_a_call_takes_the_place_of_an_older_one() -> None:
    unwritten = Unwritten(journal(None), most=1)
    assert unwritten.add(UNKNOWN)
    assert unwritten.add(COSTED)
    assert not unwritten.add(entry("e-2").spent({"amount": "0.02"}))
    assert (len(unwritten), unwritten.get("e-1")) == (1, COSTED)
    unwritten.taken(UNKNOWN)
    assert unwritten.get("e-1") == COSTED


def test_a_report_that_is_written_leaves_no_older_one_in_memory() -> None:
    own = journal(None)
    unwritten = Unwritten(own)
    unwritten.add(UNKNOWN)
    assert unwritten.write(COSTED)
    unwritten.write_again()
    assert (len(unwritten), own.get("e-1")) == (0, COSTED)


def test_what_the_journal_had_of_the_call_before_goes_when_the_ledger_has_the_report() -> None:
    own = journal(None)
    own.put(entry())
    unwritten = Unwritten(own)
    unwritten.add(COSTED)
    unwritten.taken(COSTED)
    assert (len(unwritten), own.counts()) == (0, {})


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_leaves_them_to_its_parent() -> None:
    unwritten = Unwritten(journal(None))
    unwritten.add(COSTED)
    assert in_child(lambda: len(unwritten) == 0)
    assert len(unwritten) == 1


def test_a_refused_report_out_of_memory_is_kept_as_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Answers(httpx.ConnectError("down"), problem("forbidden", 403))
    with client(ledger, tmp_path, outage="open", max_retries=0) as spend_ledger:
        without_due_entries(spend_ledger.journal, monkeypatch)
        costed(spend_ledger)
        assert spend_ledger.drain(within=20)
        (dead,) = spend_ledger.journal.entries("dead")
    assert dead.body["data"]["amount"] == "0.31"


def test_the_cost_of_a_held_call_is_sent_out_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    ledger = granting(httpx.ConnectError("down"), reply(SETTLED))
    with client(ledger, tmp_path, max_retries=0, on_warning=warnings.append) as spend_ledger:
        without_due_entries(spend_ledger.journal, monkeypatch)
        costed(spend_ledger)
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {}
    assert ledger.asked == [HOLD, SETTLE, SETTLE]
    assert ledger.body(2)["amount"] == "0.31"
    assert any("waits in memory" in each for each in warnings)


def test_a_call_whose_cost_is_lost_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    down = httpx.ConnectError("down")
    spend_ledger = client(granting(down), tmp_path, max_retries=0, on_warning=warnings.append)
    without_due_entries(spend_ledger.journal, monkeypatch)
    monkeypatch.setattr(Unwritten, "add", lambda *_: False)
    with pytest.raises(Exception, match="cannot be reached"):
        costed(spend_ledger)
    assert any("is lost" in each for each in warnings)
    spend_ledger.close(within=0)


def test_a_refusal_for_good_is_raised_and_not_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger: Any = granting(problem("forbidden", 403), reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        without_due_entries(spend_ledger.journal, monkeypatch)
        with pytest.raises(Exception, match="No"):
            costed(spend_ledger)
        assert spend_ledger.drain(within=20)
    assert EVENT not in ledger.asked
    assert ledger.asked == [HOLD, SETTLE]
