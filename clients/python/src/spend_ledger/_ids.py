"""Ids as the ledger takes them."""

from __future__ import annotations

import re

from ._secrets import is_secret

MOST_BYTES = 256
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BYTE_ORDER_MARK = "\ufeff"


def checked_id(value: str, field: str) -> str:
    """Raises an error that names the field, and never the value."""
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str.")
    if is_secret(value):
        raise ValueError(f"{field} looks like a secret. Send its SHA-256 in its place.")
    if (rule := broken_rule(value)) is not None:
        raise ValueError(f"{field} must {rule}.")
    return value


def broken_rule(id: str) -> str | None:
    """What is wrong with the form of an id. None: nothing."""
    if id == "":
        return "not be empty"
    if _CONTROL.search(id) or id != id.strip() or _BYTE_ORDER_MARK in (id[0], id[-1]):
        # The ledger takes the byte order mark for white space, as JavaScript does.
        return "have no control characters and no white space at its ends"
    return f"have at most {MOST_BYTES} bytes" if len(id.encode()) > MOST_BYTES else None
