"""What the ledger takes for a secret. A test compares this with libs/ledger/src/secret.ts, which decides."""

from __future__ import annotations

import re
from urllib.parse import unquote

SECRETS = (
    r"sk-[A-Za-z0-9_-]{16,}",
    r"(?:AKIA|ASIA)[0-9A-Z]{16}",
    r"gh[pousr]_[A-Za-z0-9]{36,}",
    r"github_pat_[A-Za-z0-9_]{22,}",
    r"glpat-[A-Za-z0-9_-]{20,}",
    r"AIza[A-Za-z0-9_-]{35}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"hf_[A-Za-z0-9]{30,}",
    r"slt_[A-Za-z0-9_-]{20,}",
)
JSON_WEB_TOKEN = r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
TOKEN_BEGIN = r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}"
"""In a message it is better to blank out too much."""
BEGIN = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))"
ACCOUNT = r"(?:key|user|team|member|person|label):"
BLANK = "(secret)"
_WHOLE = re.compile("|".join((*SECRETS, JSON_WEB_TOKEN)))
_WITHIN = re.compile(f"{BEGIN}(?:{'|'.join((*SECRETS, TOKEN_BEGIN))})")
_ACCOUNT = re.compile(ACCOUNT)
_LONGEST = 64 * 1024


def is_secret(text: str) -> bool:
    """Whether a text is a credential, or an account that has one for an id. The ledger refuses such a text anywhere."""
    searched = text[:_LONGEST]
    if _WHOLE.fullmatch(searched):
        return True
    account = _ACCOUNT.match(searched)
    parts = searched[account.end() :].split("/") if account else []
    return any(_WHOLE.fullmatch(unquote(part)) for part in parts)


def without_secrets(text: str, *known: str | None) -> str:
    """For messages: what looks like a secret, and each secret that is known, is left out."""
    for secret in known:
        if secret:
            text = text.replace(secret, BLANK)
    redacted = _WITHIN.sub(BLANK, text)
    return BLANK if is_secret(redacted) else redacted
