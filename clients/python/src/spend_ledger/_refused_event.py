"""What is sent instead of an event that the ledger refuses, where the event is the report of a call. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from ._bodies import correction
from ._entry import Entry, event_id_of
from ._errors import ApiError, EventConflict, Invalid, LedgerUnavailable
from ._times import written_time


def instead_of(entry: Entry, error: ApiError) -> Entry | None:
    """None: the refusal is final. What callers record under an id of their own is theirs to mend.

    Raises LedgerUnavailable where the ledger cannot say yet what is on record.
    """
    if entry.body.get("id") != event_id_of(entry):
        return None
    if isinstance(error, Invalid) and {each.field for each in error.errors} == {"time"}:
        return _with_the_ledgers_time(entry, error)
    return _beside_an_unknown_cost(entry, error.raw.body) if isinstance(error, EventConflict) else None


def _with_the_ledgers_time(entry: Entry, error: ApiError) -> Entry | None:
    """The clocks differ. An event needs a time, unlike a settle."""
    try:
        time = written_time(parsedate_to_datetime(error.raw.headers.get("date", "")))
    except ValueError:
        return None
    return None if entry.body["time"] == time else entry.sending({**entry.body, "time": time})


def _beside_an_unknown_cost(entry: Entry, conflict: Mapping[str, Any]) -> Entry | None:
    """The cost came after the call was reported as unknown: then it corrects that report."""
    ours, on_record = entry.body["data"].get("amount"), conflict.get("onRecord")
    if ours is None or "adjusts" in entry.body["data"] or "recordedHash" not in conflict:
        # Who is bound to accounts is not shown what is on record.
        return None
    if on_record is None:
        raise LedgerUnavailable("The ledger cannot say yet what is on record under the id of the call.")
    if on_record["data"].get("amount") is not None:
        return None
    amendment = correction(
        id=f"{event_id_of(entry)}-cost",
        source=entry.source,
        time=entry.body["time"],
        adjusts=(entry.body["source"], event_id_of(entry)),
        kind="amend",
        amount=ours,
        reason="The cost came after the call was reported as unknown.",
    )
    return entry.sending(amendment)
