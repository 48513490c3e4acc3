"""What a `spend` does when the ledger, the journal or another caller is in its way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
from spend_ledger._journal_file import files_in, peek


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


@pytest.mark.parametrize("limit", [{"max_journal_entries": 0}, {}])
def test_a_cost_that_the_journal_does_not_take_is_sent_all_the_same(tmp_path: Path, limit: Any) -> None:
    folder = tmp_path / "file"
    if not limit:
        folder.write_text("")
    down = httpx.ConnectError("down")
    ledger = Answers(down, down, reply(RECEIPT, 201))
    with client(ledger, folder, outage="open", max_retries=0, **limit) as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40") as call:
            call.cost("0.31")
        assert spend_ledger.drain(within=20)
    assert ledger.asked == [HOLD, EVENT, EVENT]
    assert ledger.body(2)["data"]["amount"] == "0.31"


def test_a_cost_that_waits_in_memory_is_written_when_the_journal_takes_it(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("")
    with client(Answers(httpx.ConnectError("down")), folder, outage="open", max_retries=0) as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40") as call:
            call.cost("0.31")
        folder.unlink()
        spend_ledger.close(within=0)
    (file,) = files_in(folder)
    ((_, state, payload, _),) = peek(file)[1]
    assert (state, json.loads(payload)["body"]["data"]["amount"]) == ("due", "0.31")


def test_costs_that_nobody_takes_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    spend_ledger = client(
        Answers(httpx.ConnectError("down")),
        tmp_path / "file",
        outage="open",
        max_retries=0,
        on_warning=warnings.append,
    )
    with spend_ledger.spend(user("alice"), estimate="0.40") as call:
        call.cost("0.31")
    spend_ledger.close(within=0)
    assert any("Costs are lost (1)" in each for each in warnings)


def test_nothing_is_left_of_a_cost_that_only_the_ledger_has_taken(tmp_path: Path, monkeypatch: Any) -> None:
    ledger = granting(reply(SETTLED))
    with client(ledger, tmp_path) as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40") as call:
            monkeypatch.setattr(spend_ledger.journal, "try_put", lambda *entries: False)
            call.cost("0.31")
        monkeypatch.undo()
        assert spend_ledger.journal.counts() == {}


def test_a_block_that_raises_without_a_hold_leaves_nothing_behind(tmp_path: Path) -> None:
    with client(Answers(httpx.ConnectError("down")), tmp_path, outage="open", max_retries=0) as spend_ledger:
        with pytest.raises(KeyError), spend_ledger.spend(user("alice"), estimate="0.40"):
            raise KeyError
        (file,) = files_in(tmp_path)
        assert peek(file)[1] == []
