"""Ids of LiteLLM as the ledger takes them.

The rules are those of the import, so that a live call and its row count for the same account.
"""

from __future__ import annotations

from hashlib import sha256

from .._ids import broken_rule
from .._secrets import is_secret

_PLAIN_KEY = "sk-"
_EVERY_ACCOUNT = "*"


def fit_id(text: str) -> str:
    """The id as it is, or the SHA-256 of what no id may be. Equal ids have equal names."""
    if text.startswith(_PLAIN_KEY) or is_secret(text):
        return sha256_of(text)
    is_id = broken_rule(text) is None and text != _EVERY_ACCOUNT
    return text if is_id else f"sha256:{sha256_of(text)}"


def sha256_of(text: str) -> str:
    """LiteLLM names a key by the same hash."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()
