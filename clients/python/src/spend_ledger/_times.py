"""Times: RFC 3339 on the wire, a `datetime` with its zone in Python."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)


def written_time(value: datetime | str, field: str = "time") -> str:
    """Raises ValueError for a time without a zone: when it was cannot be said."""
    moment = read_time(value, field) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise TypeError(f"{field} must be a datetime or a str.")
    if moment.tzinfo is None:
        raise ValueError(f"{field} must have a time zone, such as timezone.utc.")
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def read_time(text: str, field: str = "time") -> datetime:
    """Digits below a microsecond are cut off, as the ledger does."""
    parts = _RFC_3339.fullmatch(text)
    if parts is None:
        raise ValueError(f"{field} must be an RFC 3339 time with an offset, such as '2026-04-27T10:00:00Z'.")
    day_and_time, fraction, zone = parts.groups()
    return datetime.fromisoformat(f"{day_and_time}.{(fraction or '')[:6]:0<6}{zone.replace('Z', '+00:00')}")


def now() -> datetime:
    return datetime.now(timezone.utc)
