"""What a call is for, and its model, from the check to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from support import (
    DECISION,
    EVENT,
    HOLD,
    RECEIPT,
    SETTLE,
    SETTLED,
    Answers,
    client,
    entry,
    granting,
    left_behind,
    problem,
    reply,
)

from spend_ledger import user
from spend_ledger._journal_file import decode, encode

LABELS = {"org": "acme", "project": "search"}
GONE = problem("not_found", 404)


def test_a_check_says_them_and_its_answer_shows_them() -> None:
    ledger = Answers(reply({**DECISION, "labels": LABELS}), reply(DECISION))
    with client(ledger) as spend_ledger:
        assert spend_ledger.check(user("alice"), labels={"org": "acme"}, model="gpt-5").labels == LABELS
        assert spend_ledger.check(user("alice")).labels is None
    scope = {"type": "user", "userId": "alice"}
    assert ledger.body(0) == {"scope": scope, "labels": {"org": "acme"}, "model": "gpt-5"}
    assert ledger.body(1) == {"scope": scope}


def test_a_spend_holds_for_them_as_they_were_said_first(tmp_path: Path) -> None:
    labels = dict(LABELS)
    ledger = granting(reply(SETTLED))
    with client(ledger, tmp_path) as spend_ledger:
        spend = spend_ledger.spend(user("alice"), estimate="0.40", labels=labels, model="gpt-5")
        labels["org"] = "another"
        with spend as call:
            call.cost("0.31")
    assert ledger.asked == [HOLD, SETTLE]
    assert (ledger.body(0)["labels"], ledger.body(0)["model"]) == (LABELS, "gpt-5")
    assert "labels" not in ledger.body(1)


def test_an_event_in_place_of_a_settle_says_them(tmp_path: Path) -> None:
    ledger = granting(GONE, reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        hold = spend_ledger.holds.take(scope=user("alice"), amount="0.40", labels=LABELS, model="gpt-5")
        hold.settle("0.31")
    assert ledger.asked == [HOLD, SETTLE, EVENT]
    data = ledger.body(2)["data"]
    assert (data["labels"], data["model"], data["amount"]) == (LABELS, "gpt-5", "0.31")


def test_a_call_without_a_hold_is_recorded_with_them(tmp_path: Path) -> None:
    down = httpx.ConnectError("down")
    ledger = Answers(down, down, down, reply(RECEIPT, 201))
    with client(ledger, tmp_path, outage="open") as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40", labels=LABELS) as call:
            call.cost("0.31")
        assert spend_ledger.drain(within=10)
    assert ledger.body(3)["data"]["labels"] == LABELS


@pytest.mark.parametrize("hold_id", ["h-1", None])
def test_the_journal_keeps_them_of_a_call_whose_process_died(tmp_path: Path, hold_id: str | None) -> None:
    said: dict[str, Any] = {"labels": LABELS, "model": "gpt-5"}
    left_behind(tmp_path, entry(state="admitted", hold_id=hold_id, **said))
    answers = [] if hold_id is None else [GONE]
    ledger = Answers(*answers, reply(RECEIPT, 201))
    with client(ledger, tmp_path) as spend_ledger:
        assert spend_ledger.drain(within=10)
    data = ledger.body(len(answers))["data"]
    assert (data["labels"], data["model"], data["basis"]) == (LABELS, "gpt-5", "unknown")


def test_an_older_version_can_read_an_entry_that_says_none() -> None:
    row = encode(entry())
    assert '"labels"' not in row.payload
    assert '"model"' not in row.payload
    assert decode(row) == entry()


@pytest.mark.parametrize("labels", [{"org": ""}, {"org": "sk-0123456789abcdef0"}])
def test_bad_ones_are_refused_before_anything_is_sent(labels: dict[str, str]) -> None:
    ledger = granting()
    with client(ledger) as spend_ledger:
        with pytest.raises(ValueError, match=r"labels\['org'\]"):
            spend_ledger.spend(user("alice"), estimate="0.40", labels=labels)
        with pytest.raises(ValueError, match=r"labels\['org'\]"):
            spend_ledger.check(user("alice"), labels=labels)
        with pytest.raises(ValueError, match=r"labels\['org'\]"):
            spend_ledger.holds.take(scope=user("alice"), amount="0.40", labels=labels)
    assert ledger.requests == []
