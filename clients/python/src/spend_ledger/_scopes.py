"""Whose money a call spends. Scopes are made by `key`, `user` and `team` only."""

from __future__ import annotations

from dataclasses import dataclass

from ._ids import checked_id


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


def _optional(member: str, value: str | None, field: str) -> dict[str, str]:
    return {} if value is None else {member: checked_id(value, field)}
