"""The address of a ledger."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def ledger_url(url: str, field: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{field} must be an address such as http://127.0.0.1:8080.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{field} must have no user, no query and no fragment. Give the token as token.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def ledger_host(url: str) -> str:
    """What tells one ledger from another in a journal. Its port may change from start to start."""
    host = urlsplit(url).hostname or ""
    return "localhost" if host in _LOOPBACK else host
