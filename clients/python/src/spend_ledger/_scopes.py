"""Whose money a call spends. Scopes are made by `key`, `user` and `team` only."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SECRET = re.compile(
    r"sk-[A-Za-z0-9_-]{16,}|(AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"
    r"|AIza[\w-]{35}|xox[a-z]-[\w-]{10,}|hf_[A-Za-z0-9]{20,}|slt_[\w-]{16,}|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*",
    re.ASCII,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST = 256


@dataclass(frozen=True)
class Scope:
    """Made by `key()`, `user()` and `team()`."""

    wire: dict[str, str]
    """As the ledger reads it."""

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.wire.items())))


def key(key_id: str) -> Scope:
    """The money of a key that no user and no team owns."""
    return Scope({"type": "key", "keyId": checked_id(key_id, "key_id")})


def user(user_id: str, *, key: str | None = None) -> Scope:
    """A person's own money."""
    return Scope({"type": "user", "userId": checked_id(user_id, "user_id"), **_optional("keyId", key, "key")})


def team(team_id: str, *, user: str | None = None, key: str | None = None) -> Scope:
    """A team's money, whichever member spends it."""
    ids = {
        "teamId": checked_id(team_id, "team_id"),
        **_optional("userId", user, "user"),
        **_optional("keyId", key, "key"),
    }
    return Scope({"type": "team", **ids})


def scope_of(value: Scope) -> dict[str, str]:
    """The scope as the ledger reads it. Raises TypeError for anything that key(), user() and team() did not make."""
    if not isinstance(value, Scope):
        raise TypeError("scope must be made by key(), user() or team().")
    return dict(value.wire)


def checked_id(value: str, field: str) -> str:
    """An id that the ledger takes. Raises an error that names the field and never the value."""
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str.")
    if value == "":
        raise ValueError(f"{field} must not be empty.")
    if value != value.strip() or _CONTROL.search(value):
        raise ValueError(f"{field} must have no control characters and no white space at its ends.")
    if len(value.encode()) > _LONGEST:
        raise ValueError(f"{field} must have at most {_LONGEST} bytes.")
    if _SECRET.fullmatch(value):
        raise ValueError(f"{field} looks like a secret. Send its SHA-256 in its place.")
    return value


def without_secrets(text: str, *known: str | None) -> str:
    """For messages: what looks like a secret, and each secret that is known, is left out."""
    for secret in known:
        if secret:
            text = text.replace(secret, "(secret)")
    return _SECRET.sub("(secret)", text)


def _optional(member: str, value: str | None, field: str) -> dict[str, str]:
    return {} if value is None else {member: checked_id(value, field)}
