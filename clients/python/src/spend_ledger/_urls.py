"""The address of a ledger."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_USUAL_PORTS = {"http": 80, "https": 443}


def ledger_url(url: str, field: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{field} must be an address such as http://127.0.0.1:8080.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{field} must be an address without user, query and fragment. Give the token as token.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def ledger_urls(text: str, field: str) -> tuple[str, str]:
    """The addresses of auth and ingest: two with a comma between them, or one for both."""
    urls = text.split(",")
    if len(urls) > 2:
        raise ValueError(f"{field} must be one address, or those of auth and ingest with a comma between them.")
    auth, *ingest = (ledger_url(url.strip(), field) for url in urls)
    return auth, ingest[0] if ingest else auth


def ledger_name(url: str) -> str:
    """What tells one ledger from another in a journal, such as "localhost:8080" or "gateway.test/prod"."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = "localhost" if host in _LOOPBACK else f"[{host}]" if ":" in host else host
    is_usual = parts.port in (None, _USUAL_PORTS.get(parts.scheme))
    return f"{name}{'' if is_usual else f':{parts.port}'}{parts.path.rstrip('/')}"
