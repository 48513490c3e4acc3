"""When a request is sent again, and after how long. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

FIRST_WAIT = 0.2
LONGEST_WAIT = 8.0
LONGEST_RETRY_AFTER = 60.0
RETRIED = frozenset({408, 500, 502, 503, 504})


def is_retried(status: int, headers: Mapping[str, str]) -> bool:
    """`x-should-retry` decides where the server says it."""
    said = headers.get("x-should-retry")
    return status in RETRIED if said not in ("true", "false") else said == "true"


def backoff(tries: int, longest: float = LONGEST_WAIT) -> float:
    """Seconds after so many tries: 0.2, 0.4, 0.8 and so on."""
    return min(FIRST_WAIT * 2.0 ** min(tries - 1, 30), longest)


def wait_before_retry(tries: int, retry_after: float | None, random: float) -> float | None:
    """Seconds until the next try. None: the server asks to wait for longer than we do.

    `random` is in [0, 1) and spreads the waits of many clients by a quarter to both sides.
    """
    if retry_after is None:
        return min(backoff(tries) * (0.75 + random / 2), LONGEST_WAIT)
    return retry_after if retry_after <= LONGEST_RETRY_AFTER else None


def seconds_of(retry_after: str | None, now: datetime | None = None) -> float | None:
    """Of a `Retry-After`, which is a number of seconds or a date. None where it is neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - (now or datetime.now(timezone.utc))).total_seconds())
