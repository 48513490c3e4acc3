"""Ids of LiteLLM as the ledger takes them.

The rules are those of the import, so that a live call and its row count for the same account.
"""

from __future__ import annotations

import re
from hashlib import sha256

MOST_BYTES = 256
_LONGEST_SEARCHED = 64 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PLAIN_KEY = "sk-"
_SECRET = re.compile(
    "|".join(
        (
            r"sk-[A-Za-z0-9_-]{16,}",
            r"(?:AKIA|ASIA)[0-9A-Z]{16}",
            r"gh[pousr]_[A-Za-z0-9]{36,}",
            r"github_pat_[A-Za-z0-9_]{22,}",
            r"glpat-[A-Za-z0-9_-]{20,}",
            r"AIza[A-Za-z0-9_-]{35}",
            r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
            r"hf_[A-Za-z0-9]{30,}",
            r"slt_[A-Za-z0-9_-]{20,}",
            r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        )
    )
)
_ACCOUNT = re.compile(r"(?:key|user|team|member):(.*)", re.DOTALL)


def fit_id(text: str) -> str:
    """The id as it is, or the SHA-256 of what no id may be. Equal ids have equal names."""
    if text.startswith(_PLAIN_KEY) or is_secret(text):
        return sha256_of(text)
    return text if _is_id(text) else f"sha256:{sha256_of(text)}"


def is_secret(text: str) -> bool:
    """Whether a text is a credential, or an account that has one for an id. The ledger refuses such ids."""
    searched = text[:_LONGEST_SEARCHED]
    account = _ACCOUNT.fullmatch(searched)
    parts = account.group(1).split("/") if account else []
    return any(_SECRET.fullmatch(part) is not None for part in (searched, *parts))


def sha256_of(text: str) -> str:
    """LiteLLM names a key by the same hash."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def _is_id(text: str) -> bool:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return False
    # The ledger trims as JavaScript does, which also takes the byte order mark for white space.
    is_trimmed = text.strip() == text and not text.startswith("\ufeff") and not text.endswith("\ufeff")
    return 0 < size <= MOST_BYTES and is_trimmed and _CONTROL.search(text) is None and text != "*"
