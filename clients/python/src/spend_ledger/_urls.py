"""The address of a ledger. It also names the ledger in the journal, so it has no credentials in it."""

from __future__ import annotations

from urllib.parse import urlsplit


def ledger_url(url: str, field: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{field} must be an address such as http://127.0.0.1:8080.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{field} must have no user, no query and no fragment. Give the token as token.")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
