"""Entries of a journal that cannot become a report: they are kept, and hold no other up."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from support import EVENT, RECEIPT, SETTLE, SETTLED, Answers, client, entry, journal, left_behind, problem, reply

SECRET = "sk-0123456789abcdef0"


@pytest.mark.parametrize("broken", [{"request_id": SECRET}, {"source": ""}, {"time": "yesterday"}])
def test_what_a_dead_process_left_is_put_aside(tmp_path: Path, broken: dict[str, Any]) -> None:
    left_behind(tmp_path, entry("a", hold_id=None, **broken), entry("b", hold_id=None))
    warnings: list[str] = []
    own = journal(tmp_path, warn=warnings.append)
    assert own.adopt() == ["b"]
    assert own.counts() == {"spoilt": 1, "due": 1}
    assert [SECRET in each for each in warnings] == [False]


def test_a_wait_that_is_spoilt_is_none(tmp_path: Path) -> None:
    path = left_behind(tmp_path, entry().spent({"amount": "0.31"}))
    with sqlite3.connect(path) as sql:
        sql.execute("INSERT INTO facts VALUES ('paused_until', 'soon')")
    sql.close()
    own = journal(tmp_path)
    assert own.adopt() == ["e-1"]
    assert own.paused_until == 0.0


def test_a_settle_that_cannot_become_an_event_is_dead_and_the_others_are_sent(tmp_path: Path) -> None:
    left_behind(
        tmp_path,
        entry("a", request_id=SECRET).spent({"amount": "0.31"}),
        entry("b", hold_id=None).spent({"amount": "0.02"}),
        ledger="ledger.test",
    )
    warnings: list[str] = []
    answers = {SETTLE: problem("not_found", 404), EVENT: reply(RECEIPT, 201)}
    ledger = Answers(lambda request: answers[f"{request.method} {request.url.path}"])
    with client(ledger, tmp_path, on_warning=warnings.append) as spend_ledger:
        assert spend_ledger.drain(within=20)
        (dead,) = spend_ledger.journal.entries("dead")
    assert (dead.id, dead.body) == ("a", {"amount": "0.31"})
    assert "request_id looks like a secret" in str(dead.reason)
    assert ledger.asked == [SETTLE, EVENT]
    assert [SECRET in each for each in warnings] == [False]


def test_an_amendment_that_cannot_be_made_is_dead(tmp_path: Path) -> None:
    left_behind(tmp_path, entry(source="", hold_id=None).sending(OF_A_CALL), ledger="ledger.test")
    recorded: dict[str, Any] = {"recordedHash": "a", "onRecord": {"data": {"basis": "unknown"}}}
    with client(Answers(problem("event_conflict", 409, **recorded)), tmp_path) as spend_ledger:
        assert spend_ledger.drain(within=20)
        assert spend_ledger.journal.counts() == {"dead": 1}


OF_A_CALL = {"id": "e-1", "source": "", "time": "2026-11-30T10:00:00Z", "data": {"amount": "0.31"}}


def test_an_error_that_the_courier_does_not_know_holds_no_other_report_up(tmp_path: Path) -> None:
    left_behind(
        tmp_path,
        entry("a", hold_id=7).spent({"amount": "0.31"}),
        entry("b").spent({"amount": "0.02"}),
        ledger="ledger.test",
    )
    ledger = Answers(reply(SETTLED))
    with client(ledger, tmp_path) as spend_ledger:
        until = time.monotonic() + 20
        while not ledger.asked and time.monotonic() < until:
            time.sleep(0.01)
        assert ledger.asked == [SETTLE]
        spend_ledger.close(within=0)
