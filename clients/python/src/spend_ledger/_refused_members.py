"""What of a report the ledger does not take, where that is not the cost. Pure."""

from __future__ import annotations

from dataclasses import replace

from ._entry import Entry
from ._errors import ApiError, Invalid

METADATA = "metadata"
TIME = "time"


def refused_members(entry: Entry, error: ApiError) -> frozenset[str]:
    """`time` and `metadata`, where the report can be sent without them. Empty: the refusal is about something else."""
    present = _cost_of(entry).keys() & {TIME, METADATA}
    if error.code == "too_large":
        return frozenset(present & {METADATA})
    refused = {_member(each.field) for each in error.errors} if isinstance(error, Invalid) else set()
    return frozenset(present & refused) if refused <= {TIME, METADATA} else frozenset()


def without(entry: Entry, members: frozenset[str]) -> Entry:
    cost = {name: value for name, value in _cost_of(entry).items() if name not in members}
    return replace(entry, body=cost if entry.action == "settle" else {**entry.body, "data": cost})


def _cost_of(entry: Entry) -> dict[str, object]:
    """The members that say the cost: those of a settle, or the data of an event, whose time must stay."""
    cost = entry.body if entry.action == "settle" else entry.body.get("data")
    return cost if isinstance(cost, dict) else {}


def _member(field: str) -> str:
    return field.removeprefix("data.").split(".")[0]
