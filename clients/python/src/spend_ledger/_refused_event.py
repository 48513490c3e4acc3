"""What is sent instead of an event that the ledger refuses, where the event is the report of a call. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from ._entry import Entry
from ._errors import ApiError, EventConflict, Invalid, LedgerUnavailable
from ._times import written_time


def instead_of(entry: Entry, error: ApiError) -> Entry | None:
    """None: the refusal is final. What callers record under an id of their own is theirs to mend.

    Raises LedgerUnavailable where the ledger cannot say yet what is on record.
    """
    if not entry.is_of_a_call:
        return None
    if isinstance(error, Invalid) and {each.field for each in error.errors} == {"time"}:
        return _with_the_ledgers_time(entry, error)
    if isinstance(error, EventConflict):
        return _as_recorded_before(entry, error.raw.body) or _beside_an_unknown_cost(entry, error.raw.body)
    return None


def _with_the_ledgers_time(entry: Entry, error: ApiError) -> Entry | None:
    """The clocks differ. An event needs a time, unlike a settle."""
    try:
        time = written_time(parsedate_to_datetime(error.raw.headers.get("date", "")))
    except ValueError:
        return None
    return _at(time, entry)


def _as_recorded_before(entry: Entry, conflict: Mapping[str, Any]) -> Entry | None:
    """Another report of the call has recorded the same: only its time was another."""
    recorded = conflict.get("onRecord")
    if conflict.get("differs") != ["time"] or not isinstance(recorded, Mapping):
        return None
    return _at(recorded.get("time"), entry)


def _at(time: str | None, entry: Entry) -> Entry | None:
    return None if time in (None, entry.body["time"]) else entry.sending({**entry.body, "time": time})


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
    return entry.amending((entry.body["source"], entry.event_id), ours)
