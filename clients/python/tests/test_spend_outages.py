"""What a `spend` does when the ledger, the journal or another caller is in its way."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from support import (
    EVENT,
    HOLD,
    RECEIPT,
    RELEASE,
    SETTLE,
    SETTLED,
    Answers,
    client,
    granting,
    hold,
    problem,
    reply,
)

from spend_ledger import Conflict, LedgerUnavailable, user


def test_a_ledger_that_is_down_stops_the_call() -> None:
    with (
        client(Answers(httpx.ConnectError("down"))) as spend_ledger,
        pytest.raises(LedgerUnavailable),
        spend_ledger.spend(user("alice"), estimate="0.40"),
    ):
        pytest.fail("the block ran")


def test_an_open_outage_lets_the_call_run_and_records_it_later(tmp_path: Path) -> None:
    down = httpx.ConnectError("down")
    ledger = Answers(down, down, down, reply(RECEIPT, 201))
    with client(ledger, tmp_path, outage="open") as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40", model="gpt-5") as call:
            assert (call.hold_id, call.remaining) == (None, None)
            call.cost("0.31")
        assert spend_ledger.drain(within=10)
        assert spend_ledger.journal.counts() == {}
    assert ledger.asked == [HOLD, HOLD, HOLD, EVENT]
    event = ledger.body(3)
    assert event["data"] == {"scope": {"type": "user", "userId": "alice"}, "amount": "0.31", "model": "gpt-5"}


def test_a_journal_that_cannot_be_written_stops_the_call_and_gives_the_hold_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ledger = granting(reply({"released": "0.40"}))
    with (
        client(ledger, tmp_path / "file") as spend_ledger,
        pytest.raises(LedgerUnavailable),
        spend_ledger.spend(user("alice"), estimate="0.40"),
    ):
        pytest.fail("the block ran")
    assert ledger.asked == [HOLD, RELEASE]


def test_the_block_ends_well_when_only_the_report_has_to_wait(tmp_path: Path) -> None:
    ledger = granting(*[problem("unavailable", 503)] * 5, reply(SETTLED))
    with client(ledger, tmp_path) as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40") as call:
            call.cost("0.31")
        assert spend_ledger.drain(within=20)
    assert ledger.asked == [HOLD, *[SETTLE] * 6]
    assert len({each.content for each in ledger.requests[1:]}) == 1


def test_a_conflict_is_raised_and_kept(tmp_path: Path) -> None:
    ended = problem("hold_ended", 409, state="settled", holdId="h-1")
    other = {"source": "ledger/holds", "eventId": "h-1", "amount": "0.25", "overrun": "0.00", "late": False}
    ledger = granting(ended, reply(hold("settled", other)))
    with client(ledger, tmp_path) as spend_ledger:
        with pytest.raises(Conflict), spend_ledger.spend(user("alice"), estimate="0.40") as call:
            call.cost("0.31")
        assert spend_ledger.journal.counts() == {"dead": 1}
    assert ledger.asked == [HOLD, SETTLE, "GET /v1/holds/h-1"]
