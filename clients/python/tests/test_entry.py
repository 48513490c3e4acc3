"""Which id the event of a call has."""

from __future__ import annotations

import pytest
from support import entry

from spend_ledger._entry import Entry

COST = {"amount": "0.31"}


@pytest.mark.parametrize(
    ("call", "id"),
    [
        (entry(), "settle-h-1"),
        (entry(hold_id=None), "e-1"),
        (entry(made_by="hook"), "e-1"),
        (entry(made_by="hook", hold_id=None), "e-1"),
    ],
)
def test_an_event_and_its_amendment_are_named_by_hold_or_call(call: Entry, id: str) -> None:
    event = call.spent(COST).as_event()
    amendment = event.amending(("ledger/holds", "ev-9"), "0.31")
    assert (event.body["id"], amendment.body["id"]) == (id, f"{id}-cost")
    assert (event.is_of_a_call, amendment.is_of_a_call) == (True, True)


def test_what_a_caller_records_is_of_no_call() -> None:
    assert not entry(hold_id=None).sending({"id": "call-1"}).is_of_a_call
