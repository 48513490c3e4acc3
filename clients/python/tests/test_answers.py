from datetime import datetime, timezone
from decimal import Decimal

import pytest
from support import DECISION, TAKEN

from spend_ledger import _types as types
from spend_ledger._answers import Misfit, Raw, read_answer


def test_reads_money_times_and_parts() -> None:
    taken = read_answer(types.TakenHold, Raw(201, {}, TAKEN))
    assert taken.amount == Decimal("0.40")
    assert taken.expires_at == datetime(2026, 11, 30, 10, 10, 1, tzinfo=timezone.utc)
    assert taken.decision.as_of == datetime(2026, 11, 30, 10, 0, 0, 250_000, tzinfo=timezone.utc)
    assert taken.decision.remaining == Decimal("9.50")
    assert taken.raw is not None
    assert taken.raw.status == 201


def test_keeps_members_and_values_that_it_does_not_know() -> None:
    taken = read_answer(types.TakenHold, Raw(201, {}, {**TAKEN, "state": "dreaming", "newMember": [1]}))
    assert str(taken.state) == "dreaming"
    assert taken.extra == {"newMember": [1]}


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        [],
        {},
        {**TAKEN, "amount": 0.4},
        {**TAKEN, "amount": "much"},
        {**TAKEN, "expiresAt": "soon"},
        {**TAKEN, "remainingTtlMs": "1"},
        {**TAKEN, "decision": {**DECISION, "budgets": {}}},
    ],
)
def test_refuses_another_shape(body: object) -> None:
    with pytest.raises(Misfit):
        read_answer(types.TakenHold, Raw(200, {}, body))


def test_tells_the_entries_of_a_batch_apart() -> None:
    recorded = {
        "status": 201,
        "id": "a",
        "source": "gw",
        "position": "1:2",
        "recordedAt": "2026-11-30T10:00:00Z",
        "duplicate": False,
    }
    problem = {"type": "urn:x", "title": "x", "status": 400, "code": "invalid", "detail": "No."}
    body = {"results": [recorded, {"status": 400, "problem": problem}]}
    results = read_answer(types.BatchResults, Raw(422, {}, body)).results
    assert [type(each) for each in results] == [types.RecordedEntry, types.RefusedEntry]
